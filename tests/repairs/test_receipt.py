"""The receipt: a secret address that shows progress without sign-in."""

import pytest

from app.errors import Refused
from app.repairs.models import Step, Ticket


def test_it_shows_number_place_and_by_when(school, phone, report):
    ticket = report()
    page = phone().get(f"/repairs/receipt/{ticket.receipt_secret}")
    assert page.status_code == 200
    assert ticket.number in page.text
    assert "201教室" in page.text
    assert "before tomorrow 10:00" in page.text


def test_an_anonymous_report_is_looked_at_first(school, phone, report):
    page = phone().get(f"/repairs/receipt/{report(by=None).receipt_secret}").text
    assert "looks at it first" in page
    assert "24 hours" in page


def test_it_shows_progress_but_no_names_words_or_phones(school, phone, report):
    ticket = report(words="请找王老师")
    ticket.take(school.electrician)
    ticket.wait(school.electrician, "parts", "等李师傅送来")
    page = phone().get(f"/repairs/receipt/{ticket.receipt_secret}").text
    assert "waits for parts" in page
    for hidden in ("请找王老师", "李敏", "孙志强", "李师傅", "138000"):
        assert hidden not in page


def test_what_was_sent_back_says_why(school, phone, report):
    ticket = report()
    ticket.send_back(school.director, "这是<b>水电公司</b>的管道")
    page = phone().get(f"/repairs/receipt/{ticket.receipt_secret}").text
    assert "这是&lt;b&gt;水电公司&lt;/b&gt;的管道" in page


@pytest.mark.parametrize("secret", ["x", "1", "a" * 24, "a" * 3000, "%00", "😀" * 30])
def test_a_guessed_address_finds_nothing(phone, report, secret):
    report()
    assert phone().get(f"/repairs/receipt/{secret}").status_code == 404


def test_it_is_not_kept_by_caches_or_search_engines(phone, report):
    answer = phone().get(f"/repairs/receipt/{report().receipt_secret}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_a_colleague_adds_it_to_the_own_reports(school, phone, report):
    ticket = report(by=None)
    secret, browser = ticket.receipt_secret, phone(school.stranger)
    assert "Add me" in browser.get(f"/repairs/receipt/{secret}").text
    assert "Add me" not in phone().get(f"/repairs/receipt/{secret}").text
    assert browser.get(f"/repairs/{ticket.id}").status_code == 404
    assert browser.send(f"/repairs/receipt/{secret}/joining").status_code == 303
    assert browser.get(f"/repairs/{ticket.id}").status_code == 200
    assert "Add me" not in browser.get(f"/repairs/receipt/{secret}").text
    assert phone().send(f"/repairs/receipt/{secret}/joining").status_code == 401
    assert phone(school.card).send(f"/repairs/receipt/{secret}/joining").status_code == 403


def test_a_reporter_without_sign_in_confirms_or_sends_back(school, phone, report):
    ticket = report(by=None)
    address = f"/repairs/receipt/{ticket.receipt_secret}"
    assert phone().send(f"{address}/confirmation", {"rating": "satisfied"}).status_code == 409  # not fixed yet
    ticket.fix(school.electrician, "tightened")
    assert "Is it good again?" in phone().get(address).text
    empty = phone().send(f"{address}/rework", {"note": " "})
    assert empty.status_code == 422
    assert "Please fill this in." in empty.text
    assert phone().send(f"{address}/rework", {"note": "还在滴"}).status_code == 303
    assert Ticket.get().state == "reworked"
    ticket.fix(school.electrician, "replaced")
    assert phone().send(f"{address}/confirmation", {"rating": "great"}).status_code == 422
    assert phone().send(f"{address}/confirmation", {"rating": "satisfied"}).status_code == 303
    last = Step.select().order_by(Step.id.desc()).get()
    assert (last.kind, last.rating, last.person) == ("confirmed", "satisfied", None)


def test_who_only_joined_may_watch_but_not_confirm(school, phone, report):
    ticket = report()
    joined = ticket.join(None, "some phone")
    ticket.fix(school.electrician, "replaced")
    address = f"/repairs/receipt/{joined.secret}"
    page = phone().get(address).text
    assert "You joined ticket" in page
    assert "Is it good again?</h2>" not in page
    assert phone().send(f"{address}/confirmation", {"rating": "satisfied"}).status_code == 403
    assert phone().send(f"{address}/rework", {"note": "没好"}).status_code == 403


def test_secrets_are_long_and_each_its_own(school, report):
    ticket = report()
    secrets = {ticket.receipt_secret, ticket.join(school.stranger).secret, report().receipt_secret}
    assert len(secrets) == 3
    assert min(map(len, secrets)) >= 22


def test_a_joiner_of_an_ended_ticket_is_refused(school, report):
    ticket = report()
    ticket.void(school.director, "试填")
    with pytest.raises(Refused, match="void"):
        ticket.join(school.stranger)
