"""The settings page: entering, changing, the table, secrets, the test button, and who may."""

import re

import pytest
from flask_babel import force_locale

from app import notify
from app.journal import Event
from app.notify import outbox
from app.notify.channels import FAILURES, Channel, Parcel
from app.notify.events import EVENTS
from tests.conftest import TUESDAY

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=c0ffee-5ecre7-4b1d"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=c0ffee5ecre7"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/c0ffee-5ecre7"
ROBOT = {"name": "总务群", "address": WECOM, "keyword": "", "form": "markdown"}
MAIL = {
    "name": "处室邮箱", "recipients": "a@school.example\nb@school.example", "sender": "zw@school.example",
    "host": "smtp.school.example", "port": "465", "security": "tls", "user": "zw", "secret": "geheim-1",
}  # fmt: skip


def entered(school, **fields):
    return Channel.add(school.director, "wecom", "总务群", **{"address": WECOM, **fields})


def test_a_robot_is_entered_with_sensible_defaults(school, phone):
    director = phone(school.director)
    answer = director.send("/notices/channels/new/wecom", ROBOT)
    channel = Channel.get()
    assert (answer.status_code, answer.location) == (303, f"/notices/channels/{channel.id}")
    assert (channel.name, channel.kind, channel.address, channel.form) == ("总务群", "wecom", WECOM, "markdown")
    assert channel.modes["urgent"] == "now"
    assert channel.modes["fixed"] == "daily"
    assert channel.digest_hour == 16
    [event] = Event.select().where(Event.action == "channel.added")
    assert event.person == school.director
    assert "c0ffee" not in str(event.facts)


@pytest.mark.parametrize(("kind", "address"), [("dingtalk", DINGTALK), ("feishu", FEISHU)])
def test_those_that_sign(school, phone, kind, address):
    data = {**ROBOT, "address": address, "secret": "SEC 1", "keyword": "报修", "form": "text"}
    assert phone(school.director).send(f"/notices/channels/new/{kind}", data).status_code == 303
    channel = Channel.get()
    assert (channel.secret, channel.keyword, channel.form) == ("SEC 1", "报修", "text")


def test_a_mail_list(school, phone):
    assert phone(school.director).send("/notices/channels/new/mail", MAIL).status_code == 303
    channel = Channel.get()
    assert channel.recipients == ["a@school.example", "b@school.example"]
    assert (channel.address, channel.security, channel.user) == ("smtp.school.example:465", "tls", "zw")
    page = phone(school.director).get(f"/notices/channels/{channel.id}").text
    assert "smtp.school.example" in page
    assert "geheim-1" not in page


BAD_ROBOTS = {
    "no name": {"name": "  "},
    "long name": {"name": "群" * 41},
    "no address": {"address": ""},
    "a file": {"address": "file:///etc/passwd"},
    "a script": {"address": "javascript:alert(1)"},
    "no host": {"address": "https://"},
    "a bad port": {"address": "http://x:99999999/"},
    "port 0": {"address": "http://x:0/"},
    "brackets": {"address": "http://[x"},
    "chinese": {"address": "https://例子.中国/x"},
    "of DingTalk": {"address": DINGTALK},
    "endless": {"address": "https://x.example/" + "a" * 600},
    "no form": {"form": ""},
    "odd form": {"form": "card"},
    "long keyword": {"keyword": "词" * 31},
    "a megabyte": {"name": "x" * 1_000_000},
}


@pytest.mark.parametrize("case", BAD_ROBOTS)
def test_bad_robots_are_told_and_nothing_is_stored(school, phone, case):
    data = {**ROBOT, **BAD_ROBOTS[case]}
    answer = phone(school.director).send("/notices/channels/new/wecom", data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert not Channel.select().exists()
    if "name" not in BAD_ROBOTS[case]:
        assert 'value="总务群"' in answer.text


BAD_MAILS = {
    "no recipient": {"recipients": ""},
    "a name": {"recipients": "赵建国"},
    "a header": {"recipients": "a@b.example>\nBcc: <c@d.example"},
    "too many": {"recipients": "\n".join(f"p{number}@school.example" for number in range(21))},
    "no sender": {"sender": ""},
    "odd sender": {"sender": "zongwu"},
    "a path": {"host": "smtp.example/x"},
    "no port": {"port": "x"},
    "port 70000": {"port": "70000"},
    "odd encryption": {"security": "rot13"},
    "a chinese password": {"secret": "密码"},
}


@pytest.mark.parametrize("case", BAD_MAILS)
def test_bad_mail_lists(school, phone, case):
    answer = phone(school.director).send("/notices/channels/new/mail", {**MAIL, **BAD_MAILS[case]})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert not Channel.select().exists()


def test_an_unknown_kind_is_no_page(school, phone):
    assert phone(school.director).get("/notices/channels/new/fax").status_code == 404


def test_two_of_one_name_are_refused_at_the_field(school, phone):
    entered(school)
    answer = phone(school.director).send("/notices/channels/new/wecom", ROBOT)
    assert answer.status_code == 422
    assert "already a channel 总务群" in answer.text
    assert Channel.select().count() == 1


def test_no_page_shows_what_is_secret(school, phone):
    channel = Channel.add(school.director, "dingtalk", "钉钉群", address=DINGTALK, secret="SECabcdef")
    feishu = Channel.add(school.director, "feishu", "飞书群", address=FEISHU, secret="SECabcdef")
    director = phone(school.director)
    for address in ("/notices/channels", f"/notices/channels/{channel.id}", f"/notices/channels/{feishu.id}"):
        page = director.get(address).text
        assert "SECabcdef" not in page
        assert "c0ffee" not in page
    assert channel.masked == "https://oapi.dingtalk.com/…cre7"


def test_what_is_left_empty_stays(school, phone):
    channel = Channel.add(school.director, "dingtalk", "钉钉群", address=DINGTALK, secret="SECabc")
    data = {"name": "新名字", "address": "", "secret": "", "keyword": "报修", "form": "text"}
    assert phone(school.director).send(f"/notices/channels/{channel.id}", data).status_code == 303
    kept = Channel.get_by_id(channel.id)
    assert (kept.name, kept.address, kept.secret, kept.keyword) == ("新名字", DINGTALK, "SECabc", "报修")
    [event] = Event.select().where(Event.action == "channel.changed")
    assert event.facts["what"] == ["channel.name", "channel.keyword", "channel.form"]


def test_a_new_address_is_tried_at_once(school, phone):
    channel = entered(school)
    channel.failed(TUESDAY, "status", "500", outbox.back_off(7))
    data = {**ROBOT, "address": WECOM + "9"}
    phone(school.director).send(f"/notices/channels/{channel.id}", data)
    kept = Channel.get_by_id(channel.id)
    assert (kept.address, kept.failing_since, kept.wait_until) == (WECOM + "9", None, None)


def test_a_failing_channel_says_so(school, phone):
    channel = entered(school)
    channel.failed(TUESDAY, "status", "500", outbox.back_off(1))
    for address in ("/notices/channels", f"/notices/channels/{channel.id}"):
        page = phone(school.director).get(address).text
        assert "The server answered 500." in page
        assert "fails" in page


@pytest.mark.parametrize("why", FAILURES)
@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_failure_has_words(school, ctx, why, language):
    channel = entered(school)
    channel.failed(TUESDAY, why, f"x{WECOM}y", None)
    with force_locale(language):
        assert channel.error_words
        assert "%(" not in channel.error_words
        assert "c0ffee" not in channel.error_words


def test_the_test_button_puts_a_message_into_the_outbox(app, school, phone, monkeypatch):
    channel = entered(school)
    monkeypatch.setattr(outbox.wire, "post", lambda *_args: pytest.fail("a page waited for a robot"))
    director = phone(school.director)
    answer = director.send(f"/notices/channels/{channel.id}/test", key="k" * 20)
    director.send(f"/notices/channels/{channel.id}/test", key="k" * 20)
    assert answer.status_code == 303
    [parcel] = Parcel.select()
    assert parcel.telling.kind == "notify.test"
    page = director.get(answer.location).text
    assert "on its way" in page
    assert 'hx-trigger="load delay:2s"' in page
    piece = director.get(answer.location, headers={"HX-Request": "true"}).text
    assert piece.lstrip().startswith('<section class="card stack-tight" id="state"')
    sent = []
    monkeypatch.setattr(outbox.wire, "post", lambda address, body: sent.append((address, body.decode())))
    with app.app_context():
        assert outbox.send() == 1
    assert "赵建国 sent it" in sent[0][1]
    assert 'hx-trigger="load delay:2s"' not in director.get(answer.location).text
    assert Event.select().where(Event.action == "channel.tested").count() == 1


def test_off_and_on(school, phone):
    channel = entered(school)
    director = phone(school.director)
    assert director.send(f"/notices/channels/{channel.id}/off").status_code == 303
    assert director.send(f"/notices/channels/{channel.id}/off").status_code == 409
    assert director.send(f"/notices/channels/{channel.id}/test").status_code == 404
    assert director.send(f"/notices/channels/{channel.id}/on").status_code == 303
    assert director.send(f"/notices/channels/{channel.id}/on").status_code == 409
    assert Channel.get().off_at is None


def test_the_table_is_stored_as_a_whole(school, phone):
    first, second = entered(school), Channel.add(school.director, "feishu", "飞书群", address=FEISHU)
    data = {f"{first.id}-{event}": "" for event in EVENTS} | {f"{second.id}-{event}": "daily" for event in EVENTS}
    data |= {f"{first.id}-digest": "", f"{second.id}-digest": "7"}
    assert phone(school.director).send("/notices/channels/table", data).status_code == 303
    assert set(Channel.get_by_id(first.id).modes.values()) == {""}
    assert Channel.get_by_id(first.id).digest_hour is None
    assert set(Channel.get_by_id(second.id).modes.values()) == {"daily"}
    assert Channel.get_by_id(second.id).digest_hour == 7
    page = phone(school.director).get("/notices/channels").text
    assert re.search(rf'name="{second.id}-digest".*?<option value="7" selected>07:00', page, re.DOTALL)


def test_a_digest_needs_an_hour(school, phone):
    channel = entered(school)
    data = {f"{channel.id}-late": "daily", f"{channel.id}-digest": ""}
    answer = phone(school.director).send("/notices/channels/table", data)
    assert answer.status_code == 422
    assert "choose the hour of the digest" in answer.text
    assert Channel.get().digest_hour == 16
    assert re.search(rf'name="{channel.id}-late".*?<option value="daily" selected>', answer.text, re.DOTALL)


@pytest.mark.parametrize("odd", ["always", "NOW", "<b>😀", "x" * 300])
def test_odd_modes_change_nothing(school, phone, odd):
    channel = entered(school)
    data = {f"{channel.id}-late": odd, f"{channel.id}-digest": odd, f"{channel.id}-nothing": "now", "999-late": "now"}
    assert phone(school.director).send("/notices/channels/table", data).status_code == 303
    kept = Channel.get()
    assert (kept.modes, kept.digest_hour) == (channel.modes, 16)
    assert not Event.select().where(Event.action == "channel.changed").exists()


def test_what_waits_for_a_digest_that_was_ended_is_not_kept_for_ever(school, ctx):
    channel = entered(school)
    notify.tell("test.fixed", school.places.classroom, [], "/", number="BX-1")
    channel.choose(school.director, dict.fromkeys(EVENTS, ""), None)
    assert Parcel.get().done_at == TUESDAY


@pytest.mark.parametrize("who", ["custodian", "principal", "teacher", "electrician", "card", None])
def test_only_the_director(school, phone, who):
    channel = entered(school)
    visitor = phone(getattr(school, who) if who else None)
    for address in ("/notices/channels", "/notices/channels/new/wecom", f"/notices/channels/{channel.id}"):
        assert visitor.get(address).status_code == (403 if who else 303)
    for address in ("table", "new/wecom", f"{channel.id}", f"{channel.id}/test", f"{channel.id}/off"):
        assert visitor.send(f"/notices/channels/{address}", ROBOT).status_code == (403 if who else 401)
    assert Channel.select().count() == 1


def test_the_page_costs_the_same_for_one_and_for_ten(school, phone, counted):
    director, counts = phone(school.director), []
    for number in range(10):
        Channel.add(school.director, "wecom", f"群 {number}", address=WECOM)
        if number in (0, 9):
            with counted() as queries:
                assert director.get("/notices/channels").status_code == 200
            counts.append(queries.count)
    assert counts[0] == counts[1] <= 4
