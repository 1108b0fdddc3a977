"""The tick: every work for itself, one at a time, by command and by `serve`; nothing lost in a crash, nothing twice."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

import pytest

from app import clock, create_app, db, notify, tick
from app.notify import outbox, wire
from app.notify.channels import Channel, Parcel
from app.notify.events import EVENTS
from app.people.models import Office
from tests.conftest import TUESDAY
from tests.helpers import SETTINGS, at_once, make_school
from tests.notify.receivers import robot


@pytest.fixture
def works(monkeypatch):
    """The registry, empty for one test."""
    monkeypatch.setattr(tick, "_works", {})
    monkeypatch.setattr(tick, "_afterwards", {})
    tick.stopping.clear()


def test_every_work_is_done_with_the_moment(ctx, works):
    done = []
    tick.work(done.append, "a")
    tick.afterwards(done.append, "b")
    assert tick.run() == []
    assert done == [TUESDAY, TUESDAY]
    assert {beat.name: beat.at for beat in tick.Beat.select()} == {"a": TUESDAY, "b": TUESDAY}


def test_one_that_fails_is_undone_told_and_stops_no_other(school, ctx, works, caplog):
    def fails(_now):
        Office.create(name="半途")
        raise ZeroDivisionError("secret words")

    done = []
    tick.work(fails, "fails")
    tick.work(done.append, "goes on")
    assert tick.run() == ["fails"]
    assert done == [TUESDAY]
    assert not Office.select().where(Office.name == "半途").exists()
    [worry] = tick.worries()
    assert worry == "The work fails of the tick fails since 2026-11-24 10:00: ZeroDivisionError."
    tick.work(done.append, "fails")
    assert tick.run() == []
    assert tick.worries() == []


def test_a_tick_that_stopped_is_noticed(ctx, works):
    assert tick.silent() is None
    tick.work(lambda _now: None, "a")
    tick.run()
    assert tick.silent() is None
    clock.set_hands(TUESDAY.replace(hour=3))
    assert tick.silent() == TUESDAY


def test_messages_that_nobody_sends_worry_the_doctor(school, ctx):
    Channel.add(school.director, "wecom", "总务群", address="https://qyapi.weixin.qq.com/x", modes={"late": "now"})
    notify.tell("test.late", school.places.classroom, [], "/", number="1", place="x")
    assert outbox.worries() == []
    clock.set_hands(TUESDAY.replace(hour=3))
    [worry] = outbox.worries()
    assert "no tick runs" in worry


# With real files and processes ------------------------------------------------------------------------------


def on_file(app, address):
    """A school on a real file with one channel and one message that waits."""
    with app.app_context():
        school = make_school()
        Channel.add(school.director, "wecom", "总务群", address=address, modes=dict.fromkeys(EVENTS, "now"))
        tell(school)
    tick.stopping.clear()
    return school


def tell(school):
    notify.tell("test.late", school.places.classroom, [school.teacher], "/repairs/7", number="BX-7", place="201")


@pytest.mark.slow
def test_two_at_the_same_moment_send_once(real_app):
    """Without any lock around the tick: the claim alone decides."""
    with robot(behave=lambda _handler: time.sleep(0.2)) as there:
        on_file(real_app, there.address)
        sent = at_once(real_app, *[outbox.send] * 6)
    assert sorted(sent) == [0, 0, 0, 0, 0, 1]
    assert len(there.got) == 1


SEND = """
import sys
from app import clock, create_app, db, notify
from app.notify import outbox
from datetime import datetime
app = create_app(DATA=sys.argv[1])
clock.set_hands(datetime(2026, 11, 24, 2, int(sys.argv[2])))
with app.app_context():
    db.database.connect()
    if len(sys.argv) > 3:
        import os
        from app.notify import wire
        real = wire.post
        wire.post = lambda *args: (real(*args) if sys.argv[3] == "after" else None, os._exit(9))
    print("ready", flush=True)
    sys.stdin.readline()
    print(outbox.send(), flush=True)
"""


def sender(folder, *more, minute=0):
    """A process that sends as soon as it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "ZONGWU_BASE_URL": "http://localhost"}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SEND), str(folder), str(minute), *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def go(process):
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.slow
def test_two_processes_at_the_same_moment_send_once(real_app, tmp_path):
    with robot(behave=lambda _handler: time.sleep(0.3)) as there:
        on_file(real_app, there.address)
        both = [sender(tmp_path), sender(tmp_path)]
        for process in both:
            go(process)
        counts = sorted(process.communicate(timeout=30)[0].strip() for process in both)
    assert counts == ["0", "1"]
    assert len(there.got) == 1


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_in_the_middle_loses_nothing(real_app, tmp_path, when):
    """The event is stored, the sender dies: before the message left, or before it could be noted."""
    with robot() as there:
        on_file(real_app, there.address)
        dying = sender(tmp_path, when)
        go(dying)
        dying.communicate(timeout=30)
        assert dying.returncode == 9
        assert Parcel.get().done_at is None
        early = sender(tmp_path, minute=1)
        go(early)
        assert early.communicate(timeout=30)[0].strip() == "0"  # the claim still stands
        next_one = sender(tmp_path, minute=6)
        go(next_one)
        assert next_one.communicate(timeout=30)[0].strip() == "1"
    assert len(there.got) == (1 if when == "before" else 2)
    assert Parcel.get().done_at is not None


@pytest.mark.slow
def test_an_urgent_notice_leaves_at_once_and_holds_up_nobody(real_app, monkeypatch):
    with robot(behave=lambda _handler: time.sleep(0.5)) as there:
        with real_app.app_context():
            school = make_school()
            Channel.add(school.director, "wecom", "总务群", address=there.address, modes={"urgent": "now"})
            began = time.monotonic()
            notify.tell(
                "test.urgent", school.places.classroom, [school.teacher], "/", number="BX-1", place="x", urgent=True
            )
            assert time.monotonic() - began < 0.4
        wait_for(lambda: Parcel.get().done_at is not None)
    assert len(there.got) == 1


def wait_for(true, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.slow
def test_only_one_tick_at_a_time(real_app, tmp_path):
    with tick.alone(tmp_path / "tick.lock") as mine:
        assert mine
        assert tick.run_alone(real_app) is None
    assert tick.run_alone(real_app) == []


@pytest.mark.slow
def test_the_loop_ticks_and_stops(real_app, works):
    done = []
    tick.work(done.append, "a")
    loop = tick.Loop(real_app, 0.05).start()
    wait_for(lambda: len(done) > 2)
    assert loop.stop(5)
    count = len(done)
    time.sleep(0.2)
    assert len(done) == count


@pytest.mark.slow
def test_of_two_loops_one_ticks_and_the_other_takes_over(real_app, works):
    done = []
    tick.work(done.append, "a")
    first, second = tick.Loop(real_app, 0.05).start(), tick.Loop(real_app, 0.05).start()
    wait_for(lambda: len(done) > 2)
    first._stop.set()
    first._thread.join(5)
    count = len(done)
    wait_for(lambda: len(done) > count + 2)
    assert second.stop(5)


@pytest.fixture
def upgraded(tmp_path):
    """An app on a file laid by the migrations, as the command will meet it."""
    before, zone = db.database.obj, clock.zone
    app = create_app(TESTING=True, DATA=tmp_path, **SETTINGS)
    db.database.connect()
    db.upgrade()
    yield app
    db.database.close()
    db.database.initialize(before)
    clock.init(zone)


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served(folder, port, **environment):
    command = [sys.executable, "-m", "app.commands", "serve", "--data", str(folder), "--port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZONGWU_")}
    return subprocess.Popen(
        command, env={**kept, "ZONGWU_WORKERS": "2", **environment}, stderr=subprocess.PIPE, text=True
    )


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("seconds", ["1", "0"])
def test_serve_ticks_by_itself_unless_it_is_told_not_to(upgraded, tmp_path, seconds):
    """Two workers, one of them sends; on TERM everything ends soon and quietly."""
    with robot() as there:
        on_file(upgraded, there.address)
        port = free_port()
        server = served(tmp_path, port, ZONGWU_TICK=seconds)
        try:
            wait_for(lambda: answers(port), 40)
            if seconds == "1":
                wait_for(lambda: there.got)
            else:
                time.sleep(2)
        finally:
            began = time.monotonic()
            server.send_signal(signal.SIGTERM)
            _out, errors = server.communicate(timeout=30)
        assert time.monotonic() - began < 10
        assert server.returncode == 0
        assert "Traceback" not in errors
    assert len(there.got) == (1 if seconds == "1" else 0)


@pytest.mark.slow
def test_the_command_sends_and_says_when_it_can_not(upgraded, tmp_path):
    with robot() as there:
        on_file(upgraded, there.address)
        clock.set_hands(None)
        command = [sys.executable, "-m", "app.commands", "tick", "--data", str(tmp_path)]
        with tick.alone(tmp_path / "tick.lock"):
            held = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert held.stdout == "Another tick is at work.\n"
        assert there.got == []
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(there.got) == 1


@pytest.mark.slow
def test_the_doctor_names_the_channel_that_fails(upgraded, tmp_path):
    on_file(upgraded, "http://127.0.0.1:9/send?key=c0ffee")
    with upgraded.app_context():
        assert outbox.send() == 0
    command = [sys.executable, "-m", "app.commands", "doctor", "--data", str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "! The channel 总务群 (wecom) fails since 2026-11-24 10:00" in answer.stdout, answer.stderr
    assert "c0ffee" not in answer.stdout + answer.stderr


def test_the_outbox_is_in_the_tick():
    assert "notify.digest" in tick._works
    assert "notify.outbox" in tick._afterwards
    assert wire.TIMEOUT < 10
    assert db.PRAGMAS["busy_timeout"] < wire.AT_MOST * 1000
