"""On a phone of 360 × 740: a class with two deductions takes a pupil at most eight taps and one scroll."""

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.serving import make_server

from app.inspections.checklists import install_builtin
from app.inspections.models import Check
from app.places.codes import Label
from tests.helpers import app_on_file, make_school

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium")
pytestmark = [pytest.mark.slow, pytest.mark.browser, NEEDS_CHROMIUM]


@pytest.fixture
def served(tmp_path: Any) -> Iterator[Any]:
    """The school of the tests behind a real server: its address, the school, and the code at the class's door."""
    with app_on_file(tmp_path, LANGUAGE="zh_Hans_CN") as app:
        with app.app_context():
            install_builtin()
            school = make_school()
            code = Label.of(place=school.places.classroom).code
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}", school, code
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Thumb:
    """Counts what a pupil does. A tap needs its target on the screen: nothing is scrolled on the way."""

    def __init__(self, page: Any):
        self.page, self.taps, self.scrolls = page, 0, 0

    def tap(self, target: Any) -> None:
        box, height = target.bounding_box(), self.page.viewport_size["height"]
        assert box["y"] >= 0, "the target is above the screen"
        assert box["y"] + box["height"] <= height, "the target is below the screen"
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.taps += 1

    def scroll(self, by: int) -> None:
        self.page.mouse.move(180, 400)
        self.page.mouse.wheel(0, by)
        self.page.wait_for_timeout(300)
        self.scrolls += 1


def score_with_a_thumb(url: str, secret: str, code: str) -> Thumb:
    """Two deductions as far apart as they can be: the first item and the last one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.goto(f"{url}/d/{secret}")
        page.click("main button.button.wide")
        page.goto(f"{url}/q/{code}")
        thumb = Thumb(page)
        thumb.tap(page.locator(".tile.first"))
        page.wait_for_selector("form.live")
        rows = page.locator("li.mark[data-mark]")
        for at, scroll in ((0, 0), (9, 2000)):
            if scroll:
                thumb.scroll(scroll)
            thumb.tap(rows.nth(at).locator("[data-less]"))
            thumb.tap(rows.nth(at).locator("label.choice").first)
        assert page.inner_text("[data-total] >> nth=0") == "9"
        thumb.tap(page.locator(".fixed button"))
        page.wait_for_url("**/receipt")
        assert "9" in page.inner_text(".receipt")
        browser.close()
    return thumb


def test_two_deductions_far_apart(served: Any) -> None:
    url, school, code = served
    with ThreadPoolExecutor(1) as own:  # a thread of its own: the browser tests of this process may have theirs open
        thumb = own.submit(score_with_a_thumb, url, school.card_secret, code).result()
    assert thumb.taps <= 8
    assert thumb.scrolls <= 1
    assert Check.get().total == 900
