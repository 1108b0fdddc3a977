"""The main roads through the product, on a phone of 360 × 740 in Chinese."""

import io
import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from PIL import Image

from tests.browser.conftest import Site, sending, turning


def ask(site: Site, sql: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(site.data / "zongwu.db")) as connection:
        return connection.execute(sql, values).fetchall()


def code_of_place(site: Site, kind: str, number: int = 0) -> str:
    sql = "select code from label join place on place.id = label.place_id where kind = ? order by place.id"
    return ask(site, sql, kind)[number][0]


def free_asset(site: Site, name: str) -> tuple[str, int]:
    sql = """select code, asset.id from label join asset on asset.id = label.asset_id where name = ?
             and asset.id not in (select asset_id from custody where returned_id is null) order by asset.id"""
    return ask(site, sql, name)[0]


def add_photo(page, colour: str) -> None:
    """Choose a picture from the album and wait until its thumbnail stands there."""
    out = io.BytesIO()
    Image.new("RGB", (2400, 1800), colour).save(out, "JPEG")
    picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    page.set_input_files(".photo-button input[multiple]", picture)
    page.wait_for_selector("[data-photos] img", state="attached")


def seen(page) -> str:
    return page.inner_text("main")


def no_sideways_scroll(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_sign_in_out_and_a_wrong_password(open_phone, sign_in, site):
    page = open_phone()
    page.goto("/people/sign-in")
    page.fill("[name=name]", "钟务实")
    page.fill("[name=password]", "not this one")
    with sending(page):
        page.click("main button.button.wide")
    assert "姓名或密码不对" in page.inner_text("body")
    assert page.input_value("[name=name]") == "钟务实", "what was typed is still there"
    sign_in(page, "钟务实")
    assert "钟务实" in seen(page)
    page.goto("/people/me")
    with sending(page):
        page.get_by_role("button", name="退出登录", exact=True).click()  # other phones have a button of their own
    page.goto("/people/")
    assert "/people/sign-in" in page.url


def test_scan_report_with_photo_fix_and_confirm(open_phone, sign_in, site):
    """A teacher reports, the electrician takes and fixes with a photo, the teacher confirms."""
    code = code_of_place(site, "special")
    teacher = open_phone()
    sign_in(teacher, "柯学家", f"/q/{code}")
    assert no_sideways_scroll(teacher)
    with turning(teacher):
        teacher.click(".tile.first")
    teacher.locator(".choice", has_text="水").first.click()
    teacher.fill("[name=words]", "水池下面漏水")
    add_photo(teacher, "grey")
    teacher.click(".fixed button")
    teacher.wait_for_url("**/receipt/**")
    number = re.search(r"\d{8}-\d{3}", seen(teacher)).group(0)
    ticket = ask(site, "select max(id) from ticket")[0][0]
    assert ask(site, "select count(*) from photo where noun = 'ticket_step'")[0][0] >= 1

    electrician = open_phone()
    sign_in(electrician, "陆电通", f"/q/{code}")
    assert electrician.inner_text(".tile.first").strip() == "修好了：水", (
        "one thing is broken here: one tap leads to it"
    )
    electrician.goto(f"/repairs/{ticket}")
    assert number in seen(electrician)
    with sending(electrician):
        electrician.get_by_role("button", name="接单").click()
    electrician.goto(f"/repairs/{ticket}/fix")
    electrician.locator(".choice", has_text="更换").click()
    add_photo(electrician, "green")
    with sending(electrician):
        electrician.click(".fixed button")
    assert ask(site, "select state from ticket where id = ?", ticket) == [("fixed",)]

    teacher.goto(f"/repairs/{ticket}")
    assert teacher.locator("main img.photo").count() >= 2
    with sending(teacher):
        teacher.get_by_role("button", name=re.compile("^满意")).click()
    assert ask(site, "select state from ticket where id = ?", ticket) == [("confirmed",)]


def test_a_report_without_scripts_and_without_an_account(open_phone, site):
    """An old phone whose browser runs no script: the same form, a plain post, a receipt that opens again."""
    code = code_of_place(site, "toilet", 3)
    page = open_phone(java_script_enabled=False)
    page.goto(f"/q/{code.lower()}")
    assert page.locator(".tile").count() == 1
    with turning(page):
        page.click(".tile.first")
    with sending(page):
        page.click("main .fixed button")
    assert page.locator("main .error").count(), "what is broken was not chosen"
    page.locator(".choice", has_text="水").first.click()
    page.fill("[name=words]", "一直流水")
    with sending(page):
        page.click("main .fixed button")
    assert "/receipt/" in page.url
    receipt, text = page.url, seen(page)
    number = re.search(r"\d{8}-\d{3}", text).group(0)
    page.goto(receipt)
    assert number in seen(page)


def test_a_double_tap_makes_one_ticket(open_phone, site):
    code = code_of_place(site, "corridor", 2)
    page = open_phone()
    page.goto(f"/repairs/report/{code}")
    page.locator(".choice", has_text="电").first.click()
    page.fill("[name=words]", "灯一直闪")
    before = ask(site, "select count(*) from ticket")[0][0]
    key = page.input_value("form:has([name=words]) [name=once]")
    page.evaluate(
        """async (key) => {
          const form = document.querySelector("[name=words]").form, body = () => new FormData(form);
          await Promise.all([1, 2, 3].map(() => fetch(form.action, {method: "POST", body: body()})));
        }""",
        key,
    )
    assert ask(site, "select count(*) from ticket")[0][0] == before + 1


def test_duty_card_score_and_result(open_phone, sign_in, site):
    """A monitor scans the card, scores a class with two deductions in a few taps; the class teacher sees why."""
    card = site.cards["全天示范卡(三年级)"]
    room = """select code, class_group.id from label join class_group on class_group.room_id = label.place_id
              where class_group.entry_year = ? and class_group.number = 1"""
    today = date.today()
    entry_year = (today.year if today.month >= 8 else today.year - 1) - 2
    code, group = ask(site, room, entry_year)[0]
    page = open_phone()
    page.goto(card)
    with sending(page):
        page.click("main button.button.wide")
    assert "三(1)班" in seen(page)
    page.goto(f"/q/{code}")
    assert "评分" in page.inner_text(".tile.first")
    before = ask(site, "select count(*) from checks where class_group_id = ?", group)[0][0]
    with turning(page):
        page.click(".tile.first")
    if page.locator("a[href='?again=1']").count():  # this slot has a score from the morning's round
        with turning(page):
            page.click("a[href='?again=1']")
        page.fill("textarea[name=again]", "复评")
    taps = 0
    for item in (0, 1):
        mark = page.locator("li.mark").nth(item)
        mark.locator("[data-less]").click()
        mark.locator("label.choice").first.click()
        taps += 2
    assert page.inner_text("[data-total] >> nth=0") == "9"
    assert no_sideways_scroll(page)
    with sending(page):
        page.click(".fixed button")
    taps += 1
    assert taps <= 8
    checks = ask(site, "select count(*), max(id) from checks where class_group_id = ?", group)[0]
    assert checks[0] == before + 1
    assert ask(site, "select total, card_id is not null from checks where id = ?", checks[1]) == [(900, 1)]

    teacher_id = ask(site, "select teacher_id from class_group where id = ?", group)[0][0]
    teacher = ask(site, "select name from person where id = ?", teacher_id)[0][0]
    class_teacher = open_phone()
    sign_in(class_teacher, teacher, f"/inspections/{checks[1]}")
    assert "9" in seen(class_teacher)
    assert "地面" in seen(class_teacher)


def test_lend_late_and_take_back(open_phone, sign_in, site):
    code, asset = free_asset(site, "拉杆音箱")
    page = open_phone()
    sign_in(page, "管有数", f"/q/{code}")
    with turning(page):
        page.locator(".tile", has_text="借出").click()  # a stock-take is going on: counting comes first
    page.fill("[name=person]", "zx")
    page.wait_for_selector(".found .choice")
    page.fill("[name=person]", "梅术彩")
    page.wait_for_selector(".found .choice >> text=梅术彩")
    page.locator(".found .choice", has_text="梅术彩").click()
    with sending(page):
        page.click(".fixed button")
    loan = ask(site, "select id from custody where asset_id = ? and returned_id is null", asset)
    assert len(loan) == 1
    page.goto(f"/q/{code}")
    assert "在梅术彩处" in seen(page)

    with closing(sqlite3.connect(site.data / "zongwu.db")) as connection:  # ten days pass
        due = (date.today() - timedelta(days=3)).isoformat()
        connection.execute("update custody set due_on = ? where id = ?", (due, loan[0][0]))
        connection.commit()
    page.goto("/custody/?tab=late")
    page.goto("/custody/")
    with turning(page):
        page.locator(".tabs a", has_text="逾期").click()
    page.wait_for_url("**state=late**")
    assert "梅术彩" in seen(page)

    page.goto(f"/q/{code}")
    with turning(page):
        page.locator(".tile", has_text="归还").click()
    add_photo(page, "red")
    with sending(page):
        page.click(".fixed button")
    assert ask(site, "select returned_id is not null from custody where id = ?", loan[0][0]) == [(1,)]
    assert ask(site, "select count(*) from photo where noun = 'custody' and part = 'after'")[0][0] >= 1


def test_a_sheet_with_holes_is_printed_and_every_code_opens(open_phone, sign_in, site, tmp_path):
    """Tap two used cells away, print, read every code from the paper at 200 dpi, open each."""
    import shutil
    import subprocess

    import zxingcpp

    assert shutil.which("pdftoppm"), "pdftoppm is missing (Debian: apt install poppler-utils)"
    page = open_phone()
    sign_in(page, "管有数", "/labels/")
    waiting = ask(site, "select count(*) from label where basket_at is not null and retired_at is null")[0][0]
    assert waiting > 20
    page.goto("/labels/sheet")
    for cell in (2, 5):
        page.locator(f"[name=gone][value='{cell}']").check()
    page.locator("main .fixed button, main form button.button.wide").last.click()
    page.wait_for_url("**/runs/*")
    with page.expect_download() as download:
        page.locator("a[href$='labels.pdf']").first.click()
    pdf = tmp_path / "labels.pdf"
    download.value.save_as(pdf)
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-png", str(pdf), str(tmp_path / "page")], check=True)
    found, places = set(), []
    for picture in sorted(tmp_path.glob("page*.png")):
        for code in zxingcpp.read_barcodes(Image.open(picture)):
            found.add(code.text)
            places.append((picture.name, code.position.top_left.x, code.position.top_left.y))
    assert len(found) == waiting
    first = sorted(place for place in places if place[0] == places[0][0])
    assert len(first) == 22, "two of the 24 cells were used"
    visitor = open_phone()
    for address in sorted(found):
        assert address.startswith(f"{site.url}/q/")
        answer = visitor.request.get(address)
        assert answer.status == 200, address


@pytest.mark.parametrize("who", ["钟务实", "管有数", "陆电通", "白如洁", "语文萱", "文启学"])
def test_each_role_finds_its_way_from_the_first_page(open_phone, sign_in, who):
    """Every card and every entry of the menu opens, nothing scrolls sideways."""
    page = open_phone()
    sign_in(page, who)
    links = page.eval_on_selector_all("a.counter, .menu .nav a", "all => all.map((a) => a.getAttribute('href'))")
    assert len(links) >= 4
    for link in links:
        answer = page.goto(link)
        assert answer.status == 200, link
        assert no_sideways_scroll(page), link
