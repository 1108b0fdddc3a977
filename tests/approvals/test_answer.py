"""Agreeing and refusing from the phone: who may, what they are told, once only."""

import pytest

from app import journal, once
from app.approvals.models import Ask
from app.errors import Refused
from app.once import new_key
from app.people.models import Person


def ask_of(slip) -> Ask:
    return slip.asks[-1]


def agree_url(slip) -> str:
    return f"/approvals/{ask_of(slip).id}/agreement"


def refuse_url(slip) -> str:
    return f"/approvals/{ask_of(slip).id}/refusal"


def test_one_tap_agrees_and_leads_back_to_what_waits(phone, slip, school):
    answer = phone(school.director).send(agree_url(slip))
    assert (answer.status_code, answer.location) == (303, "/approvals/")
    assert slip.now.settled == 1


def test_from_the_slip_back_to_the_slip_but_nowhere_else(phone, slips, school):
    for asked, given in (("/assets/?page=2", "/assets/?page=2"), ("https://evil.example/", "/approvals/")):
        slip = slips.ask(school.teacher, wants="director")
        assert phone(school.director).send(agree_url(slip), {"next": asked}).location == given


def test_the_same_tap_twice_is_one_answer(phone, slip, school):
    director, key = phone(school.director), new_key()
    first, second = (director.send(agree_url(slip), key=key) for _each in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert slip.now.settled == 1
    assert [event.action for event in journal.about(thing=slip)] == ["approvals.agreed", "approvals.asked"]


def test_a_new_tap_on_an_old_page_is_told(phone, slip, school):
    director = phone(school.director)
    director.send(agree_url(slip))
    again = director.send(agree_url(slip))
    assert again.status_code == 409
    assert "赵建国 has already agreed to this." in again.text


def test_without_its_key_nothing_is_done(phone, slip, school):
    answer = phone(school.director).post(agree_url(slip), headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 400
    assert slip.now.state == "open"


def test_a_settle_that_is_refused_is_a_sentence_and_the_key_stays_free(phone, slips, school):
    slip, director, key = slips.ask(school.teacher, wants="director", blocked=True), phone(school.director), new_key()
    answer = director.send(agree_url(slip), key=key)
    assert answer.status_code == 409
    assert "The key is not in the box." in answer.text
    assert slip.now.state == "open"
    assert not once.Submission.select().where(once.Submission.key == key).exists()
    slips.update(blocked=False).execute()
    assert director.send(agree_url(slip), key=key).status_code == 303
    assert slip.now.settled == 1


def test_refusing_asks_why_and_ends_the_slip(phone, slips, school):
    slip = slips.ask(school.teacher, wants="custodian counsellor,director")
    custodian = Ask.get(Ask.key == "custodian-1")
    url = f"/approvals/{custodian.id}/refusal"
    page = phone(school.custodian).get(url)
    assert page.status_code == 200
    assert "钥匙" in page.text
    answer = phone(school.custodian).send(url, {"reason": " 仓库 正在盘点 "})
    assert (answer.status_code, answer.location) == (303, "/approvals/")
    assert slip.now.state == "refused"
    assert slip.now.fallen == "refused: 仓库 正在盘点"
    assert [ask.state for ask in slips.get_by_id(slip.id).asks] == ["refused", "dropped", "dropped"]
    assert next(iter(journal.about(thing=slip))).sentence == "refused (property custodian): 仓库 正在盘点"
    with pytest.raises(Refused, match="钱秀英 has already refused this"):
        slip.agree(school.director)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "好" * 300_000], ids=["empty", "spaces", "long", "megabyte"])
def test_a_reason_that_makes_no_sense_stores_nothing_and_loses_nothing(phone, slip, school, reason):
    answer = phone(school.director).send(refuse_url(slip), {"reason": reason, "next": "/assets/"})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert 'value="/assets/"' in answer.text
    assert reason.strip() in answer.text
    assert slip.now.state == "open"


def test_a_hostile_reason_is_only_text(phone, slip, school):
    words = "<script>alert(1)</script> 😀"
    phone(school.director).send(refuse_url(slip), {"reason": words})
    assert slip.asks[0].state == "waiting"  # what was read before stays until it is read anew
    assert Ask.get().reason == words


def test_the_rule_itself_wants_a_reason(slip, school):
    with pytest.raises(Refused, match="say why"):
        slip.refuse(school.director, "  ")


@pytest.mark.parametrize("who", ["custodian", "stranger", "teacher"])  # the teacher asked for it
def test_an_ask_of_somebody_else_is_not_there(phone, slip, school, who):
    browser = phone(getattr(school, who))
    assert browser.send(agree_url(slip)).status_code == 404
    assert browser.get(refuse_url(slip)).status_code == 404
    assert browser.send(refuse_url(slip), {"reason": "不"}).status_code == 404
    assert slip.now.state == "open"


def test_the_rule_itself_refuses_the_wrong_person(slip, school):
    with pytest.raises(Refused, match="You asked for this yourself"):
        slip.agree(school.teacher)
    with pytest.raises(Refused, match="This waits for General Affairs director") as refused:
        slip.agree(school.stranger)
    assert refused.value.status == 403


def test_an_applicant_who_holds_the_role_is_told(phone, slips, school):
    other, _first = Person.add("孙二", roles=("director",), must_change=False)
    slip = slips.ask(other, wants="director")
    answer = phone(other).send(agree_url(slip))
    assert answer.status_code == 409
    assert "You asked for this yourself" in answer.text
    assert phone(school.director).send(agree_url(slip)).status_code == 303


def test_cards_and_strangers_may_not(phone, slip, school):
    assert phone(school.card).send(agree_url(slip)).status_code == 403
    assert phone().send(agree_url(slip)).status_code == 401
    assert phone().get("/approvals/").status_code == 303


@pytest.mark.parametrize("id", [0, 987654, 2**63])
def test_an_ask_that_does_not_exist(phone, slips, school, id):
    assert phone(school.director).send(f"/approvals/{id}/agreement").status_code == 404


class TestWithdraw:
    def url(self, slip) -> str:
        return f"/approvals/key_slip/{slip.id}/withdrawal"

    def test_the_applicant_takes_it_back(self, phone, slip, school):
        teacher = phone(school.teacher)
        assert "钥匙" in teacher.get(self.url(slip)).text
        assert teacher.send(self.url(slip), {"reason": "不用了"}).location == f"/approvals/?slip={slip.id}"
        assert (slip.now.state, slip.now.fallen) == ("withdrawn", "withdrawn: 不用了")
        assert next(iter(journal.about(thing=slip))).sentence == "withdrew the request: 不用了"
        late = phone(school.director).send(agree_url(slip))
        assert late.status_code == 409
        assert "李敏 has withdrawn this." in late.text

    def test_without_a_reason(self, phone, slip, school):
        assert phone(school.teacher).send(self.url(slip)).status_code == 303
        assert slip.now.state == "withdrawn"

    def test_too_long_a_reason(self, phone, slip, school):
        answer = phone(school.teacher).send(self.url(slip), {"reason": "好" * 201})
        assert answer.status_code == 422
        assert "好" * 201 in answer.text
        assert slip.now.state == "open"

    def test_nobody_elses(self, phone, slip, school):
        assert phone(school.director).send(self.url(slip)).status_code == 404
        with pytest.raises(Refused, match="Only who asked"):
            slip.withdraw(school.director)

    def test_not_after_the_answer(self, phone, slip, school):
        slip.agree(school.director)
        answer = phone(school.teacher).send(self.url(slip))
        assert answer.status_code == 409
        assert "赵建国 has already agreed to this." in answer.text

    def test_an_unknown_kind(self, phone, slip, school):
        assert phone(school.teacher).get(f"/approvals/person/{slip.id}/withdrawal").status_code == 404


def test_an_account_that_is_waited_for_stays_open(slips, school):
    slip = slips.ask(school.teacher, keeper=school.stranger)
    with pytest.raises(Refused, match="1 request still waits for 冯伟"):
        school.stranger.close(school.director, "调离")
    slip.withdraw(school.teacher)
    school.stranger.close(school.director, "调离")
