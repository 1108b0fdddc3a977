"""A real demo school behind a real gunicorn, driven by a real Chromium on a phone's screen."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """The running demo school: its address, its folder, and the sign-ins that it printed."""

    url: str
    data: Path
    passwords: dict[str, str]
    phones: dict[str, str]
    cards: dict[str, str]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if CHROMIUM is None:
        words = "Chromium is not installed (Debian: apt install chromium)"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    data, port = tmp_path_factory.mktemp("demo"), _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZONGWU_")}
    command = [sys.executable, "-m", "app.commands", "demo", "--data", str(data), "--port", str(port)]
    log = (data / "serve.log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://localhost:{port}"
    try:
        _wait_for(f"{url}/healthz", server, data / "serve.log")
        yield Site(url, data, *_sign_ins(data / "demo-sign-ins.txt"))
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    for _try in range(900):
        if server.poll() is not None:
            pytest.fail(f"the server stopped:\n{log.read_text()}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not answer:\n{log.read_text()}")


def _sign_ins(table: Path) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    passwords, phones, cards = {}, {}, {}
    for line in table.read_text().splitlines():
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) == 4 and parts[1].isdigit():
            phones[parts[0]], passwords[parts[0]] = parts[1], parts[2]
        elif len(parts) == 2 and parts[1].startswith("/d/"):
            cards[parts[0]] = parts[1]
    return passwords, phones, cards


@pytest.fixture(scope="session")
def chromium(site: Site) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_phone(chromium: Any, site: Site) -> Iterator[Any]:
    """`open_phone()` is a page on a new phone; errors of scripts or of the content policy fail the test."""
    contexts, wrong = [], []

    def start(viewport: dict[str, int] = PHONE, **options: Any) -> Any:
        context = chromium.new_context(
            base_url=site.url, viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda line: wrong.append(line.text) if _is_fault(line) else None)
        return page

    yield start
    for context in contexts:
        context.close()
    assert not wrong


def _is_fault(line: Any) -> bool:
    """Console errors count, but for the browser's own note that a page answered 4xx on purpose."""
    return line.type == "error" and "Failed to load resource" not in line.text


@contextmanager
def turning(page: Any) -> Iterator[None]:
    """A tap that leads to another page: the old one is marked, and what follows waits until it is gone."""
    page.evaluate("document.documentElement.toggleAttribute('data-old-page', true)")
    yield
    page.wait_for_selector("html:not([data-old-page])", state="attached")
    page.wait_for_load_state("networkidle")


@contextmanager
def sending(page: Any) -> Iterator[None]:
    """A tap that sends a form: wait for its answer, and for the page that follows or the piece that htmx puts in."""
    page.evaluate("document.documentElement.toggleAttribute('data-old-page', true)")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        yield
    if answer.value.request.is_navigation_request():
        page.wait_for_selector("html:not([data-old-page])", state="attached")
    page.wait_for_selector("html:not(:has(.htmx-request))", state="attached")
    page.wait_for_load_state("networkidle")


@pytest.fixture
def sign_in(site: Site) -> Any:
    def enter(page: Any, name: str, next_path: str = "/") -> None:
        page.goto(f"/people/sign-in?next={next_path}")
        page.fill("[name=name]", name)
        page.fill("[name=password]", site.passwords[name])
        with sending(page):
            page.click("main button.button.wide")

    return enter
