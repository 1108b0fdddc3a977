"""What happens between the outbox and a robot, with a real server that misbehaves in every way."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app import clock, notify, tick
from app.journal import Event
from app.notify import outbox, robots, wire
from app.notify.channels import Channel, Parcel, worries
from app.notify.events import EVENTS
from tests.conftest import TUESDAY
from tests.notify.receivers import closed_port, robot

AT_ONCE = dict.fromkeys(EVENTS, "now")


@pytest.fixture(autouse=True)
def straight(monkeypatch):
    """No proxy between the test and its own computer, and short waits."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(wire, "TIMEOUT", 0.3)
    monkeypatch.setattr(wire, "AT_MOST", 1.0)
    tick.stopping.clear()


def channel_to(school, address, **fields):
    return Channel.add(school.director, "wecom", "总务群", **{"address": address, "modes": AT_ONCE, **fields})


def tell(school, kind="test.late", number="BX-7", **more):
    return notify.tell(
        kind, school.places.classroom, [school.teacher], "/repairs/7", number=number, place="201教室", **more
    )


def later(**span):
    clock.set_hands(clock.now() + timedelta(**span))


def test_a_message_arrives_with_its_link(school, ctx):
    with robot() as there:
        channel = channel_to(school, there.address)
        tell(school)
        assert outbox.send() == 1
        assert outbox.send() == 0
    [(path, body)] = there.got
    assert path.endswith("?key=c0ffee-5ecre7-4b1d")
    assert body["msgtype"] == "markdown"
    assert "repair BX-7 is late: 201教室" in body["markdown"]["content"]
    assert "(http://localhost/repairs/7)" in body["markdown"]["content"]
    channel = Channel.get_by_id(channel.id)
    assert (channel.sent_at, channel.failing_since, channel.error) == (TUESDAY, None, None)
    assert Parcel.get().done_at == TUESDAY


def test_what_was_undone_is_not_sent(school, ctx):
    with robot() as there:
        channel_to(school, there.address)
        with pytest.raises(ZeroDivisionError):
            _undone(school)
        assert outbox.send() == 0
    assert there.got == []


def _undone(school):
    from app.db import writing

    with writing():
        tell(school)
        raise ZeroDivisionError


def _stall(_handler):
    time.sleep(0.8)
    return True


def _drip(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _each in range(12):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.2)
    return True


def _hang_up(handler):
    handler.connection.close()
    return True


def _no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    return True


MISBEHAVIOURS = {
    "stalls": ({"behave": _stall}, "timeout", ""),
    "drips": ({"behave": _drip}, "timeout", ""),
    "hangs up": ({"behave": _hang_up}, ("unreachable", "garbage"), ""),
    "speaks no http": ({"behave": _no_http}, "garbage", ""),
    "429": ({"status": 429, "headers": {"Retry-After": "120"}}, "busy", "429"),
    "500": ({"status": 500, "body": b"oops"}, "status", "500"),
    "404": ({"status": 404}, "status", "404"),
    "redirects": ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "status", "302"),
    "a page": ({"body": b"<!doctype html><title>router</title>"}, "garbage", ""),
    "empty": ({"body": b""}, "garbage", ""),
    "a list": ({"body": b"[0]"}, "garbage", ""),
    "no code": ({"body": b'{"ok":true}'}, "garbage", ""),
    "a code of words": ({"body": b'{"errcode":"0"}'}, "garbage", ""),
    "deep": ({"body": b"[" * 50_000}, "garbage", ""),
    "binary": ({"body": b"\xff\xfe\x00"}, "garbage", ""),
    "says no": (
        {"body": b'{"errcode":93000,"errmsg":"invalid webhook url c0ffee-5ecre7-4b1d"}'},
        "robot",
        "93000",
    ),
    "too fast": ({"body": b'{"errcode":45009,"errmsg":"api freq out of limit"}'}, "busy", "45009"),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_whatever_the_robot_does_nothing_is_lost(school, ctx, name):
    """It is told, it is tried again, and it arrives when the robot is well."""
    how, why, detail = MISBEHAVIOURS[name]
    with robot(**how) as there:
        channel = channel_to(school, there.address)
        tell(school)
        began = time.monotonic()
        assert outbox.send() == 0
        assert time.monotonic() - began < 2
        failing = Channel.get_by_id(channel.id)
        assert failing.error["why"] in why if isinstance(why, tuple) else failing.error["why"] == why
        assert detail in failing.error["detail"]
        assert "c0ffee" not in str(failing.error)
        assert failing.error_words
        assert failing.failing_since == TUESDAY
        [worry] = worries()
        assert "总务群" in worry
        assert "c0ffee" not in worry
        tries = len(there.got)
        assert outbox.send() == 0
        assert len(there.got) == tries  # not at once again
        there.status, there.headers, there.body, there.behave = 200, {}, b'{"errcode":0}', None
        later(minutes=11)
        assert outbox.send() == 1
    well = Channel.get_by_id(channel.id)
    assert (well.failing_since, well.error, well.tries) == (None, None, 0)
    assert worries() == []
    assert Parcel.get().done_at is not None


def test_nobody_listens(school, ctx):
    channel = channel_to(school, f"http://127.0.0.1:{closed_port()}/send?key=c0ffee")
    tell(school)
    assert outbox.send() == 0
    assert Channel.get_by_id(channel.id).error["why"] == "unreachable"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "http://", "gopher://x/"])
def test_only_http_and_https(school, ctx, address):
    channel = channel_to(school, address)
    tell(school)
    assert outbox.send() == 0
    assert Channel.get_by_id(channel.id).error["why"] == "address"


def test_each_try_waits_longer_and_a_day_is_the_end(school, ctx):
    channel = channel_to(school, f"http://127.0.0.1:{closed_port()}/")
    tell(school)
    tried = []
    for _minute in range(25 * 60):
        before = Channel.get_by_id(channel.id).tries
        outbox.send()
        if Channel.get_by_id(channel.id).tries != before:
            tried.append(int((clock.now() - TUESDAY).total_seconds() // 60))
        later(minutes=1)
    assert tried[:7] == [0, 1, 3, 8, 18, 38, 78]
    assert len(tried) < 35
    parcel = Parcel.get()
    assert parcel.given_up
    assert parcel.done_at - TUESDAY >= timedelta(hours=24)
    assert outbox.fates([channel])[channel.id] == (0, 1)


def test_a_server_that_asks_for_an_hour_gets_it(school, ctx):
    with robot(status=429, headers={"Retry-After": "3000"}) as there:
        channel_to(school, there.address)
        tell(school)
        outbox.send()
        later(minutes=49)
        outbox.send()
        assert len(there.got) == 1
        later(minutes=1, seconds=1)
        outbox.send()
        assert len(there.got) == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30), ("0", 1), ("999999", 3600), ("", None), (None, None), ("soon", None), ("-5", None), ("٣", 3)],
)
def test_retry_after(header, seconds):
    assert wire.wait_asked(header) == seconds


def test_retry_after_as_a_date():
    from email.utils import formatdate

    assert 50 < wire.wait_asked(formatdate(time.time() + 60, usegmt=True)) <= 60


def test_one_message_instead_of_many_but_what_is_urgent_stands_alone(school, ctx):
    with robot() as there:
        channel_to(school, there.address)
        for number in range(5):
            tell(school, number=f"BX-{number}")
        tell(school, "test.urgent", "BX-9", urgent=True)
        assert outbox.send() == 2
    first, second = there.texts
    assert "BX-9" in first
    assert "urgent" in first
    assert "BX-0" not in first
    assert all(f"BX-{number} " in second for number in range(5))


def test_twenty_a_minute_for_one_robot_whatever_it_is_called(school, ctx):
    with robot() as there:
        channel_to(school, there.address)
        Channel.add(school.director, "wecom", "同一个群", address=there.address, modes=AT_ONCE)
        for number in range(15):
            tell(school, "test.urgent", f"BX-{number}", urgent=True)
        outbox.send()
        assert len(there.got) == robots.A_MINUTE
        later(seconds=59)
        outbox.send()
        assert len(there.got) == robots.A_MINUTE
        later(seconds=3)
        outbox.send()
        assert len(there.got) == 30


def test_one_message_that_a_robot_refuses_does_not_hold_up_the_others(school, ctx):
    def refuse_seven(handler):
        there.body = b'{"errcode":40058,"errmsg":"bad words"}' if "BX-7 " in there.texts[-1] else b'{"errcode":0}'
        return False

    with robot(behave=refuse_seven) as there:
        channel_to(school, there.address)
        tell(school, number="BX-7")
        assert outbox.send() == 0
        tell(school, number="BX-8")
        assert outbox.send() == 1
        later(minutes=2)
        tell(school, number="BX-9")
        assert outbox.send() == 1
    assert any("BX-9 " in text and "BX-7 " not in text for text in there.texts)


def test_a_failing_channel_does_not_hold_up_another(school, ctx):
    with robot() as there:
        channel_to(school, f"http://127.0.0.1:{closed_port()}/")
        Channel.add(school.director, "wecom", "另一个群", address=there.address, modes=AT_ONCE)
        tell(school)
        assert outbox.send() == 1


def test_the_table_decides(school, ctx):
    with robot() as there:
        channel_to(school, there.address, modes={"late": "now", "fixed": "daily", "urgent": ""})
        tell(school, "test.late")
        tell(school, "test.fixed")
        tell(school, "test.urgent", urgent=True)
        notify.tell("test.note", school.places.classroom, [school.teacher], "/", what="x", until="y")
        assert outbox.send() == 1
    assert [parcel.telling.event for parcel in Parcel.select().order_by(Parcel.id)] == ["late", "fixed"]


def test_what_is_urgent_does_not_wait_for_the_digest(school, ctx):
    with robot() as there:
        channel_to(school, there.address, modes={"late": "daily"})
        tell(school)
        tell(school, number="BX-8", urgent=True)
        outbox.send()
    assert len(there.texts) == 1
    assert "BX-8" in there.texts[0]


def test_the_digest_once_a_day_at_its_hour(school, ctx, monkeypatch):
    monkeypatch.setattr(outbox, "_digest_parts", [lambda now: ["3 planned repairs are due", "  "]])
    with robot() as there:
        channel_to(school, there.address, modes={"late": "daily"}, digest_hour=16)
        tell(school, number="BX-1")
        tell(school, number="BX-2")
        assert tick.run() == []
        assert there.got == []
        later(hours=6)  # 16:00 at the school
        assert tick.run() == []
        assert tick.run() == []
        later(hours=3)
        tell(school, number="BX-3")
        assert tick.run() == []
        [text] = there.texts
        assert "Digest of 24/11" in text
        assert "3 planned repairs are due" in text
        assert "BX-1" in text
        assert "BX-2" in text
        assert "(http://localhost/repairs/7)" in text
        monkeypatch.setattr(outbox, "_digest_parts", [])
        later(hours=21)
        assert tick.run() == []
        assert "BX-3" in there.texts[1]
        later(hours=24)
        assert tick.run() == []
    assert len(there.got) == 2  # nothing to say, nothing sent


def test_a_channel_that_is_off_gets_nothing(school, ctx):
    with robot() as there:
        channel = channel_to(school, there.address)
        tell(school)
        channel.switch_off(school.director)
        assert outbox.send() == 0
        tell(school, number="BX-8")
        channel.switch_on(school.director)
        assert outbox.send() == 0
        tell(school, number="BX-9")
        assert outbox.send() == 1
    assert "BX-9" in there.texts[0]
    assert len(there.texts) == 1


def test_dingtalk_signs_what_it_sends(school, ctx):
    with robot() as there:
        address = f"http://127.0.0.1:{there.port}/robot/send?access_token=c0ffee"
        Channel.add(school.director, "dingtalk", "钉钉群", address=address, secret="SECabc", modes=AT_ONCE)
        tell(school)
        assert outbox.send() == 1
    [(path, body)] = there.got
    query = parse_qs(urlsplit(path).query)
    assert query["access_token"] == ["c0ffee"]
    stamp = int(query["timestamp"][0])
    assert abs(stamp / 1000 - time.time()) < 60  # the real time, whatever our hands show
    assert robots.signed_address(address, "SECabc", stamp).endswith(urlsplit(path).query)
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"]


def test_feishu_signs_in_the_body(school, ctx):
    with robot(body=b'{"code":0,"msg":"success","data":{}}') as there:
        address = f"http://127.0.0.1:{there.port}/open-apis/bot/v2/hook/c0ffee"
        Channel.add(school.director, "feishu", "飞书群", address=address, secret="abc", modes=AT_ONCE)
        tell(school)
        assert outbox.send() == 1
    [(_path, body)] = there.got
    assert body["sign"] == robots.feishu_sign("abc", int(body["timestamp"]))
    row = body["content"]["post"]["zh_cn"]["content"][0]
    assert "BX-7" in row[0]["text"]
    assert row[1] == {"tag": "a", "text": " open", "href": "http://localhost/repairs/7"}


def test_secrets_are_in_no_log_and_no_journal(school, ctx, caplog):
    with robot(body=b'{"errcode":310000,"errmsg":"sign not match, key c0ffee-5ecre7-4b1d SECxyz"}') as there:
        channel = Channel.add(
            school.director, "dingtalk", "钉钉群", address=there.address, secret="SECxyz", modes=AT_ONCE
        )
        channel.change(school.director, secret="SECnew", address=there.address + "9")
        tell(school)
        outbox.send()
        there.behave = _hang_up
        later(hours=1)
        outbox.send()
    kept = "".join(f"{event.action}{event.facts}" for event in Event.select())
    assert "channel.changed" in kept
    for secret in ("c0ffee", "SECxyz", "SECnew"):
        assert secret not in kept
        assert secret not in caplog.text
    assert "SECnew" not in str(Channel.get_by_id(channel.id).error)
    assert "c0ffee" not in str(Channel.get_by_id(channel.id).error)


def test_a_mistake_of_ours_is_told_and_stops_no_other_channel(school, ctx, monkeypatch):
    with robot() as there:
        first = channel_to(school, there.address)
        Channel.add(school.director, "feishu", "飞书群", address=there.address, modes=AT_ONCE)
        monkeypatch.setitem(robots.FORMS, "wecom", lambda *_args: 1 / 0)
        tell(school)
        assert outbox.send() == 1
    assert Channel.get_by_id(first.id).error == {"why": "broken", "detail": "ZeroDivisionError"}
