"""The repair desk: class damage to its compensation, the electrician's day, a late ticket at the robot, the reader."""

import io
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import openpyxl
from playwright.sync_api import Page

from app import clock
from tests.browser.conftest import DESK, Site, sending, turning
from tests.browser.test_roads import add_photo, ask, code_of_place, no_sideways_scroll, seen
from tests.notify.receivers import robot


def choose(page: Page, name: str, value: str) -> None:
    """Tap the label around a radio button or a box, as a thumb does."""
    page.locator(f"label:has(input[name={name}][value='{value}'])").click()


def send(page: Page, ending: str) -> None:
    with sending(page):
        page.locator(f"form[action*='{ending}'] button").first.click()


def report(page: Page, code: str, kind: str, words: str) -> None:
    page.goto(f"/repairs/report/{code}")
    choose(page, "kind", kind)
    page.fill("[name=words]", words)
    with sending(page):
        page.click(".fixed button")


def wait_until(true: Callable[[], object], seconds: float = 15) -> None:
    """What another process does in its own time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def newest(site: Site) -> int:
    return ask(site, "select max(id) from ticket")[0][0]


def state(site: Site, ticket: int) -> str:
    return ask(site, "select state from ticket where id = ?", ticket)[0][0]


def test_class_damage_from_the_report_to_the_compensation(open_phone, sign_in, site):
    """The class teacher applies with the cause, the director approves in one tap, then repair and record."""
    teacher, code = ask(
        site,
        """select person.name, label.code from class_group join person on person.id = class_group.teacher_id
           join label on label.place_id = class_group.room_id where label.retired_at is null
           order by class_group.id limit 1""",
    )[0]
    phone = open_phone()
    sign_in(phone, teacher, f"/q/{code}")
    with turning(phone):
        phone.locator(".tile", has_text="报修").click()
    choose(phone, "kind", "furniture")
    phone.fill("[name=words]", "课桌桌面被刻坏")
    phone.click("label[for=class_property]")
    with sending(phone):
        phone.click(".fixed button")
    phone.wait_for_selector(".error")  # the cause is asked for
    choose(phone, "cause", "intent")
    phone.locator("label:has(input[name=talked])").click()
    assert no_sideways_scroll(phone)
    with sending(phone):
        phone.click(".fixed button")
    ticket = newest(site)
    assert state(site, ticket) == "applied"

    director = open_phone()
    sign_in(director, "钟务实", "/repairs/queue")
    send(director, f"/repairs/{ticket}/approval")
    assert state(site, ticket) == "accepted"

    electrician = open_phone()
    sign_in(electrician, "陆电通", f"/repairs/{ticket}")
    send(electrician, f"/repairs/{ticket}/taking")
    electrician.goto(f"/repairs/{ticket}/fix")
    choose(electrician, "method", "replaced")
    add_photo(electrician, "blue")
    electrician.locator("summary", has_text="换了").click()
    rows = electrician.locator(".part-rows li").last
    rows.locator("[name=parts_name]").fill("课桌面板")
    rows.locator("[name=parts_amount]").select_option("1")
    rows.locator("[name=parts_price]").fill("65")
    with sending(electrician):
        electrician.click(".fixed button")
    assert state(site, ticket) == "fixed"
    assert ask(site, "select parts_cost, cause from ticket where id = ?", ticket) == [(6500, "intent")]

    director.goto(f"/repairs/{ticket}")
    with turning(director):
        director.locator("#links a", has_text="赔偿").click()
    assert director.input_value("[name=amount]") == "65.00"
    with sending(director):
        director.click("main form button.wide")
    linked = ask(site, "select id from compensation where ticket_id = ?", ticket)
    assert len(linked) == 1
    director.wait_for_selector(f"a[href*='/repairs/{ticket}']")  # the record leads to the ticket
    director.goto(f"/repairs/{ticket}")
    assert director.locator(f"#links a[href='/disposals/compensations/{linked[0][0]}']").count(), "and back"


def test_the_electricians_day(open_phone, sign_in, site):
    """Takes three, fixes two with a photo, asks for more time for one, which the director grants."""
    caller = open_phone()
    sign_in(caller, "柯学家")
    jobs = []
    for number, kind in enumerate(("water", "power", "doors")):
        report(caller, code_of_place(site, "special", number), kind, f"第{number + 1}处坏了")
        jobs.append(newest(site))
    phone = open_phone()
    sign_in(phone, "陆电通", "/repairs/work")
    assert no_sideways_scroll(phone)
    heights = phone.evaluate("[...document.querySelectorAll('.ticket-do .button')].map((b) => b.offsetHeight)")
    assert heights
    assert min(heights) >= 48, "usable with wet hands"
    for job in jobs:
        phone.goto("/repairs/work")
        send(phone, f"/repairs/{job}/taking")
    assert [state(site, job) for job in jobs] == ["taken"] * 3
    for job in jobs[:2]:
        phone.goto("/repairs/work")
        with turning(phone):
            phone.locator(f"#t{job} a[href*='/fix']").click()
        choose(phone, "method", "replaced")
        add_photo(phone, "green")
        choose(phone, "minutes", "20")
        with sending(phone):
            phone.click(".fixed button")
    assert [state(site, job) for job in jobs] == ["fixed", "fixed", "taken"]
    phone.goto(f"/repairs/{jobs[2]}")
    phone.locator("#extend summary").click()
    phone.locator("#extend label:has(input[value=parts])").click()
    phone.locator("#extend label:has(input[name=until])").last.click()
    send(phone, f"/repairs/{jobs[2]}/extension")
    director = open_phone()
    sign_in(director, "钟务实", "/repairs/queue")
    send(director, f"/repairs/{jobs[2]}/extension/grant")
    until = ask(site, "select extended_until from ticket where id = ?", jobs[2])[0][0]
    assert until is not None
    caller.goto(f"/repairs/{jobs[0]}")
    with sending(caller):
        caller.get_by_role("button", name=re.compile("^满意")).click()
    assert state(site, jobs[0]) == "confirmed"


def test_a_late_ticket_is_told_to_the_group_once(open_phone, sign_in, site):
    """A robot is entered on the settings page and tried; a ticket gets late; the tick tells the group of it, once."""
    with robot() as group:
        director = open_phone(DESK)
        sign_in(director, "钟务实", "/notices/channels/new/wecom")
        director.fill("[name=name]", "总务群")
        director.fill("[name=address]", group.address)
        with sending(director):
            director.click("main .fixed button")
        assert "c0ffee-5ecre7" not in director.content(), "the address is a secret"
        with sending(director):
            director.locator("form[action$='/test'] button").first.click()
        wait_until(lambda: group.got)

        reporter = open_phone()
        sign_in(reporter, "柯学家")
        report(reporter, code_of_place(site, "corridor"), "power", "走廊灯全灭")
        ticket = newest(site)
        long_ago = (clock.now() - timedelta(days=30)).isoformat(" ")
        with closing(sqlite3.connect(site.data / "zongwu.db")) as connection:
            connection.execute("update ticket set clock_from = ?, at = ? where id = ?", (long_ago, long_ago, ticket))
            connection.commit()
        for _twice in range(2):
            subprocess.run(
                [sys.executable, "-m", "app.commands", "tick", "--data", str(site.data)], check=True, timeout=60
            )
        number = ask(site, "select day, serial from ticket where id = ?", ticket)[0]
        words = f"{number[0].replace('-', '')}-{number[1]:03}"
        told = [text for text in group.texts if words in text and "超时" in text]
        assert len(told) == 1, group.texts
        director.goto("/notices/")
        assert words in seen(director)


def test_the_vice_principal_reads_exports_and_signs(open_phone, sign_in, site):
    page = open_phone(DESK)
    sign_in(page, "安校平", "/repairs/records")
    rows = page.locator(".record-table tbody tr").count()
    assert rows > 5
    with page.expect_download() as waits:
        page.locator("a[href*='records.xlsx']").click()
    book = openpyxl.load_workbook(io.BytesIO(waits.value.path().read_bytes()))
    heads = [cell.value for row in book.active.iter_rows(max_row=6) for cell in row if cell.value]
    for words in ("报修时间", "故障", "原因", "修复时间", "验收人", "评价"):
        assert any(words in str(head) for head in heads), words
    page.goto("/repairs/analysis")
    assert page.locator("svg[role=img]").count() >= 3
    assert page.locator("main table").count() >= 1
    page.goto("/repairs/records")
    page.fill("#signatures [name=words]", "已阅，门窗损坏较多，请查原因")
    with sending(page):
        page.click("#signatures button")
    page.wait_for_selector("#signatures >> text=安校平")
    page.goto("/repairs/records/print")
    assert "已阅，门窗损坏较多" in page.inner_text("body")
