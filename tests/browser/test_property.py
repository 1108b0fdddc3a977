"""The property office: delivery to voucher, transfer by three, stock-take by two phones, a leaver, a sheet."""

import io
import re

import openpyxl

from tests.browser.conftest import DESK, Site, sending, turning
from tests.browser.test_roads import add_photo, ask, no_sideways_scroll, seen


def press(page, words: str) -> None:
    """Tap the button that says this, and wait for what follows."""
    with sending(page):
        page.get_by_role("button", name=re.compile(words)).first.click()


def test_a_delivery_goes_through_to_the_voucher(open_phone, sign_in, site):
    """Two people accept, the custodian stocks in and enters, finance reimburses; the voucher waits for its turn."""
    delivery = ask(site, "select id from delivery order by id desc")[0][0]
    handler, witness = ask(
        site,
        """select h.name, w.name from delivery d join person h on h.id = d.handler_id
           join person w on w.id = d.witness_id where d.id = ?""",
        delivery,
    )[0]
    custodian = open_phone()
    sign_in(custodian, "管有数", f"/receiving/{delivery}")
    assert custodian.request.get(f"/paper/voucher/{delivery}").status == 409, "nothing is entered yet"

    first = open_phone()
    sign_in(first, witness, f"/receiving/{delivery}/acceptance")
    add_photo(first, "grey")
    with sending(first):
        first.click(".fixed button")
    second = open_phone()
    sign_in(second, handler, f"/receiving/{delivery}/acceptance")
    with sending(second):
        second.click("main button.huge")
    custodian.goto(f"/receiving/{delivery}")
    with turning(custodian):
        custodian.click("a.button.huge")
    assert no_sideways_scroll(custodian)
    with sending(custodian):
        custodian.click(".fixed button")
    custodian.goto(f"/receiving/{delivery}")
    with turning(custodian):
        custodian.click("a.button.huge")
    with sending(custodian):
        custodian.click(".fixed button")
    cards = "select count(*) from line_asset la join delivery_line l on l.id = la.line_id where l.delivery_id = ?"
    assert ask(site, cards, delivery)[0][0] >= 2
    assert custodian.request.get(f"/paper/voucher/{delivery}.pdf").body().startswith(b"%PDF")

    finance = open_phone()
    sign_in(finance, "金有余", f"/receiving/{delivery}/voucher")
    with sending(finance):
        finance.click("main button.huge")
    assert ask(site, "select count(*) from reimbursement where delivery_id = ?", delivery) == [(1,)]
    finance.goto(f"/receiving/{delivery}/voucher")
    assert finance.locator("main button.huge").count() == 0, "once"


def test_a_transfer_by_three_people(open_phone, sign_in, site):
    """A teacher asks to hand an air conditioner over; taker and office agree on their own phones; then it moves."""
    asset, code, giver, source = ask(
        site,
        """select a.id, l.code, p.name, a.place_id from asset a join label l on l.asset_id = a.id
           join person p on p.id = a.keeper_id where a.name = '教学音箱' and p.post like '班主任%' order by a.id""",
    )[0]
    target, taker = ask(
        site,
        """select pl.name, p.name from place pl join person p on p.id = pl.keeper_id
           where pl.kind = 'special' and p.post like '班主任%' and p.name <> ? order by pl.id""",
        giver,
    )[0]
    teacher = open_phone()
    sign_in(teacher, giver, "/transfers/add")
    teacher.fill("[name=place]", target)
    teacher.fill("[name=reason]", "专用教室缺音箱")
    teacher.fill("[name=typed]", code)
    teacher.locator(".typing button").click()
    teacher.wait_for_selector("[name=line]", state="attached")
    with sending(teacher):
        teacher.click(".fixed button")
    slip = int(re.search(r"/transfers/(\d+)", teacher.url).group(1))

    for who in (taker, "钟务实"):
        assert ask(site, "select place_id from asset where id = ?", asset) == [(source,)], "not before all agree"
        phone = open_phone()
        sign_in(phone, who, f"/transfers/{slip}")
        press(phone, "同意")
    stands = """select pl.name, p.name from asset a join place pl on pl.id = a.place_id
                join person p on p.id = a.keeper_id where a.id = ?"""
    assert ask(site, stands, asset) == [(target, taker)]


def test_a_stock_take_of_two_rooms_by_two_phones_at_once(open_phone, sign_in, site):
    """Two people count two rooms side by side; the same label twice says so."""
    stocktake = ask(site, "select max(id) from stocktake")[0][0]
    rooms = ask(
        site,
        """select b.place_id, count(*) from stocktake_line b join asset a on a.id = b.asset_id
           where b.stocktake_id = ? and not a.is_batch
           and b.place_id not in (select place_id from stocktake_room where stocktake_id = ? and opened_at is not null)
           group by b.place_id having count(*) between 2 and 8 order by b.place_id""",
        stocktake, stocktake,
    )[:2]  # fmt: skip
    members = """select p.name from stocktake_member m join person p on p.id = m.person_id
                 where m.stocktake_id = ? and m.part = 'counter' order by p.id"""
    counters = [name for (name,) in ask(site, members, stocktake)]
    phones = []
    for number, (room, _count) in enumerate(rooms):
        phone = open_phone()
        sign_in(phone, counters[number % len(counters)], f"/stocktakes/{stocktake}/rooms/{room}")
        with sending(phone):
            phone.click("button.tile")
        phones.append(phone)
    labels = """select l.code from stocktake_line b join label l on l.asset_id = b.asset_id
                join asset a on a.id = b.asset_id
                where b.stocktake_id = ? and b.place_id = ? and not a.is_batch and l.retired_at is null"""
    codes = [[code for (code,) in ask(site, labels, stocktake, room)] for room, _count in rooms]
    for turn in range(max(map(len, codes))):
        for phone, own in zip(phones, codes, strict=True):
            if turn < len(own):
                phone.fill("#code", own[turn])
                with phone.expect_response(lambda answer: "/counts" in answer.url):
                    phone.press("#code", "Enter")
    for (room, _count), own in zip(rooms, codes, strict=True):
        found = "select count(*) from stocktake_count where stocktake_id = ? and place_id = ? and verdict = 'found'"
        counted = ask(site, found, stocktake, room)
        assert counted[0][0] >= len(own)
    again = phones[0]
    again.fill("#code", codes[0][0])
    with again.expect_response(lambda answer: "/counts" in answer.url):
        again.press("#code", "Enter")
    again.wait_for_selector("#answer >> text=已")


def test_counting_with_a_weak_signal(open_phone, sign_in, site):
    """Without a network counts stay on the phone and say so; what is sent again after a lost answer acts once."""
    stocktake = ask(site, "select max(id) from stocktake")[0][0]
    room = ask(
        site,
        """select b.place_id from stocktake_line b join asset a on a.id = b.asset_id
           where b.stocktake_id = ? and not a.is_batch
           and b.place_id not in (select place_id from stocktake_room where stocktake_id = ? and opened_at is not null)
           group by b.place_id having count(*) >= 3 order by b.place_id desc""",
        stocktake, stocktake,
    )[0][0]  # fmt: skip
    codes = [code for (code,) in ask(
        site,
        """select l.code from stocktake_line b join label l on l.asset_id = b.asset_id join asset a on a.id = b.asset_id
           where b.stocktake_id = ? and b.place_id = ? and not a.is_batch and l.retired_at is null limit 3""",
        stocktake, room,
    )]  # fmt: skip
    counter = """select p.name from stocktake_member m join person p on p.id = m.person_id
                 where m.stocktake_id = ? and m.part = 'counter' order by p.id"""

    def stored() -> int:
        found = "select count(*) from stocktake_count where stocktake_id = ? and place_id = ? and verdict = 'found'"
        return ask(site, found, stocktake, room)[0][0]

    phone = open_phone()
    sign_in(phone, ask(site, counter, stocktake)[0][0], f"/stocktakes/{stocktake}/rooms/{room}")
    with sending(phone):
        phone.click("button.tile")
    phone.context.set_offline(True)
    for code in codes[:2]:
        phone.fill("#code", code)
        phone.press("#code", "Enter")
    assert phone.inner_text("[data-queue-count]") == "2"
    phone.wait_for_selector("#answer >> text=已存在本机")
    assert stored() == 0
    phone.get_by_role("button", name="本室盘完").click()
    phone.wait_for_selector("main >> text=请等全部上传完")  # a room can't end while counts wait on the phone
    phone.context.set_offline(False)
    phone.wait_for_selector("[data-queue]", state="hidden")
    assert stored() == 2

    lost = []

    def lose_the_answer(route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    phone.route("**/counts", lose_the_answer)
    phone.fill("#code", codes[2])
    phone.press("#code", "Enter")
    phone.wait_for_selector("#answer >> text=已存在本机")
    assert stored() == 3, "the server has it, the phone does not know yet"
    phone.click("[data-queue-send]")
    phone.wait_for_selector("[data-queue]", state="hidden")
    assert stored() == 3
    assert phone.inner_text("#answer .answer-words") == "盘到", "the first answer again, not “counted before”"


def test_a_leaver_goes_with_everything_cleared(open_phone, sign_in, site):
    """The drill goes to a colleague who confirms, finance ticks; then the certificate prints and the account closes."""
    clearance, leaver, person = ask(
        site,
        """select c.id, p.name, p.id from clearance c join person p on p.id = c.person_id
           where c.ended_at is null order by c.id""",
    )[0]
    holder = """select p.name from custody c join person p on p.id = c.person_id join asset a on a.id = c.asset_id
                where c.returned_id is null and a.name = '电钻'"""
    certificate = f"/paper/clearance_certificate/{clearance}"
    custodian, taker, finance, director = open_phone(), open_phone(), open_phone(), open_phone()
    sign_in(custodian, "管有数", f"/clearance/{clearance}")
    sign_in(director, "钟务实", f"/people/{person}")

    def close_account() -> None:
        director.goto(f"/people/{person}")
        director.fill("[name=reason]", "调往青禾镇第二小学")
        press(director, "停用")

    custodian.check("[name=keys]")
    custodian.fill("[name=taker]", "道法明")
    press(custodian, "移交")
    assert "等道法明确认" in seen(custodian)
    sign_in(taker, "道法明", "/approvals/")
    assert ask(site, holder) == [(leaver,)], "not before the other has confirmed"
    press(taker, "同意")
    assert ask(site, holder) == [("道法明",)]

    assert custodian.request.get(certificate).status == 409, "finance has not ticked"
    close_account()
    assert ask(site, "select closed_at from person where id = ?", person) == [(None,)]

    sign_in(finance, "金有余", "/clearance/ticks")
    assert no_sideways_scroll(finance)
    press(finance, "已清")
    custodian.goto(f"/clearance/{clearance}")
    press(custodian, "出具证明")
    custodian.goto(certificate)
    printed = custodian.inner_text("article")
    assert leaver in printed
    assert custodian.request.get(f"{certificate}.pdf").body().startswith(b"%PDF")

    code = re.search(r"\b([0-9A-Z]{4}) ([0-9A-Z]{4})\b", printed)
    stranger = open_phone()
    stranger.goto("/clearance/check/" + "".join(code.groups()))
    assert "有效" in seen(stranger)
    assert leaver not in seen(stranger)
    close_account()
    assert ask(site, "select closed_at from person where id = ?", person) != [(None,)]


def sheet(rows: list[list]) -> dict:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "校产.xlsx", "mimeType": kind, "buffer": out.getvalue()}


def test_an_import_with_errors_then_without(open_phone, sign_in, site: Site):
    """A sheet with a wrong category stores nothing and says why; corrected, it goes in; sent again, nothing doubles."""
    head = ["资产编号", "资产名称", "资产分类", "数量", "单价", "存放地点", "取得日期"]
    good = [
        ["DR-001", "折叠白板", "教具", 1, 320, "会议室", "2025年9月1日"],
        ["DR-002", "翻页笔", "教具", "1台", "89.5", "会议室", "2025.9.2"],
    ]
    page = open_phone(DESK)
    sign_in(page, "管有数", "/assets/import")

    def send(rows: list[list]) -> None:
        page.set_input_files("input[type=file]", sheet([head, *rows]))
        page.locator("main form button.button").first.click()
        page.wait_for_url("**/import/**")
        page.wait_for_selector(".counts")

    send([good[0], ["DR-002", "翻页笔", "没有这个分类", 1, 89.5, "会议室", "2025.9.2"]])
    assert "没有这个分类" in seen(page)
    assert ask(site, "select count(*) from asset where number like 'DR-%'") == [(0,)]
    send(good)
    with sending(page):
        page.locator("form[data-progress] button.button").click()
    stored = "select number, unit_price from asset where number like 'DR-%' order by number"
    assert ask(site, stored) == [("DR-001", 32000), ("DR-002", 8950)]
    page.goto("/assets/import")
    send(good)
    assert ask(site, "select count(*) from asset where number like 'DR-%'") == [(2,)]
    assert page.locator("form[data-progress]").count() == 0, "nothing new in it"
