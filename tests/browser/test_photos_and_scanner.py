"""Photos gathered on the phone, and the in-page scanner with a camera that shows what the test wants."""

import io
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import Site

ALBUM, CAMERA = ".photo-button input[multiple]", ".photo-button input[capture]"
CHOSEN = "[...document.querySelector('[data-photos] input[name=photos]').files].map(file => [file.type, file.size])"

# A camera without a lens and a detector that sees `shown`: Chromium on a desk has neither.
SEES = """
window.shown = [];
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return window.shown.map((rawValue) => ({ rawValue })); }
};
const lens = document.createElement("canvas");
const pen = lens.getContext("2d");
setInterval(() => pen.fillRect(0, 0, 9, 9), 40);
navigator.mediaDevices.getUserMedia = async () => lens.captureStream();
"""
BROKEN = SEES.replace('return ["qr_code"]', 'throw new Error("not here")')


def ask(site: Site, sql: str) -> str:
    with closing(sqlite3.connect(site.data / "zongwu.db")) as connection:
        return connection.execute(sql).fetchone()[0]


@pytest.fixture
def code(site: Site) -> str:
    """The label code of an asset that nobody holds."""
    sql = """select code from label join asset on asset.id = label.asset_id where not asset.is_batch
             and asset.id not in (select asset_id from custody where returned_id is null) order by asset.id"""
    return ask(site, sql)


@pytest.fixture
def room(site: Site) -> str:
    """The label code of a classroom: what is broken there must be said."""
    return ask(site, "select code from label join place on place.id = label.place_id where kind = 'classroom'")


def until(page: Any, expression: str) -> None:
    """Playwright's own wait_for_function evaluates text in the page, which the content policy forbids."""
    for _each in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {expression}")


def shot(colour: str, size: tuple[int, int] = (3200, 2400)) -> dict[str, Any]:
    out = io.BytesIO()
    noise = Image.effect_noise((size[0] // 8, size[1] // 8), 90).resize(size).convert("RGB")
    noise.paste(colour, (0, 0, 900, 900))
    noise.save(out, "JPEG", quality=95)
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_several_shots_gather_shrink_and_survive_a_refused_form(open_phone: Any, room: str) -> None:
    page = open_phone()
    page.goto(f"/repairs/report/{room}")
    big = shot("red")
    page.set_input_files(ALBUM, [big, shot("blue")])
    page.set_input_files(CAMERA, shot("green"))
    until(page, f"{CHOSEN}.length === 3 && {CHOSEN}.every(([, size]) => size < {len(big['buffer'])})")
    page.set_input_files(ALBUM, [shot("white"), shot("black")])
    until(page, f"{CHOSEN}.length === 4")
    assert "最多 4 张照片" in page.inner_text("[data-photos]")
    assert page.is_disabled(CAMERA)
    page.locator(".photo-remove").first.click()
    assert page.evaluate(CHOSEN + ".length") == 3
    assert page.is_enabled(CAMERA)

    form = page.locator("form:has([data-photos])")
    form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")  # no kind was chosen
    page.wait_for_selector("[name=photos_kept]", state="attached")
    assert page.locator("[name=photos_kept]").count() == 3
    assert page.locator("[data-photos] img").first.evaluate("image => image.naturalWidth") == 240
    page.locator(".photo-remove").first.click()
    page.set_input_files(ALBUM, [shot("yellow"), shot("pink"), shot("gray")])
    until(page, f"{CHOSEN}.length === 2")  # two are kept, two more fit


def test_without_scripts_photos_are_chosen_kept_and_unticked(open_phone: Any, room: str) -> None:
    page = open_phone(java_script_enabled=False)
    page.goto(f"/repairs/report/{room}")
    page.set_input_files(ALBUM, [shot("red", (800, 600)), shot("blue", (800, 600))])
    page.locator("form:has([data-photos]) button.button").last.click()
    page.wait_for_selector("[name=photos_kept]")
    assert page.locator("[name=photos_kept]:checked").count() == 2
    page.locator("[name=photos_kept]").first.uncheck()
    page.locator("form:has([data-photos]) button.button").last.click()
    page.wait_for_load_state()
    assert page.locator("[name=photos_kept]").count() == 1


def test_the_camera_reads_our_labels_and_no_others(open_phone: Any, sign_in: Any, site: Site, code: str) -> None:
    page = open_phone()
    page.add_init_script(SEES)
    sign_in(page, "钟务实", "/custody/batch")
    page.evaluate("document.addEventListener('zongwu:scan', (event) => { window.heard = event.detail.code; })")
    page.click("[data-scan-start]")
    page.wait_for_selector("[data-scan-view] video")
    page.evaluate(f"window.shown = ['https://evil.example/q/{code}', 'WIFI:S:x;;']")
    page.get_by_text("这不是本校的标签").wait_for()
    assert page.evaluate("window.heard") is None
    page.evaluate(f"window.shown = ['{site.url}/q/{code.lower()}']")
    until(page, "window.heard")
    assert page.evaluate("window.heard") == code
    page.click("[data-scan-stop]")
    assert page.locator("[data-scan-view]").is_hidden()


def test_a_keyboard_scanner_types_the_address_and_enter(open_phone: Any, sign_in: Any, site: Site, code: str) -> None:
    page = open_phone()
    sign_in(page, "钟务实", "/custody/batch")
    page.evaluate("document.addEventListener('zongwu:scan', (event) => { window.heard = event.detail.code; })")
    page.locator("#typed").press_sequentially(f"{site.url}/q/{code}")
    page.press("#typed", "Enter")
    until(page, "window.heard")
    assert page.evaluate("window.heard") == code
    page.get_by_text(re.compile(f"{code[:4]} ?{code[4:]}")).first.wait_for()


@pytest.mark.parametrize("camera", ["", BROKEN], ids=["none", "a name without the thing"])
def test_without_a_camera_the_box_stays_and_the_button_is_not_there(open_phone: Any, sign_in: Any, camera: str) -> None:
    page = open_phone()
    if camera:
        page.add_init_script(camera)
    sign_in(page, "钟务实", "/custody/batch")
    page.wait_for_timeout(300)
    assert page.locator("[data-scan-start]").is_hidden()
    assert page.locator("#typed").is_visible()
