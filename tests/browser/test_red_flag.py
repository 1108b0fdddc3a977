"""From three scores to the red flag: a card scores, the class teacher appeals, the week is locked and published."""

import re
from datetime import date, timedelta

from tests.browser.conftest import sending, turning
from tests.browser.test_roads import ask, no_sideways_scroll, seen

CARD = "全天示范卡(三年级)"
MONDAY = date.today() - timedelta(days=date.today().weekday())


def third_grade(site):
    """Code, id, name of the teacher of three classes that the card may score."""
    entry_year = (date.today().year if date.today().month >= 8 else date.today().year - 1) - 2
    return ask(
        site,
        """select label.code, class_group.id, person.name from class_group
           join label on label.place_id = class_group.room_id and label.retired_at is null
           join person on person.id = class_group.teacher_id
           where entry_year = ? and class_group.id not in
             (select coalesce(own_class_id, 0) from duty_card where name = ?) order by number""",
        entry_year,
        CARD,
    )


def set_rules(page, **fields):
    page.goto("/inspections/weeks/rules")
    for name, value in fields.items():
        box = page.locator(f"[name={name}]")
        box.select_option(value) if box.evaluate("box => box.tagName") == "SELECT" else box.fill(value)
    with sending(page):
        page.click("main form button.button.wide")


def score(page, code, item=None, facility=False):
    """Score a class on the phone: full marks but for one deduction, or for one facility fault."""
    page.goto(f"/q/{code}")
    with turning(page):
        page.click(".tile.first")
    if page.locator("a[href='?again=1']").count():  # the morning's round was here
        with turning(page):
            page.click("a[href='?again=1']")
        page.fill("textarea[name=again]", "复评")
    mark = page.locator("li.mark").nth(item or 0)
    if facility:
        mark.locator("[data-open]").click()
        mark.locator("[data-fault]").check()
        mark.locator("[data-words]").fill("门锁坏了")
    elif item is not None:
        mark.locator("[data-less]").click()
        mark.locator("label.choice").first.click()
    assert no_sideways_scroll(page)
    with sending(page):
        page.click(".fixed button")


def newest(site, group):
    return ask(site, "select id, total from checks where class_group_id = ? order by id desc limit 1", group)[0]


def test_score_appeal_correct_lock_publish(open_phone, sign_in, site):
    classes = third_grade(site)
    assert len(classes) >= 2, "the demo school has classes that the card may score"
    counsellor_name = ask(
        site,
        "select name from person join person_role on person.id = person_id where role = 'counsellor' order by 1",
    )[0][0]
    counsellor = open_phone()
    sign_in(counsellor, counsellor_name)
    set_rules(counsellor, lock_weekday="7", lock_time="23:59", min_checks="1")

    # A card scores three classes: a deduction, a facility fault, full marks.
    card = open_phone()
    card.goto(site.cards[CARD])
    with sending(card):
        card.click("main button.button.wide")
    (code, group, teacher_name), *others = classes
    score(card, code, item=0)
    check, total = newest(site, group)
    assert total == 950
    score(card, others[0][0], item=2, facility=True)
    fault, untouched = newest(site, others[0][1])
    assert untouched == 1000, "a facility fault costs nothing"
    ticket = ask(site, "select ticket_id from mark where check_id = ? and facility", fault)
    assert ticket[0][0] is not None
    if others[1:]:
        score(card, others[1][0])
        assert newest(site, others[1][1])[1] == 1000

    # The class teacher sees what was taken and appeals.
    teacher = open_phone()
    sign_in(teacher, teacher_name, f"/inspections/weeks/{MONDAY}/class/{group}")
    mark = ask(site, "select id from mark where check_id = ? and lost > 0", check)[0][0]
    with turning(teacher):
        teacher.click(f"a[href='/inspections/marks/{mark}/appeal']")
    teacher.fill("[name=words]", "当时正在值日")
    assert no_sideways_scroll(teacher)
    with sending(teacher):
        teacher.click("main form button.button.wide")
    appeal = int(re.search(r"/appeals/(\d+)", teacher.url).group(1))
    assert "待答复" in seen(teacher)

    # While it waits the week can't be locked; the counsellor corrects, and both values stay.
    set_rules(counsellor, lock_weekday="1", lock_time="00:00")
    counsellor.goto(f"/inspections/weeks/{MONDAY}")
    with sending(counsellor):
        counsellor.get_by_role("button", name="锁定并公布").click()
    assert ask(site, "select count(*) from week where starts_on = ?", MONDAY.isoformat()) == [(0,)]
    set_rules(counsellor, lock_weekday="7", lock_time="23:59")
    counsellor.goto("/inspections/appeals")
    with turning(counsellor):
        counsellor.click(f"a[href='/inspections/appeals/{appeal}']")
    counsellor.locator(".choice", has_text="申诉成立").click()
    counsellor.fill("[name=reason]", "值日时间，不应扣分")
    with sending(counsellor):
        counsellor.click("main form button.button.wide")
    assert newest(site, group) == (check, 1000)
    assert "−0.5 → −0" in seen(counsellor)
    teacher.goto(f"/inspections/weeks/{MONDAY}/class/{group}")
    assert "值日时间" in seen(teacher)

    for (other,) in ask(site, "select id from appeal where outcome = ''"):  # the demo school has one of its own
        counsellor.goto(f"/inspections/appeals/{other}")
        counsellor.locator(".choice", has_text="维持").click()
        counsellor.fill("[name=reason]", "照片很清楚")
        with sending(counsellor):
            counsellor.click("main form button.button.wide")

    # Locked: only now there is a ranking, with flags, certificates and a page for everybody.
    visitor = open_phone()
    visitor.goto(f"/inspections/board/{MONDAY}")
    assert visitor.locator("table").count() == 0
    set_rules(counsellor, lock_weekday="1", lock_time="00:00")
    counsellor.goto(f"/inspections/weeks/{MONDAY}")
    lock = counsellor.get_by_role("button", name="锁定并公布")
    if lock.count():  # else the minute hand of the server was faster
        with sending(counsellor):
            lock.click()
    counsellor.goto(f"/inspections/weeks/{MONDAY}")
    assert "尚未锁定" not in seen(counsellor)
    assert counsellor.locator(".flag").count() >= 1
    assert no_sideways_scroll(counsellor)
    with turning(counsellor):
        counsellor.get_by_role("link", name="奖状").first.click()
    counsellor.wait_for_url("**/paper/flag-certificate/**")
    assert "流动红旗" in counsellor.inner_text("body")

    visitor.goto(f"/inspections/board/{MONDAY}")
    assert visitor.locator("table").count() >= 1
    assert teacher_name not in seen(visitor)
    week = ask(site, "select id from week where starts_on = ? and reopened_at is null", MONDAY.isoformat())[0][0]
    published = ask(site, "select score from week_result where week_id = ? and class_group_id = ?", week, group)[0][0]
    row = visitor.locator("tr", has_text="三(").filter(has_text=f"{published / 100:g}")
    assert row.count() >= 1, "the same number as was published"
