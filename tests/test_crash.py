"""Killed in the middle of work: what was acknowledged is there, once; what was not can be sent again."""

import http.client
import os
import secrets
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.test_commands import FORM, Server, zongwu

pytestmark = pytest.mark.slow
ROUNDS, PHONES = 4, 8


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demo school and the code of one of its rooms."""
    folder = tmp_path_factory.mktemp("crash") / "school"
    assert zongwu("demo", "--no-serve", data=folder).returncode == 0
    code = zongwu("codes", "--kind", "room", data=folder).stdout.splitlines()[1].split(",")[0]
    return folder, code


class Phones:
    """Phones that report damage until the server is gone. Each report's words are its own submission id."""

    def __init__(self, port: int, code: str):
        self.port, self.code = port, code
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self.threads = [threading.Thread(target=self._report_until_gone) for _each in range(PHONES)]
        for thread in self.threads:
            thread.start()

    def _report_until_gone(self) -> None:
        while True:
            key = secrets.token_urlsafe(16)
            self.sent.append(key)
            if not self.send(key):
                return

    def send(self, key: str) -> bool:
        form = urlencode({"once": key, "kind": "water", "words": key})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", f"/repairs/report/{self.code}", form, FORM)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        assert answer.status == 303, answer.status
        self.acknowledged.append(key)
        return True

    def join(self) -> None:
        for thread in self.threads:
            thread.join(30)


def stored(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "zongwu.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone()[0] == "ok"
        return [row[0] for row in connection.execute("select words from ticket")]


def test_killed_again_and_again_nothing_is_lost_and_nothing_doubled(school, tmp_path):
    folder, code = school
    limits = {f"ZONGWU_REPORTS_PER_{name}": "1000" for name in ("PHONE", "CODE")}
    limits |= {"ZONGWU_REPORTS_PER_ADDRESS": "100000", "ZONGWU_WORKERS": "2"}
    sent, acknowledged, back = [], [], []
    for _round in range(ROUNDS):
        copy = tmp_path / f"round{_round}"
        shutil.copytree(folder, copy)
        server = Server(copy, new_group=True, **limits).wait()
        phones = Phones(server.port, code)
        time.sleep(1.0)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
        phones.join()
        assert phones.acknowledged
        assert set(phones.acknowledged) <= set(stored(copy)), "acknowledged and lost"

        start = time.monotonic()
        again = Server(copy, **limits).wait()
        back.append(time.monotonic() - start)
        later = Phones.__new__(Phones)
        later.port, later.code, later.acknowledged = again.port, code, []
        for key in phones.sent:
            assert later.send(key)
        assert again.stop() == 0
        words = stored(copy)
        assert all(words.count(key) == 1 for key in phones.sent), "sent twice, stored twice"
        sent += phones.sent
        acknowledged += phones.acknowledged
    assert len(sent) > len(acknowledged) > ROUNDS * PHONES
    assert max(back) < 10, "a restart takes seconds"


def test_a_locked_database_acknowledges_nothing_and_heals_by_itself(school, tmp_path):
    """A database that may not be written to still reads; once it may, work goes on without a restart."""
    folder, code = school
    copy = tmp_path / "full"
    shutil.copytree(folder, copy)
    server = Server(copy, ZONGWU_WORKERS="1").wait()
    page = f"/q/{code}"
    with closing(sqlite3.connect(copy / "zongwu.db", isolation_level=None)) as other:
        other.execute("begin exclusive")  # nobody else may write for as long as this lasts
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", page)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        form = urlencode({"once": secrets.token_urlsafe(16), "kind": "water", "words": "被挡住"})
        connection.request("POST", f"/repairs/report/{code}", form, FORM)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 503
        connection.close()
        other.execute("rollback")
    assert "被挡住" not in stored(copy)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", f"/repairs/report/{code}", form, FORM)
    assert connection.getresponse().status == 303
    connection.close()
    assert stored(copy).count("被挡住") == 1
    assert server.stop() == 0
