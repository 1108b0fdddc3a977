"""A broken thing is not the class's untidiness: no points, but a ticket, linked both ways."""

from io import BytesIO

import pytest

from app.inspections.models import Check, Mark
from app.inspections.scoring import Verdict
from app.journal import Event
from app.photos.models import Photo
from app.repairs.models import Step, Ticket
from tests.pictures import jpeg


@pytest.fixture
def fault(phone, school, code_of, hygiene, fill):
    def send(**entry):
        url = f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene"
        data = fill(hygiene, {"off": {"facility": "y", **entry}})
        return phone(school.card).send(url, data, content_type="multipart/form-data")

    return send


def test_it_costs_no_point_and_opens_a_ticket(fault, school):
    assert fault(words="风扇关不掉").status_code == 303
    check, ticket = Check.get(), Ticket.get()
    assert check.total == 1000
    mark = Mark.get(Mark.facility)
    assert (mark.lost, mark.ticket) == (0, ticket)
    assert (ticket.place, ticket.kind, ticket.card) == (school.places.classroom, "power", school.card)
    assert "风扇关不掉" in ticket.words
    assert ticket.source == f"checks/{check.id}"


def test_points_that_were_taken_before_the_switch_are_given_back(fault):
    fault(points="0", reasons="0")
    assert Check.get().total == 1000


def test_its_photo_goes_to_the_repairer(fault):
    fault(photos=(BytesIO(jpeg()), "fan.jpg"))
    step = Step.get(Step.ticket == Ticket.get())
    assert len(Photo.of(step)) == 1


def test_check_and_ticket_lead_to_each_other(fault, phone, school):
    fault(words="风扇关不掉")
    check, ticket = Check.get(), Ticket.get()
    page = phone(school.director).get(f"/inspections/{check.id}").text
    assert f"/repairs/{ticket.id}" in page
    assert ticket.number in page
    assert f"/inspections/{check.id}" in phone(school.director).get(f"/repairs/{ticket.id}").text
    assert "a hygiene check" in phone(school.electrician).get(f"/repairs/{ticket.id}").text
    event = Event.get(Event.action == "inspections.fault")
    assert (event.noun, event.noun_id) == ("ticket", ticket.id)


def test_the_card_reads_the_number_but_gets_no_link(fault, phone, school):
    fault(words="风扇关不掉")
    page = phone(school.card).get(f"/inspections/{Check.get().id}").text
    assert Ticket.get().number in page
    assert f"/repairs/{Ticket.get().id}" not in page


def test_the_same_fault_next_time_joins_the_open_ticket(fault, score, school, later):
    fault(words="风扇关不掉")
    later(2)
    score({"off": Verdict(facility=True, words="还是关不掉")})
    assert Ticket.select().count() == 1
    assert Ticket.get().joined == 1
    assert Mark.select().where(Mark.ticket == Ticket.get()).count() == 2


def test_once_it_is_fixed_a_new_fault_is_a_new_ticket(fault, score, school, later):
    fault(words="风扇关不掉")
    Ticket.get().fix(school.electrician, "replaced")
    later(2)
    score({"off": Verdict(facility=True)})
    assert Ticket.select().count() == 2


def test_another_item_is_another_ticket(fault, score, later):
    fault(words="风扇关不掉")
    later(2)
    score({"windows": Verdict(facility=True, words="玻璃裂")})
    assert sorted(ticket.kind for ticket in Ticket.select()) == ["doors", "power"]


def test_nothing_is_reported_when_the_sheet_is_refused(fault):
    assert fault(words="x" * 200).status_code == 422
    assert Ticket.select().count() == 0
    assert Check.select().count() == 0
