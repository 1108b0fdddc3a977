"""How fast the running program answers, as ratios measured in one run on this machine.

    .venv/bin/python -m tests.bench.http        (needs wrk: apt install wrk)

Everything runs under the same gunicorn settings on two ports, in alternating rounds; medians are compared:
the scan page ÷ a bare Flask "hello", and a damage report ÷ a bare Flask route that runs the very same
statements with raw sqlite3 and one durable commit.
"""

import gzip
import json
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from app import clock, create_app, db, once
from app.assets.models import Asset, Category
from app.people.models import Person, SignIn
from app.places.codes import Label
from app.places.models import ClassGroup, Place
from app.repairs.models import Ticket
from app.seeds import builtin

HERE = Path(__file__).parent
ROUNDS, SECONDS, CONNECTIONS = 5, 4, 32
GUNICORN = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "--reuse-port",
            "--no-control-socket", "--log-level", "error"]  # fmt: skip


def make_school(data: Path) -> dict[str, str]:
    """A room with 30 assets and 5 open tickets, and someone who is signed in."""
    app = create_app(DATA=data, SCHOOL="青禾实验小学", REPORTS_PER_ADDRESS=100_000, REPORTS_PER_CODE=1000)
    with app.test_request_context():
        db.database.connect()
        db.upgrade()
        with db.writing():
            builtin.install()
            director, _password = Person.add("钟务实", roles=("director",), must_change=False)
            top = Place.add("school", "青禾实验小学", director)
            building = Place.add("building", "明德楼", director, parent=top)
            floor = Place.add("floor", "二楼", director, parent=building)
            room = Place.add("classroom", "201教室", director, parent=floor, number="201")
            ClassGroup.add(clock.school_year() - 2, 2, director, room=room, teacher=director)
            for category in Category.select().limit(30):
                Asset.add(f"{category.name}", category, director, place=room)
            for number in range(5):
                Ticket.report(director, place=room, kind="power", words=f"第 {number + 1} 根灯管不亮")
        sign_in = SignIn.begin(director, timedelta(days=1))
        cookie = app.session_interface.get_signing_serializer(app).dumps({"_user_id": sign_in.token, "_fresh": True})
        label = Label.of(place=room)
        db.database.close()
    return {"code": label.code, "cookie": f"{app.config['SESSION_COOKIE_NAME']}={cookie}"}


# Servers ----------------------------------------------------------------------------------------------------


@contextmanager
def serving(module: str, **environment: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, **environment, "PYTHONPATH": str(HERE.parent.parent)}
    server = subprocess.Popen([*GUNICORN, "-b", f"127.0.0.1:{port}", module], env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        for _try in range(100):
            try:
                urllib.request.urlopen(url + "/hello", timeout=1).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(15)


def wrk(url: str, *more: str) -> dict[str, float]:
    """Requests per second, p99 in ms and errors of one round."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *more, url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    scale = {"us": 0.001, "ms": 1, "s": 1000}
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "p99": float(p99.group(1)) * scale[p99.group(2)],
        "errors": int(bad.group(1) if bad else 0) + (sum(map(int, sockets.groups())) if sockets else 0),
    }


def compare(rounds: dict[str, tuple[str, ...]]) -> dict[str, dict[str, float]]:
    """Alternating rounds of each target; medians."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in rounds}
    for _round in range(ROUNDS):
        for name, arguments in rounds.items():
            found[name].append(wrk(*arguments))
    return {
        name: {
            "rps": statistics.median(r["rps"] for r in results),
            "p99": statistics.median(r["p99"] for r in results),
            "errors": sum(r["errors"] for r in results),
        }
        for name, results in found.items()
    }


# What is measured ---------------------------------------------------------------------------------------------


def scan_page(data: Path, facts: dict[str, str]) -> None:
    with serving("tests.bench.plain:hello()") as plain, serving("wsgi:app", ZONGWU_DATA=str(data)) as ours:
        page = f"{ours}/q/{facts['code']}"
        got = compare({
            "hello": (plain + "/hello",),
            "signed out": (page,),
            "signed in": (page, "-H", f"Cookie: {facts['cookie']}"),
        })  # fmt: skip
    _print_ratio("scan page, signed out ÷ hello", got["signed out"], got["hello"], 0.25)
    _print_ratio("scan page, signed in ÷ hello", got["signed in"], got["hello"], 0.18)


def report(data: Path, facts: dict[str, str]) -> None:
    """32 clients report damage; every answer is durable. The bare route replays the same statements."""
    recorded = record_report(data, facts)
    raw = Path(tempfile.mkdtemp()) / "raw.db"
    shutil.copy(data / "zongwu.db", raw)
    statements = raw.with_suffix(".json")
    statements.write_text(json.dumps(recorded))
    with (
        serving("tests.bench.plain:raw()", BENCH_DB=str(raw), BENCH_SQL=str(statements)) as plain,
        serving("wsgi:app", ZONGWU_DATA=str(data)) as ours,
    ):
        lua = str(HERE / "report.lua")
        headers = ("-s", lua, "-H", f"Cookie: {facts['cookie']}", "-H", "Sec-Fetch-Site: same-origin")
        path = f"/repairs/report/{facts['code']}"
        before = _count(data)
        got = compare({"raw": (plain + path, *headers), "ours": (ours + path, *headers)})
        stored = _count(data) - before
    _print_ratio("damage report ÷ same statements raw", got["ours"], got["raw"], 0.35)
    print(f"    {stored:,} tickets stored; answers per round {got['ours']['rps'] * SECONDS:,.0f} × {ROUNDS} rounds")


def record_report(data: Path, facts: dict[str, str]) -> dict[str, list]:
    """The writing statements of one report, with what must differ each time marked."""
    app = create_app(DATA=data)
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], facts["cookie"].split("=", 1)[1])
    statements, real = [], db.database.obj.execute_sql

    def note(sql: str, params: tuple = (), *args: object, **kwargs: object) -> object:
        if sql.startswith(("INSERT", "UPDATE")):
            statements.append(
                (sql, [str(p) if not isinstance(p, int | float | str | None) else p for p in params or ()])
            )
        return real(sql, params, *args, **kwargs)

    db.database.obj.execute_sql = note
    key = once.new_key()
    form = {"once": key, "kind": "water", "words": "水龙头滴水"}
    answer = client.post(f"/repairs/report/{facts['code']}", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    db.database.obj.execute_sql = real
    assert answer.status_code == 303, answer.get_data(as_text=True)
    ticket = Ticket.select().order_by(Ticket.id.desc()).first()
    assert ticket.serial == ticket.id, "the bare route marks both by this number"
    marks = {key: "KEY", ticket.receipt_secret: "SECRET", ticket.serial: "NUMBER"}
    db.database.close()
    return {"statements": statements, "marks": [[value, name] for value, name in marks.items()]}


def _count(data: Path) -> int:
    with sqlite3.connect(data / "zongwu.db") as connection:
        return connection.execute("select count(*) from ticket").fetchone()[0]


def sizes(data: Path, facts: dict[str, str]) -> None:
    """What travels on a first and on a second visit, compressed, in bytes and requests."""
    with serving("wsgi:app", ZONGWU_DATA=str(data)) as ours:
        page = _get(f"{ours}/q/{facts['code']}")
        html = gzip.decompress(page).decode()
        links = sorted(set(re.findall(r'(?:src|href)="(/static/[^"#]+)', html)))
        parts = {link: len(_get(ours + link)) for link in links}
    total = len(page) + sum(parts.values())
    print(f"scan page: {len(page):,} bytes compressed (at most 10,240)")
    print(f"first visit: {total:,} bytes in {1 + len(parts)} requests (at most 61,440); second visit: 1 request")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
        return answer.read()


def _print_ratio(what: str, ours: dict[str, float], base: dict[str, float], goal: float) -> None:
    ratio = ours["rps"] / base["rps"]
    print(
        f"{what}: {ratio:.2f} (at least {goal}) {'ok' if ratio >= goal else 'MISSED'} — "
        f"{ours['rps']:,.0f}/s, p99 {ours['p99']:.0f} ms, {ours['errors']:.0f} errors; base {base['rps']:,.0f}/s"
    )


def main() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("This needs wrk (Debian: apt install wrk).")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        facts = make_school(data)
        sizes(data, facts)
        scan_page(data, facts)
        report(data, facts)


if __name__ == "__main__":
    main()
