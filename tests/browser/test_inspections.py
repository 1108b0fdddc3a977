"""The cleaner's day, and a patrol in walk mode with the network cut for two rooms."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.conftest import Site, sending, turning
from tests.browser.test_roads import add_photo, ask, no_sideways_scroll, seen

DOORS = "select count(*) from walk_door where round_id = ?"


def test_the_cleaners_day(open_phone, sign_in, site: Site):
    """The next area, everything ticked off there with one tap, a task of the week, and the office sees it."""
    (name,) = ask(
        site,
        """select person.name from person join place on place.cleaner_id = person.id
           join label on label.place_id = place.id
           where place.kind = 'toilet' order by person.id""",
    )[0]
    cleaner = open_phone()
    sign_in(cleaner, name, "/inspections/areas")
    assert no_sideways_scroll(cleaner)
    assert cleaner.locator(".tiles.three > *").count() <= 3
    with turning(cleaner):
        cleaner.click(".tiles .tile.first")
    assert no_sideways_scroll(cleaner)
    area = cleaner.inner_text("h1")
    before = ask(site, "select count(*) from mark")[0][0]
    while cleaner.locator(".fixed button[value=all]").count():
        with sending(cleaner):
            cleaner.click(".fixed button[value=all]")
    assert ask(site, "select count(*) from mark")[0][0] > before
    assert cleaner.locator(".fixed button[value=again]").count() == 1
    weekly = cleaner.locator("#more button.tick").first
    if weekly.count():
        with sending(cleaner):
            weekly.click()
    cleaner.goto("/inspections/areas")
    assert area in cleaner.inner_text(".cells .done")

    office = open_phone()
    sign_in(office, "钟务实", "/inspections/posts/today")
    assert area in seen(office)
    assert no_sideways_scroll(office)


def planned(page, site: Site, kind: str, name: str = "今天的巡查") -> int:
    """A round over all places of a kind, due today, made on the page of plans; its id."""
    page.goto("/inspections/plans/add")
    page.fill("[name=name]", name)
    page.select_option("[name=slug]", "campus-patrol")
    page.check("[name=who][value=person]", force=True)
    page.fill("[name=person]", "钟务实")
    page.eval_on_selector(f"[name=kinds][value={kind}]", "(box) => { box.checked = true; }")
    page.select_option("[name=often]", "once")
    page.fill("[name=starts_on]", datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat())
    page.fill("[name=opens]", "00:00")
    page.fill("[name=closes]", "23:59")
    with sending(page):
        page.click(".fixed button")
    found = ask(site, "select r.id from check_round r join check_plan p on p.id = r.plan_id where p.name = ?", name)
    assert found, seen(page)
    return found[0][0]


def test_a_patrol_with_the_network_cut_for_two_rooms(open_phone, sign_in, site: Site):
    """Three doors: one online, two without a signal; then the network is back and each acts once."""
    page = open_phone()
    sign_in(page, "钟务实")
    round = planned(page, site, "office")
    page.goto(f"/inspections/walk/{round}")
    assert no_sideways_scroll(page)
    left = page.locator("[data-left]").count()
    assert left >= 3

    page.click("[data-next-door]")
    assert no_sideways_scroll(page)
    with sending(page):
        page.click("button[value=all]")
    expect(page.locator("[data-left]")).to_have_count(left - 1)
    assert ask(site, DOORS, round) == [(1,)]

    page.context.set_offline(True)
    page.click("[data-next-door]")
    page.click("button[value=all]")
    page.wait_for_selector("[data-queue-waiting]")
    assert page.inner_text("[data-queue-count]") == "1"

    page.click("[data-next-door]")
    fill_with_one_fault(page)
    page.click("[data-sheet] .fixed button")
    expect(page.locator("[data-queue-count]")).to_have_text("2")
    assert re.search(r"2\s*条?.*没(有)?发|2 .*未", page.inner_text("[data-queue-waiting]"))
    assert page.locator("[data-kept-here]").count() == 2
    assert ask(site, DOORS, round) == [(1,)], "nothing reached the server"

    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-left]")).to_have_count(left - 3, timeout=20_000)
    page.wait_for_selector("[data-queue]", state="hidden")
    assert ask(site, DOORS, round) == [(3,)], "each acted once"
    failed = "select sum(c.failed) from checks c join walk_door d on d.check_id = c.id where d.round_id = ?"
    assert ask(site, failed, round) == [(1,)]
    photos = "select count(*) from photo where noun = 'mark' and id = (select max(id) from photo)"
    assert ask(site, photos) == [(1,)], "the photo waited on the phone too"
    page.reload()
    assert page.locator("[data-left]").count() == left - 3
    page.goto(f"/inspections/walk/{round}/doors")
    assert page.locator("tbody tr").count() == 3
    assert no_sideways_scroll(page)


def test_a_refused_answer_is_put_right_and_a_scan_opens_its_door(open_phone, sign_in, site: Site):
    """What the server does not take stays on the phone as it was typed, photo too, and goes out anew."""
    page = open_phone()
    sign_in(page, "钟务实")
    round = planned(page, site, "special", "专用室巡查")
    page.goto(f"/inspections/walk/{round}")
    words = page.locator("[data-sheet-in] .answer-more input[type=text]").first
    page.click("[data-next-door]")
    fill_with_one_fault(page)
    words.evaluate("(box) => { box.value = '长'.repeat(101); }")  # more than the box lets anybody type
    page.fill("[data-sheet-in] [name=note]", "整间都看过")
    with sending(page):
        page.click("[data-sheet] .fixed button")
    page.wait_for_selector("[data-again]")
    assert "100" in page.inner_text("[data-queue-refused]")
    assert no_sideways_scroll(page)
    assert ask(site, DOORS, round) == [(0,)]

    page.reload()
    page.click("[data-again]")
    expect(words).to_have_value("长" * 101)
    assert page.input_value("[data-sheet-in] [name=note]") == "整间都看过"
    expect(page.locator("[data-sheet-in] .photo-kept")).to_have_count(1)
    words.fill("墙面有裂缝")
    with sending(page):
        page.click("[data-sheet] .fixed button")
    page.wait_for_selector("[data-queue]", state="hidden")
    assert ask(site, DOORS, round) == [(1,)]
    check = """select c.failed, c.note, (select max(words) from mark where check_id = c.id)
               from checks c join walk_door d on d.check_id = c.id where d.round_id = ?"""
    assert ask(site, check, round) == [(1, "整间都看过", "墙面有裂缝")]

    code = page.locator("[data-left]").first.get_attribute("data-code")
    page.goto(f"/q/{code}")
    with turning(page):
        page.click(".tile.first")
    page.wait_for_selector("[data-sheet-in] [data-sheet]")
    page.locator("[data-sheet-in] input[value=fail]").first.evaluate("(radio) => radio.click()")
    page.click("[data-sheet-close]")
    expect(page.locator("[data-begun]:not([hidden])")).to_have_count(1)
    page.goto(f"/q/{code}")
    with turning(page):
        page.click(".tile.first")
    expect(page.locator("[data-sheet-in] input[value=fail]").first).to_be_checked()
    page.once("dialog", lambda asked: asked.accept())  # what was entered is not thrown away without a question
    with sending(page):
        page.click("button[value=all]")
    page.wait_for_selector("[data-queue]", state="hidden")
    assert ask(site, f"{DOORS} and scanned", round) == [(1,)]


def fill_with_one_fault(page) -> None:
    """Everything is fine but the first item, which has words and a photo."""
    rows = page.locator("[data-sheet-in] .answer-row")
    for number in range(rows.count()):
        row = rows.nth(number)
        kind = row.get_attribute("data-answer")
        if kind == "fine":
            row.locator(f"input[value={'fail' if number == 0 else 'fine'}]").evaluate("(radio) => radio.click()")
        elif kind == "choice":
            row.locator("input[type=radio]").first.evaluate("(radio) => radio.click()")
    first = rows.first
    first.locator(".answer-more input[type=text]").fill("墙面有裂缝")
    page.evaluate(
        "document.querySelectorAll('[data-sheet-in] .answer-row').forEach((row, n) => {"
        " if (n) row.querySelectorAll('.photo-button input').forEach((input) => input.remove()); })"
    )
    add_photo(page, "grey")
