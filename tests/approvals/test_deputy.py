"""A deputy answers for someone who is away; never for the applicant, never the applicant."""

from datetime import timedelta

import peewee
import pytest

from app import clock, journal
from app.approvals.models import Ask, Deputy, waiting_asks
from app.errors import Refused
from app.people.models import Person

DAYS = timedelta(days=1)


@pytest.fixture
def away(school) -> Deputy:
    """The director is away this week; the custodian answers."""
    return Deputy.appoint(school.director, school.custodian, clock.today(), clock.today() + 5 * DAYS)


def test_the_deputy_answers_and_it_is_written_down(slip, school, away):
    assert [ask.slip_id for ask in waiting_asks(school.custodian)] == [slip.id]
    slip.agree(school.custodian)
    (ask,) = slip.asks
    assert (ask.by, ask.deputy_for) == (school.custodian, school.director)
    assert next(iter(journal.about(thing=slip))).sentence == "agreed (agrees) as deputy of 赵建国"


def test_a_deputy_refuses_too(slip, school, away):
    slip.refuse(school.custodian, "等主任回来")
    assert next(iter(journal.about(thing=slip))).sentence == "refused (agrees) as deputy of 赵建国: 等主任回来"


def test_for_a_person_that_is_asked_by_name(slips, school):
    Deputy.appoint(school.stranger, school.counsellor, clock.today(), clock.today())
    slip = slips.ask(school.teacher, keeper=school.stranger)
    slip.agree(school.counsellor)
    assert slip.asks[0].deputy_for == school.stranger


def test_who_is_away_may_still_answer(slip, school, away):
    slip.agree(school.director)
    assert slip.asks[0].deputy_for is None


def test_the_own_right_comes_first(slips, school, away):
    slip = slips.ask(school.teacher, wants="custodian")
    slip.agree(school.custodian)
    assert slip.asks[0].deputy_for is None


def test_the_applicant_does_not_agree_as_a_deputy(slips, school, away):
    slip = slips.ask(school.custodian, wants="director")
    assert list(waiting_asks(school.custodian)) == []
    with pytest.raises(Refused, match="You asked for this yourself"):
        slip.agree(school.custodian)


def test_the_applicants_deputy_does_not_agree_for_the_applicant(slips, school, away):
    """The director asks; of the other director it may be asked, of the own deputy never."""
    Person.add("孙二", roles=("director",))
    slip = slips.ask(school.director, wants="director")
    assert slip.asks[0].role == "director"
    assert list(waiting_asks(school.custodian)) == []
    with pytest.raises(Refused, match="This waits for"):
        slip.agree(school.custodian)
    assert not Ask.select().where(Ask.asked_of(school.custodian)).exists()


@pytest.mark.parametrize("day", [-1, 6], ids=["before", "after"])
def test_only_on_the_days(slip, school, away, day):
    clock.set_hands(clock.now() + day * DAYS)
    assert list(waiting_asks(school.custodian)) == []
    with pytest.raises(Refused, match="This waits for"):
        slip.agree(school.custodian)


def test_a_deputys_deputy_does_not_count(slip, school, away):
    Deputy.appoint(school.custodian, school.stranger, clock.today(), clock.today())
    assert list(waiting_asks(school.stranger)) == []


def test_the_list_says_for_whom(phone, slips, school, away):
    slips.ask(school.teacher, wants="director")
    assert "for 赵建国" in phone(school.custodian).get("/approvals/").text
    assert "钱秀英 may answer for you too" in phone(school.director).get("/approvals/").text


# On the account page


def form(**given) -> dict[str, str]:
    return {"deputy": "钱秀英", "starts_on": "2026-11-24", "ends_on": "2026-11-27", **given}


def test_named_on_the_account_page(phone, school):
    browser = phone(school.director)
    assert 'href="/approvals/deputy"' in browser.get("/people/me").text
    assert browser.send("/approvals/deputy", form()).location == "/approvals/deputy"
    row = Deputy.of(school.director)
    assert (row.deputy, row.starts_on.isoformat(), row.ends_on.isoformat()) == (
        school.custodian,
        "2026-11-24",
        "2026-11-27",
    )
    assert "钱秀英" in browser.get("/approvals/deputy").text
    assert "赵建国" in phone(school.custodian).get("/approvals/deputy").text
    event = next(iter(journal.about(thing=school.director)))
    assert event.sentence == "made 钱秀英 the deputy from 2026-11-24 to 2026-11-27"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"deputy": ""}, "Please fill this in."),
        ({"deputy": "没有这个人"}, "Nothing fits"),
        ({"deputy": "赵建国"}, "Your deputy must be someone else."),
        ({"deputy": "", "deputy_id": "987654"}, "Please fill this in."),
        ({"ends_on": ""}, "Please fill this in."),
        ({"ends_on": "soon"}, "Please give a day"),
        ({"starts_on": "2026-11-28"}, "The last day comes before the first."),
        ({"starts_on": "2026-11-01", "ends_on": "2026-11-23"}, "That day has passed."),
        ({"deputy": "<b>😀" * 1000}, "Nothing fits"),
    ],
)
def test_what_makes_no_sense_is_told_at_the_field(phone, school, given, told):
    answer = phone(school.director).send("/approvals/deputy", form(**given))
    assert answer.status_code == 422
    assert told in answer.text
    assert Deputy.select().count() == 0


def test_one_at_a_time(phone, school, away):
    answer = phone(school.director).send("/approvals/deputy", form(deputy="李敏"))
    assert answer.status_code == 409
    assert "钱秀英 is already your deputy" in answer.text
    with pytest.raises(peewee.IntegrityError):
        Deputy.create(person=school.director, deputy=school.teacher, starts_on=clock.today(), ends_on=clock.today())


def test_after_the_last_day_another_can_be_named(school, away):
    clock.set_hands(clock.now() + 6 * DAYS)
    Deputy.appoint(school.director, school.teacher, clock.today(), clock.today())
    assert Deputy.of(school.director).deputy == school.teacher


def test_ended_early(phone, slip, school, away):
    browser = phone(school.director)
    assert phone(school.custodian).send(f"/approvals/deputy/{away.id}/end").status_code == 404
    assert browser.send(f"/approvals/deputy/{away.id}/end").status_code == 303
    assert list(waiting_asks(school.custodian)) == []
    assert Deputy.of(school.director) is None
    again = browser.send(f"/approvals/deputy/{away.id}/end")
    assert again.status_code == 409
    assert next(iter(journal.about(thing=school.director))).sentence == "ended the time of 钱秀英 as deputy"


def test_who_may_not_search_the_staff_types_the_whole_name(phone, school):
    assert "hx-get" not in phone(school.teacher).get("/approvals/deputy").text
    assert phone(school.teacher).send("/approvals/deputy", form()).status_code == 303
