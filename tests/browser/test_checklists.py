"""The editor of checklists in the browser: another order, a look at it, saving; a file compared and agreed to."""

import json

from tests.browser.conftest import DESK, sending
from tests.browser.test_roads import ask, no_sideways_scroll

EDIT = "/inspections/checklists/room-equipment/edit"


def version(site, slug):
    return ask(site, "select version from checklist where slug = ? and replaced_at is null", slug)[0][0]


def names(page):
    return [name for name in page.locator(".item-name").all_text_contents() if name != "新的一项"]


def test_a_list_is_put_in_another_order_and_saved(open_phone, sign_in, site):
    page = open_phone()
    sign_in(page, "钟务实", EDIT)
    before, first = version(site, "room-equipment"), names(page)
    with sending(page):
        page.get_by_role("button", name=f"{first[0]}：下移").click()
    assert names(page)[:2] == [first[1], first[0]]
    assert no_sideways_scroll(page)
    with sending(page):
        page.get_by_role("button", name="看手机上的样子").click()
    assert page.locator("#look .ask legend").first.text_content().strip().startswith(first[1])
    assert version(site, "room-equipment") == before
    with sending(page):
        page.get_by_role("button", name="保存为新版本").last.click()
    assert page.url.endswith("/inspections/checklists/room-equipment")
    assert version(site, "room-equipment") == before + 1


def test_the_editor_works_without_scripts(open_phone, sign_in, site):
    page = open_phone(java_script_enabled=False)
    sign_in(page, "钟务实", EDIT)
    before, first = version(site, "room-equipment"), names(page)
    page.get_by_role("button", name=f"{first[2]}：上移").click()
    page.wait_for_load_state()
    assert names(page)[1:3] == [first[2], first[1]]
    page.get_by_role("button", name=f"{first[3]}：去掉").click()
    page.wait_for_load_state()
    page.locator(".item-row").nth(len(first)).locator("summary").click()
    page.locator(".item-row").nth(len(first)).get_by_label("检查内容").first.fill("窗台无杂物")
    page.get_by_role("button", name="保存为新版本").last.click()
    page.wait_for_load_state()
    assert version(site, "room-equipment") == before + 1
    assert page.get_by_text("窗台无杂物", exact=True).is_visible()
    assert page.get_by_text(first[3], exact=True).count() == 0


def test_a_file_is_compared_before_it_is_stored(open_phone, sign_in, site):
    page = open_phone(viewport=DESK)
    sign_in(page, "钟务实", "/inspections/checklists/public-area")
    with page.expect_download() as taken:
        page.get_by_role("link", name="导出文件").click()
    data = json.loads(taken.value.path().read_text(encoding="utf-8"))
    data["items"][0]["guide"] = "无纸屑，每节课后看一次"
    before = version(site, "public-area")
    page.goto("/inspections/checklists/import")
    file = {"name": "公共区域.json", "mimeType": "application/json", "buffer": json.dumps(data).encode()}
    page.locator("input[type=file]").set_input_files(file)
    with sending(page):
        page.get_by_role("button", name="读入文件").click()
    assert page.get_by_text("无纸屑，每节课后看一次", exact=True).is_visible()
    assert version(site, "public-area") == before
    with sending(page):
        page.get_by_role("button", name=f"确认，存为第 {before + 1} 版").click()
    assert version(site, "public-area") == before + 1
