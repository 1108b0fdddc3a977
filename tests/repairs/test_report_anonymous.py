"""Reporting without sign-in: a setting, limited, and nothing kept that tells who."""

import pytest

from app.config import SETTINGS
from app.places.codes import Label
from app.repairs.models import Step, Ticket

FORM = {"kind": "water", "words": "滴水"}


def test_a_passer_by_reports_and_the_clock_waits_for_acceptance(school, phone, code, ctx):
    answer = phone().send(f"/repairs/report/{code}", FORM)
    ticket = Ticket.get()
    assert answer.status_code == 303
    assert (ticket.person, ticket.card, ticket.clock_from) == (None, None, None)
    assert ticket.reporter == "not signed in"
    assert ticket.clock.words == "the time starts when it is accepted"


def test_the_page_shows_no_phone_and_asks_to_call_the_office(school, phone, code):
    page = phone().get(f"/repairs/report/{code}").text
    assert "tel:" not in page
    assert school.electrician.name not in page
    assert "Please also call the General Affairs Office." in page


def test_switched_off_it_asks_to_sign_in(school, phone, code, app, monkeypatch):
    monkeypatch.setitem(app.config, "ANONYMOUS_REPORTS", False)
    answer = phone().get(f"/repairs/report/{code}")
    assert answer.status_code == 303
    assert "sign" in answer.location
    assert phone().send(f"/repairs/report/{code}", FORM).status_code == 401
    assert phone().send(f"/repairs/report/{code}/joining", {"ticket": 1}).status_code == 401
    assert phone(school.teacher).send(f"/repairs/report/{code}", FORM).status_code == 303
    assert Ticket.select().count() == 1


def test_one_phone_is_limited_with_a_sentence(school, phone, code, app):
    browser, limit = phone(), app.config["REPORTS_PER_PHONE"]
    answers = [browser.send(f"/repairs/report/{code}", FORM) for _each in range(limit + 1)]
    assert [a.status_code for a in answers] == [303] * limit + [429]
    assert "This phone has sent many reports" in answers[-1].text
    assert Ticket.select().count() == limit


def test_one_label_is_limited_whatever_the_phone(school, phone, code, app):
    limit = app.config["REPORTS_PER_CODE"]
    answers = [phone().send(f"/repairs/report/{code}", FORM) for _each in range(limit + 1)]
    assert [a.status_code for a in answers] == [303] * limit + [429]
    assert "told often enough" in answers[-1].text


def test_a_burst_of_sixty_is_stopped_by_the_thirtieth(school, phone):
    codes = [Label.make(place=place).code for place in vars(school.places).values() if not Label.of(place=place)]
    codes += [Label.of(place=place).code for place in vars(school.places).values() if Label.of(place=place)]
    statuses = []
    for number in range(60):  # new phones every time, every label in turn
        statuses.append(phone().send(f"/repairs/report/{codes[number % len(codes)]}", FORM).status_code)
    assert 429 in statuses[:30]
    assert statuses.index(429) == next(int(s.default) for s in SETTINGS if s.name == "REPORTS_PER_ADDRESS")
    assert set(statuses[30:]) == {429}


def test_signed_in_people_are_not_held_up_by_a_burst(school, phone, code):
    for _each in range(31):
        phone().send(f"/repairs/report/{code}", FORM)
    assert phone(school.teacher).send(f"/repairs/report/{code}", FORM).status_code == 303


def test_a_form_with_a_mistake_does_not_count(school, phone, code, app):
    browser = phone()
    for _each in range(app.config["REPORTS_PER_PHONE"] + 2):
        assert browser.send(f"/repairs/report/{code}", {"kind": "water"}).status_code == 422
    assert browser.send(f"/repairs/report/{code}", FORM).status_code == 303


def test_neither_address_nor_phone_can_be_read_from_the_rows(school, phone, code):
    browser = phone()
    browser.send(f"/repairs/report/{code}", FORM, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    browser.send(f"/repairs/report/{code}", FORM, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    with browser.session_transaction() as session:
        device = session["device"]
    first, second = Step.select().order_by(Step.id)
    assert first.mark != second.mark  # one phone can't be followed from ticket to ticket
    for row in (*Ticket.select().dicts(), *Step.select().dicts()):
        assert "203.0.113.7" not in str(row)
        assert device not in str(row)


@pytest.mark.parametrize("url", ["/repairs/", "/repairs/1", "/repairs/1/fix", "/repairs/report-for"])
def test_everything_else_asks_to_sign_in(school, phone, report, url):
    report()
    answer = phone().get(url)
    assert answer.status_code == 303
    assert "sign" in answer.location
