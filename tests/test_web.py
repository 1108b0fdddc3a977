"""The manners of every request: headers, whole bodies, our own pages only, static files, languages."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from werkzeug.exceptions import NotFound

from app import once, web
from app.errors import Refused
from app.people.models import Office, Person
from app.web import asset_url, own_path
from tests.helpers import SETTINGS, app_on_file

# Headers ----------------------------------------------------------------------------------------------------


def answers(phone: Any) -> Iterator[tuple[str, Any]]:
    visitor = phone()
    yield "200", visitor.get("/people/sign-in")
    yield "404", visitor.get("/no/such/page")
    yield "405", visitor.post("/privacy", headers={"Sec-Fetch-Site": "same-origin"})
    yield "413", visitor.post("/people/sign-in", environ_overrides={"CONTENT_LENGTH": str(60 * 2**20)})
    yield "303", visitor.get("/people/me")
    yield "403", visitor.post("/people/sign-in", headers={"Sec-Fetch-Site": "cross-site"})
    yield "200", visitor.get(asset_url("css/app.css"))


def test_every_answer_carries_the_headers(phone: Any) -> None:
    for status, answer in answers(phone):
        assert answer.status_code == int(status), answer.request.path
        policy = answer.headers["Content-Security-Policy"]
        for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy, (status, rule)
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_behind_a_sign_in_nothing_is_kept_by_the_browser(phone: Any, school: Any) -> None:
    assert phone(school.teacher).get("/people/me").headers["Cache-Control"] == "no-store"
    assert "no-store" not in phone().get("/people/sign-in").headers["Cache-Control"]


def test_a_page_says_that_a_piece_of_it_is_another_answer(phone: Any, school: Any) -> None:
    assert "HX-Request" in phone(school.teacher).get("/people/me").headers["Vary"]


@pytest.mark.slow
@pytest.mark.parametrize("address", ["https://zw.example.edu.cn", "http://192.168.1.8:8000"])
def test_the_cookie_is_as_safe_as_the_address_allows(tmp_path: Path, address: str) -> None:
    with app_on_file(tmp_path, BASE_URL=address) as app:
        app.add_url_rule("/mark", "mark", web.public(lambda: web.device_id()))
        cookie = app.test_client().get("/mark", base_url=address).headers["Set-Cookie"]
    for part in ("HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie
    on_https = address.startswith("https")
    assert cookie.startswith("__Host-zongwu=" if on_https else "zongwu=")
    assert ("Secure" in cookie) is on_https


@pytest.mark.slow
def test_forwarded_addresses_are_believed_only_when_a_proxy_is_set(tmp_path: Path) -> None:
    from flask import request

    seen = {}
    for proxies in ("0", "1"):
        with app_on_file(tmp_path / proxies, PROXIES=proxies) as app:
            app.add_url_rule("/from", "from", web.public(lambda: f"{request.remote_addr} {request.scheme}"))
            headers = {"X-Forwarded-For": "10.1.1.1, 203.0.113.7", "X-Forwarded-Proto": "https"}
            seen[proxies] = app.test_client().get("/from", headers=headers).get_data(as_text=True)
    assert seen == {"0": "127.0.0.1 http", "1": "203.0.113.7 https"}


# Only from our own pages ------------------------------------------------------------------------------------

OWN = "http://localhost"


@pytest.mark.parametrize(
    ("headers", "signed_in", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "none"}, True, True),  # typed or restored by the browser itself
        ({"Sec-Fetch-Site": "same-site"}, True, False),  # another host of the school
        ({"Sec-Fetch-Site": "cross-site"}, True, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, True, False),
        ({"Origin": OWN}, True, True),
        ({"Origin": "https://evil.example"}, True, False),
        ({"Origin": "null"}, True, False),
        ({"Origin": "http://["}, True, False),
        ({"Origin": "http://localhost.evil.example"}, True, False),
        ({"Origin": "https://evil.example", "Referer": f"{OWN}/x"}, True, False),
        ({"Referer": f"{OWN}/repairs"}, True, True),
        ({"Referer": "https://evil.example/?http://localhost"}, True, False),
        ({}, True, False),
        ({}, False, True),  # an old browser without a session has nothing to steal
        ({"Origin": "https://evil.example"}, False, False),
    ],
)
def test_a_change_comes_from_our_own_pages(app: Flask, headers: dict[str, str], signed_in: bool, allowed: bool) -> None:
    with app.test_request_context("/x", method="POST", headers=headers):
        if signed_in:
            session["_user_id"] = "somebody"
        if allowed:
            web.same_origin()
        else:
            with pytest.raises(Refused) as refused:
                web.same_origin()
            assert refused.value.status == 403


def test_reading_is_free(app: Flask) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        with app.test_request_context("/x", method=method, headers={"Sec-Fetch-Site": "cross-site"}):
            web.same_origin()


def test_a_foreign_page_cannot_make_a_signed_in_phone_act(phone: Any, school: Any) -> None:
    victim = phone(school.director)
    answer = victim.send("/people/sign-out/everywhere", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert victim.get("/people/me").status_code == 200


# Where one may be sent next ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/repairs/12?page=2", "/repairs/12?page=2"),
        ("http://localhost/q/7K3M9QX2", "/q/7K3M9QX2"),
        ("", None),
        (None, None),
        ("repairs", None),
        ("https://evil.example/x", None),
        ("//evil.example/x", None),
        ("///evil.example/x", "/evil.example/x"),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("http://localhost//evil.example", None),
        ("http://localhost@evil.example/", None),
        ("http://localhost:8000/", None),
        ("http://[", None),
        ("/x\r\nSet-Cookie: a=b", "/xSet-Cookie: a=b"),  # the line break is gone
        ("/\t/evil.example", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
    ],
)
def test_next_leads_only_to_our_own_paths(app: Flask, address: str | None, path: str | None) -> None:
    with app.test_request_context("/", base_url="http://localhost"):
        assert own_path(address) == path


# Static files -----------------------------------------------------------------------------------------------


def test_a_static_file_may_be_kept_for_ever(phone: Any) -> None:
    answer = phone().get(asset_url("css/app.css"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert b"--brand" in answer.data


@pytest.mark.parametrize("name", ["css/app.css", "js/app.js", "img/icons.svg"])
def test_it_travels_packed(phone: Any, name: str) -> None:
    plain = phone().get(asset_url(name))
    packed = phone().get(asset_url(name), headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.mimetype == plain.mimetype
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) < len(plain.data) / 2


def test_the_address_changes_with_the_content(phone: Any) -> None:
    good = asset_url("css/app.css")
    digest = good.split("/")[2]
    assert phone().get(good.replace(digest, "0" * len(digest))).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["../wsgi.py", "..%2fwsgi.py", "%2e%2e/wsgi.py", "/etc/passwd", "css/../../wsgi.py", "css", "", "a\0b", "😀"],
)
def test_nothing_else_is_served(phone: Any, app: Flask, name: str) -> None:
    assert phone().get(f"/static/0123456789/{name}").status_code in (404, 308)
    with app.test_request_context(), pytest.raises(NotFound):
        web.static_file("0123456789", name)


def test_a_page_travels_packed_too(phone: Any) -> None:
    plain = phone().get("/people/sign-in")
    packed = phone().get("/people/sign-in", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(packed.data)
    assert "Content-Encoding" not in plain.headers


# Languages --------------------------------------------------------------------------------------------------


def test_the_school_speaks_its_language_and_the_visitor_may_choose(phone: Any) -> None:
    visitor = phone()
    assert '<html lang="en">' in visitor.get("/people/sign-in").get_data(as_text=True)
    visitor.get("/language/zh_Hans_CN?next=/people/sign-in")
    assert '<html lang="zh-Hans-CN">' in visitor.get("/people/sign-in").get_data(as_text=True)
    visitor.get("/language/en")
    assert '<html lang="en">' in visitor.get("/people/sign-in").get_data(as_text=True)


def test_a_person_keeps_their_own_language_on_a_new_phone(phone: Any, school: Any) -> None:
    Person.update(language="zh_Hans_CN").where(Person.id == school.teacher.id).execute()
    assert '<html lang="zh-Hans-CN">' in phone(school.teacher).get("/people/me").get_data(as_text=True)


@pytest.mark.parametrize("cookie", ["xx", "../../etc", "", "en; DROP"])
def test_a_made_up_language_is_ignored(phone: Any, cookie: str) -> None:
    visitor = phone()
    visitor.set_cookie("language", cookie)
    assert '<html lang="en">' in visitor.get("/people/sign-in").get_data(as_text=True)


# Lists and ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "", "99999999999999999999", "２"])
def test_an_odd_page_number_is_no_error(app: Flask, page: str) -> None:
    with app.test_request_context(f"/?page={page}"):
        assert 1 <= web.page_number() <= 1_000_000


def test_a_page_knows_whether_there_is_more(app: Flask, counted: Any) -> None:
    Office.insert_many([{"name": f"{n:03}"} for n in range(65)]).execute()
    with app.test_request_context("/people/?page=2"), counted() as queries:
        page = web.Page(Office.select().order_by(Office.name))
    assert [office.name for office in page][:1] == ["030"]
    assert (len(page), page.more, queries.count) == (30, True, 1)
    with app.test_request_context("/people/?page=3"):
        last = web.Page(Office.select().order_by(Office.name))
    assert (len(last), last.more) == (5, False)


@pytest.mark.parametrize("id", [0, -1, 2**63, 2**200, 424242])
def test_an_odd_id_is_404(app: Flask, id: int) -> None:
    with app.test_request_context(), pytest.raises(NotFound):
        web.get_or_404(Office.select(), id)


def test_labels_carry_the_address_of_the_settings(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"}):
        assert web.label_address("7K3M9QX2") == "http://localhost/q/7K3M9QX2"


# Torn requests, under the real server -----------------------------------------------------------------------

SERVED = """
from flask import request
from app import create_app, db
from app.people.models import Office
from app.web import public

app = create_app()

@app.post("/offices")
@public
def add():
    Office.create(name=request.form.get("name", "")[:60])
    return "stored"

@app.get("/offices")
@public
def count():
    return str(Office.select().count())

db.database.connect()
db.upgrade()
db.database.close()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gunicorn with threads that runs an app with one form."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "torn.py").write_text(SERVED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = str(Path(__file__).parent.parent)
    environ = os.environ | {f"ZONGWU_{name}": value for name, value in SETTINGS.items()}
    environ |= {"ZONGWU_DATA": str(folder / "data"), "PYTHONPATH": f"{folder}:{root}"}
    command = [sys.executable, "-m", "gunicorn", "torn:app", "-k", "gthread", "--threads", "4"]
    command += ["-b", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "warning"]
    server = subprocess.Popen(command, env=environ, cwd=folder)
    try:
        _wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait_for(port: int) -> None:
    for _each in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")


def talk(port: int, head: str, body: bytes = b"") -> bytes:
    """Send raw bytes, say that no more will come, and read the whole answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def stored(port: int) -> int:
    return int(talk(port, "GET /offices HTTP/1.1\nHost: localhost\nConnection: close").split(b"\r\n\r\n")[1])


FORM = f"{once.FIELD}=a-key-of-sixteen-letters&name=".encode() + b"x" * 40
POST = "POST /offices HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/x-www-form-urlencoded"


@pytest.mark.slow
@pytest.mark.parametrize("cut", [1, 10, 45, len(FORM) - 1])
def test_a_form_that_arrived_in_part_is_refused_and_its_key_stays_free(served: int, cut: int) -> None:
    before = stored(served)
    answer = talk(served, f"{POST}\nContent-Length: {len(FORM)}", FORM[:cut])
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert stored(served) == before


@pytest.mark.slow
def test_half_a_multipart_form_is_refused_too(served: int) -> None:
    before = stored(served)
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"once", b"another-key-of-16") + part % (b"name", b"half") + b"--b--\r\n"
    head = POST.replace("application/x-www-form-urlencoded", "multipart/form-data; boundary=b")
    answer = talk(served, f"{head}\nContent-Length: {len(body)}", body[:-30])
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert stored(served) == before


@pytest.mark.slow
def test_a_body_without_a_length_is_refused(served: int) -> None:
    before = stored(served)
    chunk = b"%x\r\n%s\r\n" % (len(FORM), FORM)
    answer = talk(served, f"{POST}\nTransfer-Encoding: chunked", chunk)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 411"), answer[:200]
    assert stored(served) == before


@pytest.mark.slow
def test_the_whole_form_is_then_taken_once(served: int) -> None:
    before = stored(served)
    for _resend in range(2):
        answer = talk(served, f"{POST}\nContent-Length: {len(FORM)}", FORM)
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        assert answer.endswith(b"stored")
    assert stored(served) == before + 1
