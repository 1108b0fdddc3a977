"""Steps in order, asks side by side in a step, and what happens once everybody agreed."""

import peewee
import pytest

from app import clock, journal
from app.approvals.models import Ask, Need, waiting_asks
from app.errors import Refused
from app.people.models import Person


def keys(query) -> list[str]:
    return [ask.key for ask in query]


def told(slip) -> list[str]:
    return [event.sentence for event in journal.about(thing=slip)]


def test_one_agreement_settles(slip, school):
    assert slip.state == "open"
    slip.agree(school.director)
    assert slip.state == "agreed"
    assert slip.now.settled == 1
    (ask,) = slip.asks
    assert (ask.agreed, ask.by, ask.at, ask.deputy_for) == (True, school.director, clock.now(), None)
    assert told(slip) == ["agreed (agrees)", "asked for agreement: agrees"]


def test_the_next_step_opens_when_all_of_the_first_agreed(slips, school):
    slip = slips.ask(school.teacher, wants="custodian counsellor,director")
    assert keys(waiting_asks(school.custodian)) == ["custodian-1"]
    assert keys(waiting_asks(school.counsellor)) == ["counsellor-1"]
    assert keys(waiting_asks(school.director)) == []
    slip.agree(school.counsellor)
    assert keys(waiting_asks(school.director)) == []
    slip.agree(school.custodian)
    assert keys(waiting_asks(school.director)) == ["director-2"]
    assert slip.now.settled == 0
    slip.agree(school.director, note="速还")
    assert slip.now.settled == 1
    assert [ask.reason for ask in slip.asks] == ["", "", "速还"]


def test_nobody_agrees_before_the_own_step(slips, school):
    slip = slips.ask(school.teacher, wants="custodian,director")
    with pytest.raises(Refused, match="still waits for others"):
        slip.agree(school.director, key="director-2")
    with pytest.raises(Refused, match="still waits for others"):
        slip.agree(school.director)
    with pytest.raises(Refused, match="This waits for property custodian"):
        slip.agree(school.stranger)


def test_without_needs_it_settles_at_once(slips, school):
    slip = slips.ask(school.teacher)
    assert (slip.state, slip.now.settled) == ("agreed", 1)
    with pytest.raises(Refused, match="Nobody has to agree"):
        slip.agree(school.director)


def test_a_settle_that_is_refused_leaves_the_ask_unanswered(slips, school):
    slip = slips.ask(school.teacher, wants="director", blocked=True)
    with pytest.raises(Refused, match="not in the box"):
        slip.agree(school.director)
    assert slip.state == "open"
    assert keys(waiting_asks(school.director)) == ["director-1"]
    assert told(slip) == ["asked for agreement: agrees"]
    slips.update(blocked=False).execute()
    slip.agree(school.director)
    assert slip.now.settled == 1


def test_a_second_answer_is_told_who_was_first(slip, school):
    other, _first = Person.add("孙二", roles=("director",))
    slip.agree(school.director)
    with pytest.raises(Refused, match="赵建国 has already agreed"):
        slip.agree(other)
    with pytest.raises(Refused, match="赵建国 has already agreed"):
        slip.refuse(other, "不", key="director-1")
    assert slip.now.settled == 1


def test_who_is_asked_twice_answers_one_after_the_other(slips, school):
    slip = slips.ask(school.teacher, keeper=school.director, wants="director")
    slip.agree(school.director)
    assert slip.state == "open"
    slip.agree(school.director)
    assert (slip.state, slip.now.settled) == ("agreed", 1)


def test_a_party_that_asks_has_agreed_by_asking(slips, school):
    slip = slips.ask(school.custodian, keeper=school.custodian, wants="director")
    assert [ask.state for ask in slip.asks] == ["agreed", "waiting"]
    slip.agree(school.director)
    assert slip.now.settled == 1


def test_a_judge_cannot_be_who_asks(slips, school):
    with pytest.raises(Refused, match="can't be the one"):
        slips.ask(school.custodian, keeper=school.custodian, party=False)
    assert Ask.select().count() == 0


def test_the_role_above_is_asked_when_only_the_applicant_holds_it(slips, school):
    slip = slips.ask(school.director, wants="director")
    assert slip.asks[0].role == "principal"  # the school has no vice-principal
    assert keys(waiting_asks(school.director)) == []
    slip.agree(school.principal)
    assert slip.now.settled == 1


def test_a_role_that_nobody_holds_is_asked_of_the_next_above(slips, school):
    assert slips.ask(school.teacher, wants="finance").asks[0].role == "director"
    assert slips.ask(school.teacher, wants="vice_principal").asks[0].role == "principal"


def test_nobody_at_all_is_a_sentence(slips, school):
    with pytest.raises(Refused, match="Nobody else could agree to this as principal"):
        slips.ask(school.principal, wants="principal")


def test_a_word_that_is_not_known_stops_the_programmer(slips, school, monkeypatch):
    monkeypatch.setattr(slips, "needs", lambda self: [Need("x", "nothing-like-this", role="director")])
    with pytest.raises(KeyError):
        slips.ask(school.teacher)


@pytest.mark.parametrize("state", ["open", "agreed", "refused", "withdrawn"])
def test_states_as_a_condition_and_as_a_word_are_the_same(slips, school, counted, state):
    rows = {
        name: slips.ask(school.teacher, wants="custodian,director")
        for name in ("open", "agreed", "refused", "withdrawn")
    }
    rows["agreed"].agree(school.custodian)
    rows["agreed"].agree(school.director)
    rows["refused"].refuse(school.custodian, "不行")
    rows["withdrawn"].withdraw(school.teacher)
    assert [row.id for row in slips.select().where(slips.in_state(state))] == [rows[state].id]
    found = list(slips.select())
    with counted() as queries:
        slips.load_asks(found)
        assert {slip.state for slip in found} == set(rows)
        assert {slip.state for slip in found if slip.id == rows[state].id} == {state}
    assert queries.count == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "teacher"},  # the applicant
        {"agreed": False, "reason": ""},
        {"by": None},
        {"at": None},
        {"deputy_for": "teacher"},
    ],
    ids=str,
)
def test_the_database_says_no_too(slip, school, wrong):
    answer = {"agreed": True, "by": school.director, "at": clock.now(), "reason": "x", **wrong}
    answer = {name: getattr(school, value) if value == "teacher" else value for name, value in answer.items()}
    with pytest.raises(peewee.IntegrityError):
        Ask.update(answer).where(Ask.of(slip)).execute()


def test_the_same_key_stands_once_on_a_slip(slip):
    with pytest.raises(peewee.IntegrityError):
        slip.ask_all(slip.applicant)
