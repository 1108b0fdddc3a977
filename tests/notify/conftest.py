"""What the tests tell: sentences of their own, so that they hold whatever the repairs say."""

from app import notify

notify.says({
    "test.late": "repair %(number)s is late: %(place)s",
    "test.urgent": "urgent repair %(number)s: %(place)s",
    "test.fixed": "repair %(number)s was fixed",
    "test.note": "a word about %(what)s until %(until)s",
})  # fmt: skip
