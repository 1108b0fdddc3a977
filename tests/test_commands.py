"""The zongwu command as a person types it: real processes on a real folder."""

import csv
import http.client
import io
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.slow

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COMMANDS = ("serve", "demo", "upgrade", "labels", "codes", "person", "backup", "restore", "reconcile", "doctor", "tick")


def zongwu(*words: str, data: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `zongwu …` and wait; the folder by --data, the settings by environment."""
    command = [sys.executable, "-m", "app.commands", *words]
    if data is not None:
        command += ["--data", str(data)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZONGWU_")}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo school, made once for the commands that only look."""
    folder = tmp_path_factory.mktemp("demo")
    made = zongwu("demo", "--no-serve", data=folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_help_is_complete():
    first = zongwu("--help")
    assert first.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name}" in first.stdout
        own = zongwu(name, "--help")
        assert own.returncode == 0
        assert len(own.stdout.splitlines()) >= 4, name


def test_errors_are_a_sentence_and_not_a_traceback(tmp_path):
    cases = (
        (("doctor",), {"ZONGWU_TIMEZONE": "Mars/Olympus"}, "ZONGWU_TIMEZONE"),
        (("doctor",), {"ZONGWU_TIMEZON": "Asia/Shanghai"}, "is not a setting"),
        (("doctor",), {"ZONGWU_BASE_URL": "ftp://x"}, "ZONGWU_BASE_URL"),
        (("doctor",), {"ZONGWU_THREADS": "many"}, "ZONGWU_THREADS"),
        (("doctor",), {"ZONGWU_DATABASE_URL": "sqlite:////proc/none/x.db"}, ""),
        (("person", "password", "nobody"), {}, "Nobody"),
        (("person", "add", "某人", "--role", "king"), {}, "king"),
        (("labels", "--rooms"), {}, "-o FILE.pdf"),
        (("restore", __file__), {}, "not a backup"),
    )
    for words, environment, expected in cases:
        answer = zongwu(*words, data=tmp_path / "data", **environment)
        assert answer.returncode != 0, words
        assert expected in answer.stderr, (words, answer.stderr)
        assert "Traceback" not in answer.stderr, (words, answer.stderr)


def test_people_are_added_listed_and_given_new_passwords(tmp_path):
    added = zongwu("person", "add", "王校产", "--phone", "13712345678", "--role", "custodian", data=tmp_path)
    assert added.returncode == 0, added.stderr
    name, password = added.stdout.strip().split("\t")
    assert (name, len(password)) == ("王校产", 10)
    assert "王校产\t13712345678\tcustodian" in zongwu("person", "list", data=tmp_path).stdout
    assert zongwu("person", "password", "13712345678", data=tmp_path).stdout.startswith("王校产\t")


def test_the_secret_key_is_the_owners_alone(tmp_path):
    zongwu("upgrade", data=tmp_path)
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_demo_school_is_as_large_as_promised_and_made_once(demo):
    with closing(sqlite3.connect(demo / "zongwu.db")) as school:
        count = lambda sql: school.execute(sql).fetchone()[0]  # noqa: E731
        assert count("select count(*) from class_group") == 24
        assert 65 <= count("select count(*) from place where kind not in ('school', 'building', 'floor')") <= 85
        assert count("select count(*) from person") == 27
        assert 290 <= count("select count(*) from asset where not is_batch") <= 310
        assert 38 <= count("select count(*) from asset where is_batch") <= 44
        desks = "select sum(quantity) from shelf join asset on asset.id = asset_id where size is not null"
        assert 1080 <= count(desks) <= 1120
        assert count("select count(*) from duty_card") == 15
        assert count("select count(*) from ticket") > 60
        assert count("select count(*) from checks") > 500
        assert count("select count(*) from custody where returned_id is null") > 5
        before = count("select count(*) from event")
    again = zongwu("demo", "--no-serve", data=demo)
    assert again.returncode == 0
    assert "钟务实" in again.stdout
    assert (demo / "demo-sign-ins.txt").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(demo / "zongwu.db")) as school:
        assert school.execute("select count(*) from event").fetchone()[0] == before


def test_codes_are_csv_and_every_address_comes_from_the_settings(demo):
    answer = zongwu("codes", data=demo, ZONGWU_BASE_URL="https://zw.example.edu.cn")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert list(rows[0]) == ["code", "kind", "number", "name", "place", "url"]
    assert {row["kind"] for row in rows} >= {"room", "asset"}
    assert all(row["url"] == f"https://zw.example.edu.cn/q/{row['code']}" for row in rows)
    rooms = zongwu("codes", "--kind", "room", data=demo).stdout
    assert {row["kind"] for row in csv.DictReader(io.StringIO(rooms))} == {"room"}


def test_labels_list_sheets_and_print_rooms(demo, tmp_path):
    listed = zongwu("labels", "--list", data=demo).stdout
    for name in ("a4-24", "a4-21", "a4-24m", "a4-14", "a4-40", "a4-8", "a4-44", "a6-door", "roll-40x30", "roll-60x40"):
        assert name in listed
    out = tmp_path / "rooms.pdf"
    answer = zongwu("labels", "--rooms", "--sheet", "a4-24", "--used", "1,2,5", "-o", str(out), data=demo)
    assert answer.returncode == 0, answer.stderr
    assert out.read_bytes().startswith(b"%PDF")
    codes = tmp_path / "codes.txt"
    codes.write_text("\n".join(line.split(",")[0] for line in zongwu("codes", data=demo).stdout.splitlines()[1:5]))
    some = zongwu("labels", "--codes", str(codes), "--sheet", "roll-50x30", "-o", str(out), data=demo)
    assert some.returncode == 0, some.stderr
    assert some.stdout.startswith("4 labels on 4 pages")
    assert zongwu("labels", "--rooms", "--sheet", "a9", "-o", str(out), data=demo).returncode != 0
    assert zongwu("labels", "--rooms", "--used", "99", "-o", str(out), data=demo).returncode != 0


def test_a_backup_is_checked_and_comes_back(demo, tmp_path):
    made = zongwu("backup", "-o", str(tmp_path / "school.zip"), data=demo)
    assert made.returncode == 0, made.stderr
    assert "checked" in made.stdout
    assert zongwu("backup", "-o", str(tmp_path / "school.zip"), data=demo).returncode != 0, "never overwrites"
    fresh = tmp_path / "fresh"
    assert zongwu("restore", str(tmp_path / "school.zip"), data=fresh).returncode == 0
    tables = "select count(*) from event", "select count(*) from movement", "select count(*) from ticket"
    for sql in tables:
        with closing(sqlite3.connect(demo / "zongwu.db")) as old, closing(sqlite3.connect(fresh / "zongwu.db")) as new:
            assert old.execute(sql).fetchone() == new.execute(sql).fetchone()
    (fresh / "zongwu.db-wal").write_bytes(b"stale")
    again = zongwu("restore", str(tmp_path / "school.zip"), data=fresh)
    assert again.returncode == 0
    assert not (fresh / "zongwu.db-wal").exists()
    assert list(fresh.glob("before-restore-*/zongwu.db")), "what was there is kept aside"
    assert "Everything agrees." in zongwu("reconcile", data=fresh).stdout


def test_a_damaged_backup_is_refused_and_nothing_is_touched(demo, tmp_path):
    good = tmp_path / "good.zip"
    zongwu("backup", "-o", str(good), data=demo)
    content = bytearray(good.read_bytes())
    content[len(content) // 3] ^= 0xFF
    bad = tmp_path / "bad.zip"
    bad.write_bytes(content)
    target = tmp_path / "target"
    zongwu("upgrade", data=target)
    before = (target / "zongwu.db").read_bytes()
    answer = zongwu("restore", str(bad), data=target)
    assert answer.returncode != 0
    assert "damaged" in answer.stderr
    assert (target / "zongwu.db").read_bytes() == before


def test_another_promise_is_carried_into_the_tickets_when_asked(demo, tmp_path):
    """The promise is a setting: after a change the steps amount to other times than the tickets carry."""
    folder = tmp_path / "copy"
    shutil.copytree(demo, folder)
    before = zongwu("reconcile", data=folder, ZONGWU_REPAIR_HOURS="48")
    assert before.returncode == 1
    assert "by its steps" in before.stdout
    again = zongwu("reconcile", "--recount", data=folder, ZONGWU_REPAIR_HOURS="48")
    assert again.returncode == 0, again.stdout
    assert re.match(r"[1-9]\d* tickets worked out again\.\nEverything agrees\.\n", again.stdout)


def test_reconcile_finds_what_was_moved_behind_the_ledgers_back(demo, tmp_path):
    zongwu("backup", "-o", str(tmp_path / "copy.zip"), data=demo)
    folder = tmp_path / "copy"
    zongwu("restore", str(tmp_path / "copy.zip"), data=folder)
    assert zongwu("reconcile", data=folder).returncode == 0
    with closing(sqlite3.connect(folder / "zongwu.db")) as school:
        school.execute("update shelf set quantity = quantity + 1 where rowid = (select min(rowid) from shelf)")
        school.commit()
    answer = zongwu("reconcile", data=folder)
    assert answer.returncode == 1
    assert "ledger 1, shelf 2" in answer.stdout


def test_doctor_lists_every_setting_with_its_reason(demo):
    from app.config import SETTINGS

    answer = zongwu("doctor", data=demo, ZONGWU_SECRET_KEY="x" * 40)
    assert answer.returncode == 0
    for setting in SETTINGS:
        assert f"ZONGWU_{setting.name}=" in answer.stdout
        assert setting.reason in answer.stdout
    assert "x" * 40 not in answer.stdout


# Serving ----------------------------------------------------------------------------------------------------


class Server:
    """`zongwu serve` as a process."""

    def __init__(self, folder: Path, *, new_group: bool = False, **settings: str):
        self.port = _free_port()
        self.log = folder.parent / f"{folder.name}-{self.port}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZONGWU_")}
        command = [sys.executable, "-m", "app.commands", "serve", "--data", str(folder), "--port", str(self.port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env={**kept, **settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0 if new_group else None,
            )

    def wait(self, seconds: float = 30) -> "Server":
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(40)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_serve_prints_the_first_password_once_and_stops_cleanly(tmp_path):
    folder = tmp_path / "school"
    server = Server(folder).wait()
    assert server.stop() == 0
    assert server.log.read_text().count("First sign-in") == 1
    again = Server(folder).wait()
    assert again.stop() == 0
    assert "First sign-in" not in again.log.read_text()


def test_a_second_server_on_the_same_folder_says_so(tmp_path):
    folder = tmp_path / "school"
    first = Server(folder).wait()
    second = Server(folder)
    assert second.process.wait(30) != 0
    assert "Another zongwu already serves" in second.log.read_text()
    assert first.stop() == 0


def test_first_start_twice_at_once_is_safe(tmp_path):
    """Two starts on an empty folder: one serves, the other says so, and the database is whole."""
    for attempt in range(3):
        folder = tmp_path / f"school{attempt}"
        pair = Server(folder), Server(folder)
        end = time.monotonic() + 40
        while all(server.process.poll() is None for server in pair) and time.monotonic() < end:
            time.sleep(0.05)
        alive = [server for server in pair if server.process.poll() is None]
        assert len(alive) == 1
        alive[0].wait()
        assert alive[0].stop() == 0
        with closing(sqlite3.connect(folder / "zongwu.db")) as school:
            assert school.execute("pragma integrity_check").fetchone()[0] == "ok"
            assert school.execute("select count(*) from person").fetchone()[0] == 1


def test_restore_refuses_while_the_school_is_served(demo, tmp_path):
    zongwu("backup", "-o", str(tmp_path / "b.zip"), data=demo)
    folder = tmp_path / "school"
    server = Server(folder).wait()
    answer = zongwu("restore", str(tmp_path / "b.zip"), data=folder)
    assert answer.returncode != 0
    assert "already serves" in answer.stderr
    assert server.stop() == 0


def test_nothing_is_done_without_an_answer_when_a_server_stops(demo, tmp_path):
    """TERM while phones are sending: whatever was stored was also answered. What the server had not taken yet is
    cut off and stored nowhere, so a phone that sends it again makes no second one."""
    import threading

    folder = tmp_path / "school"
    shutil.copytree(demo, folder)
    code = zongwu("codes", "--kind", "room", data=folder).stdout.splitlines()[1].split(",")[0]
    before = _tickets(folder)
    limits = {f"ZONGWU_REPORTS_PER_{name}": "1000" for name in ("PHONE", "CODE", "ADDRESS")}
    server = Server(folder, **limits).wait()
    answered, go = [], threading.Event()

    def report() -> None:
        go.wait()
        for _each in range(60):
            form = {"once": secrets.token_urlsafe(16), "kind": "water", "words": "滴水"}
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            try:
                connection.request("POST", f"/repairs/report/{code}", urlencode(form), FORM)
                answered.append(connection.getresponse().status)
            except OSError:
                return
            except http.client.HTTPException:
                return
            finally:
                connection.close()

    phones = [threading.Thread(target=report) for _each in range(8)]
    for phone in phones:
        phone.start()
    go.set()
    time.sleep(0.5)
    assert server.stop() == 0
    for phone in phones:
        phone.join()
    assert set(answered) == {303}
    assert _tickets(folder) - before == len(answered)


def _tickets(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "zongwu.db")) as school:
        return school.execute("select count(*) from ticket").fetchone()[0]
