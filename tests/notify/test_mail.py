"""Mail, with a real little server: letters, passwords, refused boxes, silence."""

from email import message_from_bytes, policy

import pytest

from app import notify, tick
from app.notify import outbox, wire
from app.notify.channels import Channel, Parcel
from app.notify.events import EVENTS
from tests.notify.receivers import closed_port, post_office

TO = ["office@school.example", "vice@school.example"]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(wire, "TIMEOUT", 0.3)
    monkeypatch.setattr(wire, "AT_MOST", 1.0)
    tick.stopping.clear()


def list_at(school, port, **fields):
    fields = {"security": "plain", "sender": "zongwu@school.example", "recipients": TO, **fields}
    modes = dict.fromkeys(EVENTS, "now")
    return Channel.add(school.director, "mail", "处室邮箱", address=f"127.0.0.1:{port}", modes=modes, **fields)


def tell(school, number="BX-7", place="201教室"):
    notify.tell("test.late", school.places.classroom, [], "/repairs/7", number=number, place=place)


def fate(channel):
    return Channel.get_by_id(channel.id)


def test_a_letter_arrives(school, ctx):
    with post_office(password="open sesame") as post:
        list_at(school, post.port, user="zongwu", secret="open sesame")
        tell(school, place="三(2)班教室 😀")
        assert outbox.send() == 1
    [(recipients, text)] = post.letters
    assert recipients == TO
    letter = message_from_bytes(text.encode(), policy=policy.default)
    assert letter["Subject"] == "青禾实验小学 1 notice"
    assert letter["From"].addresses[0].addr_spec == "zongwu@school.example"
    assert letter["Message-ID"].startswith("<zongwu-")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "repair BX-7 is late: 三(2)班教室 😀" in letter.get_content()
    assert "http://localhost/repairs/7" in letter.get_content()


def test_a_line_break_in_a_name_makes_no_header(school, ctx):
    with post_office() as post:
        list_at(school, post.port)
        tell(school, number="1\r\nBcc: everybody@else.example", place="\r\n.\r\nQUIT")
        assert outbox.send() == 1
    [(recipients, text)] = post.letters
    assert recipients == TO
    assert message_from_bytes(text.encode())["Bcc"] is None


def test_a_wrong_password_is_told_but_not_shown(school, ctx):
    with post_office(password="right") as post:
        channel = list_at(school, post.port, user="zongwu", secret="wrong-secret")
        tell(school)
        assert outbox.send() == 0
    assert fate(channel).error == {"why": "login", "detail": "535"}


def test_a_box_that_does_not_exist_does_not_take_the_letter_from_the_others(school, ctx):
    with post_office(refuses=("vice@school.example",)) as post:
        channel = list_at(school, post.port)
        tell(school)
        assert outbox.send() == 1
    assert post.letters[0][0] == ["office@school.example"]
    assert fate(channel).error == {"why": "some", "detail": "vice@school.example"}
    assert Parcel.get().done_at is not None


def test_no_box_at_all(school, ctx):
    with post_office(refuses=tuple(TO)) as post:
        channel = list_at(school, post.port)
        tell(school)
        assert outbox.send() == 0
    assert fate(channel).error["why"] == "mail"
    assert "550" in fate(channel).error["detail"]


@pytest.mark.parametrize(
    ("how", "why"), [({"busy": True}, "mail"), ({"stalls": True}, "timeout")], ids=["busy", "stalls"]
)
def test_a_server_in_trouble_is_tried_again(school, ctx, how, why):
    with post_office(**how) as post:
        channel = list_at(school, post.port)
        tell(school)
        assert outbox.send() == 0
    assert fate(channel).error["why"] == why
    assert fate(channel).wait_until is not None
    assert Parcel.get().done_at is None


def test_nobody_listens(school, ctx):
    channel = list_at(school, closed_port())
    tell(school)
    assert outbox.send() == 0
    assert fate(channel).error["why"] == "unreachable"


def test_no_encryption_where_it_was_asked_for_is_no_letter(school, ctx):
    with post_office() as post:
        for security in ("tls", "starttls"):
            channel = list_at(school, post.port, security=security)
            tell(school)
            assert outbox.send() == 0
            assert fate(channel).error["why"] in ("tls", "mail", "timeout"), fate(channel).error
            channel.change(school.director, name=security)
            channel.switch_off(school.director)
    assert post.letters == []
