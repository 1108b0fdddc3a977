"""Class hygiene (D16): pupils or the office score a class at its door. What is broken costs nothing and is reported."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="class_hygiene",
    words=_l("Class hygiene"),
    button=_l("Score"),
    at_door=True,
    finding="follow_up",
    cards={"class-hygiene": _l("class hygiene"), "class-hygiene-100": _l("class hygiene out of 100")},
)
