"""Another day for a loan: POST /custody/<id>/renewal."""

from datetime import timedelta

import peewee
import pytest

from app import clock, journal
from app.custody.models import Custody, Renewal
from app.errors import Refused
from app.once import new_key


@pytest.fixture
def loan(school, things):
    return Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())


def test_the_new_day_counts_and_the_old_one_is_kept(school, loan, phone):
    browser = phone(school.custodian)
    answer = browser.send(f"/custody/{loan.id}/renewal", {"until": "week", "reason": "公开课延期"})
    assert answer.location.endswith(f"/custody/{loan.id}")
    later = clock.today() + timedelta(7)
    renewal = Renewal.get()
    assert (renewal.was, renewal.due_on, renewal.by, renewal.reason) == (
        clock.today(), later, school.custodian, "公开课延期",
    )  # fmt: skip
    assert Custody.get_by_id(loan.id).due_on == later
    assert "is due 1/12" in browser.get(answer.location).text


def test_a_late_loan_is_no_longer_late(school, loan, ctx):
    clock.set_hands(clock.now() + timedelta(days=4))
    assert list(Custody.overdue()) == [loan]
    Custody.get_by_id(loan.id).renew(school.director, clock.today() + timedelta(1))
    assert list(Custody.overdue()) == []


@pytest.mark.parametrize("day", [0, -3])
def test_the_day_must_be_later(school, loan, ctx, day):
    with pytest.raises(Refused):
        loan.renew(school.custodian, clock.today() + timedelta(day))
    assert not Renewal.select().exists()


def test_an_issue_has_no_day_to_move(school, things, ctx):
    issue = Custody.hand_out(things.speaker, school.teacher, school.custodian)
    with pytest.raises(Refused, match="Only a loan"):
        issue.renew(school.custodian, clock.today() + timedelta(1))


def test_an_issue_can_not_be_renewed_from_outside_the_page(school, things, phone):
    issue = Custody.hand_out(things.speaker, school.teacher, school.custodian)
    answer = phone(school.custodian).send(f"/custody/{issue.id}/renewal", {"until": "week"})
    assert answer.status_code == 409
    assert "Only a loan has a day" in answer.text


def test_only_later_days_are_offered(school, things, phone):
    row = Custody.lend(things.speaker, school.teacher, school.custodian, due_on=clock.today() + timedelta(10))
    page = phone(school.custodian).get(f"/custody/{row.id}").text
    assert 'name="until" value="week"' not in page
    assert 'name="until" value="term" checked' in page


def test_what_is_back_is_not_renewed(school, loan, phone):
    loan.take_back(school.custodian)
    answer = phone(school.custodian).send(f"/custody/{loan.id}/renewal", {"until": "week"})
    assert answer.status_code == 409
    assert "already back" in answer.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"until": "someday"}, "Please choose one."),
        ({"day": "2020-01-01"}, "That day has passed."),
        ({"until": "today"}, "Please choose one."),
        ({"day": "2026-11-24"}, "The new day must be later than 24/11."),
        ({"day": "明天"}, "Please give a day"),
        ({"until": "week", "reason": "长" * 201}, "At most 200 characters"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_nothing_is_stored(school, loan, phone, wrong, words):
    answer = phone(school.custodian).send(f"/custody/{loan.id}/renewal", {"reason": "因为 <b>", **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert wrong.get("reason", "因为 &lt;b&gt;") in answer.text
    assert not Renewal.select().exists()


def test_only_the_office_renews(school, loan, phone):
    url = f"/custody/{loan.id}/renewal"
    assert phone(school.teacher).send(url, {"until": "week"}).status_code == 403
    assert phone(school.principal).send(url, {"until": "week"}).status_code == 403
    assert phone().send(url, {"until": "week"}).status_code == 401
    assert phone(school.custodian).send("/custody/999999/renewal", {"until": "week"}).status_code == 404


def test_the_same_form_twice_renews_once(school, loan, phone):
    browser, key = phone(school.custodian), new_key()
    answers = [browser.send(f"/custody/{loan.id}/renewal", {"until": "week"}, key=key) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Renewal.select().count() == 1


def test_it_is_in_the_journal(school, loan, ctx):
    loan.renew(school.custodian, clock.today() + timedelta(2))
    assert journal.about(thing=loan).first().sentence == (
        "renewed the loan of 李敏: due 2026-11-26 instead of 2026-11-24"
    )


def test_a_renewal_is_never_changed(school, loan):
    loan.renew(school.custodian, clock.today() + timedelta(2))
    with pytest.raises(peewee.DatabaseError, match="never changed"):
        Renewal.update(reason="else").execute()
