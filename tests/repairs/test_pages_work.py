"""The electrician's day: one walk through the buildings, big buttons, nothing to type."""

import gzip
from datetime import timedelta

import pytest

from app import clock
from app.places.models import Place
from app.repairs.models import Part, Route, Ticket

from .conftest import label_of
from .test_list import fill, fill_more, ids
from .test_report import picture


@pytest.fixture
def other_building(school):
    building = Place.add("building", "科技楼", None, parent=school.places.school)
    floor = Place.add("floor", "三楼", None, parent=building)
    return Place.add("classroom", "实验室", None, parent=floor)


def test_tickets_stand_by_building_so_that_a_walk_makes_sense(school, phone, report, other_building):
    first, far = report(), report(place=other_building, kind="doors")
    near = report(place=school.places.toilet)
    page = phone(school.electrician).get("/repairs/work").text
    assert ids(page, [first, far, near]) == [first.id, near.id, far.id]
    assert page.index("教学楼") < page.index("科技楼")


def test_the_building_of_what_is_urgent_comes_first_and_in_it_what_is_urgent(school, phone, report, other_building):
    calm, near = report(), report(place=other_building)
    urgent = report(place=other_building, urgent=True)
    page = phone(school.electrician).get("/repairs/work").text
    assert ids(page, [calm, near, urgent]) == [urgent.id, near.id, calm.id]


def test_the_buttons_narrow_the_day_down(school, phone, report):
    start = clock.now()
    clock.set_hands(start - timedelta(hours=21))
    soon = report()
    clock.set_hands(start)
    to_take, mine = report(), report()
    mine.take(school.electrician)
    browser, everything = phone(school.electrician), [soon, to_take, mine]
    for show, found in (("", everything), ("late", [soon]), ("work", [mine]), ("take", [soon, to_take])):
        shown = ids(browser.get(f"/repairs/work?show={show}").text, everything)
        assert sorted(shown) == sorted(ticket.id for ticket in found), show
    assert len(ids(browser.get("/repairs/work?show=<b>").text, everything)) == 3


def test_what_a_colleague_has_and_what_nobody_may_repair_yet_is_not_on_it(school, phone, report):
    theirs, waits = report(), report(class_property=True, cause="wear", kind="furniture")
    theirs.take(school.director)
    assert ids(phone(school.electrician).get("/repairs/work").text, [theirs, waits]) == []


def test_kinds_that_the_table_sends_elsewhere_stand_on_the_page_of_those_people(school, phone, report):
    Route.lead(school.director, "media", office=school.teaching)
    ticket = report(kind="media", by="cleaner")
    assert ids(phone(school.electrician).get("/repairs/work").text, [ticket]) == []
    browser = phone(school.stranger)
    assert ids(browser.get("/repairs/work").text, [ticket]) == [ticket.id]
    assert browser.send(f"/repairs/{ticket.id}/taking", {"from": "work"}).status_code == 303
    assert browser.send(f"/repairs/{ticket.id}/fix", {"method": "adjusted"}).status_code == 303
    assert Ticket.get().state == "fixed"


def test_take_leads_back_to_the_same_card(school, phone, report):
    ticket = report()
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/taking", {"from": "work", "show": "take"})
    assert answer.headers["Location"] == f"/repairs/work?show=take#t{ticket.id}"
    assert phone(school.electrician).send(f"/repairs/{ticket.id}/arrival", {"from": "work"}).status_code == 303
    assert Ticket.get().arrived_at == clock.now()


def test_all_of_a_building_is_taken_by_one_tap_and_what_somebody_has_is_told(school, phone, report):
    a, b, gone = report(), report(), report()
    gone.take(school.director)
    browser = phone(school.electrician)
    sent = {"ticket": [str(a.id), str(b.id), str(gone.id), "x", "9" * 30]}
    assert browser.send("/repairs/work/taking", sent, key="k" * 20).status_code == 303
    assert browser.send("/repairs/work/taking", sent, key="k" * 20).status_code == 303
    assert [Ticket.get_by_id(t.id).worker for t in (a, b, gone)] == [
        school.electrician, school.electrician, school.director,
    ]  # fmt: skip
    assert "You took 2 tickets." in browser.get("/repairs/work").text


def test_others_have_an_empty_day_and_strangers_none(school, phone, report):
    report()
    assert "Nothing waits here." in phone(school.teacher).get("/repairs/work").text
    assert phone().get("/repairs/work").status_code == 303
    assert phone(school.card).get("/repairs/work").status_code == 403


def test_it_asks_as_few_questions_for_many_tickets_and_is_light(school, phone, counted, report):
    browser, counts = phone(school.electrician), []
    for more in (lambda: fill(school, 20), lambda: fill_more(school, 40)):
        more()
        with counted() as asked:
            page = browser.get("/repairs/work")
        counts.append(asked.count)
    assert counts[1] <= counts[0] <= 9
    assert "most pressing" in page.text
    assert len(gzip.compress(page.data)) < 20_000  # sixty cards


# Fixed ------------------------------------------------------------------------------------------------------


def test_fixed_with_parts_photo_and_minutes_and_nothing_typed(school, phone, report):
    ticket = report(kind="power")
    form = {
        "method": "replaced", "minutes": "20", "cause": "wear", "photos": (picture(), "a.jpg"),
        "parts_name": ["LED tube", "switch", "", ""], "parts_amount": ["2", "", "1", "1"],
        "parts_price": ["35", "", "", ""], "from": "work",
    }  # fmt: skip
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/fix", form)
    assert answer.headers["Location"] == "/repairs/work"
    assert [(p.name, p.amount, p.price) for p in Part.select()] == [("LED tube", 2, 3500)]
    done = Ticket.get()
    assert (done.state, done.parts_cost, done.labour_minutes, done.cause) == ("fixed", 7000, 20, "wear")


def test_parts_that_were_used_before_are_offered_with_their_last_price(school, phone, report):
    report().fix(school.electrician, "replaced", parts=[("陶瓷阀芯", 1, 1250)])
    page = phone(school.electrician).get(f"/repairs/{report().id}/fix").text
    assert 'value="陶瓷阀芯"' in page
    assert 'value="12.50"' in page
    assert "angle valve" in page


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "1", "5"), "Please name the part"), (("长" * 61, "1", ""), "Please name the part"),
        (("tap", "many", ""), "Please check how many"), (("tap", "99999", ""), "Please check how many"),
        (("tap", "1", "cheap"), "Please check the price"), (("tap", "1", "-3"), "Please check the price"),
        (("<b>tap</b>", "1", "9" * 400), "Please check the price"),
    ],
)  # fmt: skip
def test_parts_that_make_no_sense_are_told_and_kept(school, phone, report, row, words):
    ticket = report()
    form = {"method": "replaced", "parts_name": [row[0]], "parts_amount": [row[1]], "parts_price": [row[2]]}
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/fix", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>tap" not in answer.text
    assert row[0].replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert Ticket.get().state == "reported"
    assert not Part.select().exists()


def test_the_time_on_the_spot_is_offered_as_minutes(school, phone, report):
    ticket = report()
    ticket.arrive(school.electrician)
    clock.set_hands(clock.now() + timedelta(minutes=24))
    page = phone(school.electrician).get(f"/repairs/{ticket.id}/fix").text
    assert 'value="20" checked' in page


def test_from_the_label_on_the_spot_and_back_to_it(school, phone, report):
    code, ticket = label_of(place=school.places.classroom), report()
    browser = phone(school.electrician)
    page = browser.get(f"/q/{code}").text
    assert f'href="/repairs/{ticket.id}/fix?from={code}"' in page
    assert "/fix" not in phone(school.teacher).get(f"/q/{code}").text
    assert "/fix" not in phone().get(f"/q/{code}").text
    answer = browser.send(f"/repairs/{ticket.id}/fix", {"method": "tightened", "from": code})
    assert answer.headers["Location"] == f"/q/{code}"
    for odd in ("https://evil.example/", "//evil", "x" * 5000):
        again = report()
        answer = browser.send(f"/repairs/{again.id}/fix", {"method": "tightened", "from": odd})
        assert answer.headers["Location"] == "/repairs/work"


def test_a_scan_tells_everybody_who_has_it_and_until_when(school, phone, report):
    code, ticket = label_of(place=school.places.classroom), report()
    ticket.take(school.electrician)
    for who in (None, school.teacher):
        page = phone(who).get(f"/q/{code}")
        assert "fixed before tomorrow 10:00" in page.text
        assert "孙 of the repairs" in page.text
        assert "孙志强" not in page.text
        assert len(gzip.compress(page.data)) < 10_000
