"""Me too: joins what is already reported instead of making a second ticket."""

from app.journal import Event
from app.repairs.models import Ticket

from .conftest import label_of


def test_what_is_already_reported_stands_first(school, phone, code, report):
    report()
    page = phone(school.stranger).get(f"/repairs/report/{code}").text
    assert page.index("Already reported") < page.index("What is broken?")
    assert "水龙头滴水" in page
    assert "to be accepted" in page


def test_without_sign_in_kind_and_state_are_shown_but_no_words(school, phone, code, report):
    report(words="请找王老师")
    page = phone().get(f"/repairs/report/{code}").text
    assert "Already reported" in page
    assert "请找王老师" not in page
    assert "李敏" not in page


def test_a_colleague_joins_with_one_tap_and_gets_a_receipt(school, phone, code, report):
    ticket = report()
    answer = phone(school.stranger).send(f"/repairs/report/{code}/joining", {"ticket": ticket.id})
    assert answer.status_code == 303
    assert "/repairs/receipt/" in answer.location
    assert ticket.receipt_secret not in answer.location  # each has the own receipt
    assert Ticket.get().joined == 1
    assert Ticket.select().count() == 1
    assert phone(school.stranger).get(f"/repairs/{ticket.id}").status_code == 200  # it is among the own ones now


def test_everybody_counts_once(school, phone, code, report):
    ticket, passer_by = report(), phone()
    for browser in (phone(school.stranger), phone(school.stranger), passer_by, passer_by, phone(), phone(school.card)):
        assert browser.send(f"/repairs/report/{code}/joining", {"ticket": ticket.id}).status_code == 303
    assert Ticket.get().joined == 4


def test_who_reported_does_not_join_itself(school, phone, code):
    for browser in (phone(school.teacher), phone()):
        answer = browser.send(f"/repairs/report/{code}", {"kind": "water", "words": "滴水"})
        ticket = Ticket.select().order_by(Ticket.id.desc()).get()
        again = browser.send(f"/repairs/report/{code}/joining", {"ticket": ticket.id})
        assert again.location == answer.location
        assert Ticket.get_by_id(ticket.id).joined == 0


def test_only_what_is_open_at_this_label_can_be_joined(school, phone, code, report, aircon):
    elsewhere = report(place=school.places.toilet)
    closed = report()
    closed.fix(school.electrician, "replaced")
    at_asset = report(asset=aircon, kind="aircon")
    browser = phone()
    for ticket in (elsewhere.id, closed.id, 0, 10**30, "abc", ""):
        assert browser.send(f"/repairs/report/{code}/joining", {"ticket": ticket}).status_code == 404
    assert browser.send(f"/repairs/report/{code}/joining", {"ticket": at_asset.id}).status_code == 303
    other = report()
    address = f"/repairs/report/{label_of(asset=aircon)}/joining"
    assert browser.send(address, {"ticket": other.id}).status_code == 404


def test_joining_without_sign_in_is_limited_too(school, phone, code, report, app):
    ticket, limit = report(), app.config["REPORTS_PER_CODE"]
    statuses = [
        phone().send(f"/repairs/report/{code}/joining", {"ticket": ticket.id}).status_code for _each in range(limit + 1)
    ]
    assert statuses[-1] == 429


def test_once_only_and_in_the_journal(school, phone, code, report):
    ticket, browser = report(), phone(school.stranger)
    for _each in range(2):
        browser.send(f"/repairs/report/{code}/joining", {"ticket": ticket.id}, key="j" * 20)
    (event,) = Event.select().where(Event.action == "repairs.joined")
    assert (event.place, event.person) == (school.places.classroom, school.stranger)
