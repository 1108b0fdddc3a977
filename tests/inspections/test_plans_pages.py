"""The pages of plans, rounds and draws, as the office, a counsellor, a cleaner, a card and a stranger see them."""

from datetime import date, timedelta

import pytest

from app import clock
from app.inspections.draws import Draw
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds
from app.inspections.rounds_due import Round, RoundPlace
from app.journal import about
from app.once import new_key

HOSTILE = "<script>alert(1)</script> 😀 " + "长" * 30


def filled(**fields):
    """The form of a plan as the director sends it."""
    form = {
        "name": "周五查班级", "slug": "class-hygiene", "who": "role", "role": "director", "often": "weekly",
        "weekday": "5", "day": "25", "every": "30", "before": "0", "ahead": "4", "opens": "07:00", "closes": "16:30",
        "grace": "1", "spot": "0", "starts_on": "2026-11-24", "ends_on": "",
    }  # fmt: skip
    return form | fields


@pytest.fixture
def weekly(school, app):
    with app.app_context():
        plan = Plan.add(
            school.director, "每周班级卫生", "class-hygiene", person=school.counsellor, often="weekly", day=5, ahead=4
        )
        build_rounds()
    return plan


@pytest.fixture
def round(weekly):
    return Round.whole().where(Round.series == weekly.series).order_by(Round.due_on).first()


# Plans ------------------------------------------------------------------------------------------------------


def test_the_director_makes_a_plan_and_its_rounds_stand_at_once(phone, school):
    answer = phone(school.director).send("/inspections/plans/add", filled())
    plan = Plan.get()
    assert answer.location == f"/inspections/plans/{plan.id}"
    assert (plan.role, plan.day, plan.ahead, plan.closes, plan.grace) == ("director", 5, 4, "16:30", 1)
    assert Round.select().where(Round.series == plan.series).count() == 2


@pytest.mark.parametrize(
    ("who", "kept"),
    [
        ({"who": "person", "person": "吴晓燕"}, "person"),
        ({"who": "role", "role": "counsellor"}, "role"),
        ({"who": "card", "card": "1"}, "card"),
    ],
)
def test_who_checks_is_a_person_a_role_or_a_card(phone, school, who, kept):
    who = who | ({"card": str(school.card.id)} if kept == "card" else {})
    phone(school.director).send("/inspections/plans/add", filled(**who))
    plan = Plan.get()
    assert plan.who == kept
    assert [bool(plan.person_id), bool(plan.role), bool(plan.card_id)].count(True) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "长" * 61}, "At most 60 characters"),
        ({"slug": "no-such"}, "Please choose one."),
        ({"often": "always"}, "Please choose one."),
        ({"often": "weekdays", "weekdays": []}, "at least one weekday"),
        ({"often": "every_n_days", "every": "0"}, "from 1 to"),
        ({"who": "person", "person": ""}, "Please fill this in."),
        ({"who": "person", "person": "周桂兰"}, "not for"),
        ({"who": "card", "card": "0"}, "Please say who does it."),
        ({"who": "card", "card": "999999"}, "Please choose one."),
        ({"areas": ["999999"]}, "no longer exists"),
        ({"grades": ["5"]}, "No place fits"),
        ({"ahead": "20"}, "at most 6 days ahead"),
        ({"opens": "25:00"}, "a time like"),
        ({"ends_on": "2026-01-01"}, "The last day comes before the first."),
        ({"starts_on": "soon"}, "a day like"),
        ({"grace": "many"}, "whole number"),
        ({"spot": "51"}, "from 0 to 50"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words_and_everything_typed_stays(phone, school, wrong, words):
    answer = phone(school.director).send("/inspections/plans/add", filled(**wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert "name" in wrong or "周五查班级" in answer.text
    assert not Plan.select().exists()


def test_a_hostile_name_is_shown_as_text(phone, school):
    office = phone(school.director)
    office.send("/inspections/plans/add", filled(name=HOSTILE[:60]))
    for address in ("/inspections/plans", f"/inspections/plans/{Plan.get().id}", "/inspections/rounds"):
        text = office.get(address).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_the_same_form_sent_twice_makes_one_plan(phone, school):
    office, key = phone(school.director), new_key()
    first = office.send("/inspections/plans/add", filled(), key=key)
    again = office.send("/inspections/plans/add", filled(), key=key)
    assert first.location == again.location
    assert Plan.select().count() == 1


def test_a_plan_is_changed_paused_resumed_and_ended(phone, school, app):
    office = phone(school.director)
    office.send("/inspections/plans/add", filled())
    office.send(f"/inspections/plans/{Plan.get().id}/edit", filled(weekday="3", ahead="2"))
    new = Plan.get(Plan.version == 2)
    assert new.day == 3
    for verb in ("pause", "resumption"):
        office.send(f"/inspections/plans/{new.id}/{verb}")
        assert bool(Plan.get_by_id(new.id).paused_at) == (verb == "pause")
    office.send(f"/inspections/plans/{new.id}/end", {"reason": ""})
    assert Plan.get_by_id(new.id).ended_at is None
    office.send(f"/inspections/plans/{new.id}/end", {"reason": "不再需要"})
    with app.app_context():
        said = [event.sentence for event in about(thing=new)]
    assert [words.split(" the plan ")[0].split(" ")[0] for words in said] == ["ended", "the", "paused", "changed"]


def test_the_form_of_a_plan_shows_what_it_has(phone, school):
    office = phone(school.director)
    office.send("/inspections/plans/add", filled(areas=[str(school.places.building.id)], grades=["3"]))
    text = office.get(f"/inspections/plans/{Plan.get().id}/edit").text
    assert 'value="周五查班级"' in text
    assert f'name="areas" value="{school.places.building.id}" checked' in text
    assert 'name="grades" value="3" checked' in text
    assert 'value="16:30"' in text


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "stranger", "card"])
def test_nobody_else_plans(phone, school, weekly, who):
    browser = phone(getattr(school, who))
    for address in ("plans/add", f"plans/{weekly.id}/edit", f"plans/{weekly.id}/pause", "draws/add", "rounds/excuse"):
        assert browser.send(f"/inspections/{address}", filled()).status_code == 403, address
    assert browser.get("/inspections/plans").status_code == 403
    assert Plan.select().count() == 1


def test_a_stranger_is_asked_to_sign_in(phone, weekly, round):
    for address in ("plans", f"plans/{weekly.id}", "rounds", f"rounds/{round.id}", "draws"):
        answer = phone().get(f"/inspections/{address}")
        assert answer.status_code == 303
        assert "next=" in answer.location


def test_leaders_read_plans_and_change_nothing(phone, school, weekly):
    browser = phone(school.principal)
    text = browser.get(f"/inspections/plans/{weekly.id}").text
    assert "每周班级卫生" in text
    assert "/edit" not in text
    assert browser.send(f"/inspections/plans/{weekly.id}/pause").status_code == 403


# Rounds -----------------------------------------------------------------------------------------------------


def test_each_tab_shows_its_rounds(phone, school, weekly, round):
    def shown(tab):
        return "每周班级卫生<small>" in phone(school.director).get(f"/inspections/rounds?tab={tab}").text

    assert [shown(tab) for tab in ("due", "missed", "done", "coming", "nonsense")] == [True, False, False, True, True]
    clock.set_hands(clock.utc(date(2026, 11, 28)))
    assert [shown(tab) for tab in ("due", "missed", "done", "coming")] == [False, True, False, True]
    phone(school.director).send(f"/inspections/rounds/{round.id}/excuse", {"reason": "期中考试"})
    assert [shown(tab) for tab in ("due", "missed", "done", "coming")] == [False, False, True, True]


def test_who_has_to_do_it_sees_it_and_others_do_not(phone, school, weekly, round, app):
    assert phone(school.counsellor).get(f"/inspections/rounds/{round.id}").status_code == 200
    for who in (school.teacher, school.cleaner, school.card):
        assert phone(who).get(f"/inspections/rounds/{round.id}").status_code == 404
        assert "每周班级卫生" not in phone(who).get("/inspections/rounds").text


def test_the_page_of_a_round_names_what_is_left(phone, school, weekly, round, app):
    with app.app_context():
        check = Check.record(weekly.checklist, school.places.classroom, school.counsellor)
    text = phone(school.director).get(f"/inspections/rounds/{round.id}").text
    assert f"/inspections/{check.id}" in text
    assert "1 of 2 places checked" in text
    assert "not checked" in text


def test_the_director_excuses_one_place(phone, school, round):
    stop = round.stops()[0]
    phone(school.director).send(f"/inspections/rounds/{round.id}/excuse", {"reason": "去科技馆", "stop": str(stop.id)})
    assert RoundPlace.get_by_id(stop.id).excuse_words == "去科技馆"
    assert Round.get_by_id(round.id).excused_at is None


@pytest.mark.parametrize(("reason", "words"), [("", "Please fill this in."), ("长" * 201, "At most 200 characters")])
def test_an_excuse_needs_a_reason(phone, school, round, reason, words):
    answer = phone(school.director).send(f"/inspections/rounds/{round.id}/excuse", {"reason": reason})
    assert answer.status_code == 422
    assert words in answer.text
    assert Round.get_by_id(round.id).excused_at is None


@pytest.mark.parametrize("stop", ["999999", "x", "-1", "1" * 30])
def test_a_place_of_no_such_round_is_not_found(phone, school, round, stop):
    answer = phone(school.director).send(f"/inspections/rounds/{round.id}/excuse", {"reason": "考试", "stop": stop})
    assert answer.status_code == 404


def test_an_excuse_twice_is_told(phone, school, round):
    office = phone(school.director)
    office.send(f"/inspections/rounds/{round.id}/excuse", {"reason": "秋游"})
    again = office.send(f"/inspections/rounds/{round.id}/excuse", {"reason": "秋游"})
    assert again.status_code == 409
    assert "already finished" in again.text


def test_a_day_of_exams_excuses_everything_due(phone, school, round, app):
    with app.app_context():
        Plan.add(school.director, "每天", "class-hygiene", person=school.counsellor, often="school_days")
        build_rounds()
    phone(school.director).send("/inspections/rounds/excuse", {"day": "2026-11-27", "reason": "期中考试"})
    excused = Round.select().where(Round.excused_at.is_null(False))
    assert [each.due_on.isoformat() for each in excused] == ["2026-11-27", "2026-11-27"]


def test_a_class_on_a_trip_is_excused_in_every_round_of_that_day(phone, school, round):
    form = {"day": "2026-11-27", "reason": "去科技馆", "place": "201教室"}
    phone(school.director).send("/inspections/rounds/excuse", form)
    [stop] = RoundPlace.select().where(RoundPlace.excused_at.is_null(False))
    assert (stop.place, stop.round.due_on.isoformat()) == (school.places.classroom, "2026-11-27")
    again = phone(school.director).send("/inspections/rounds/excuse", form)
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"reason": ""}, "Please fill this in."), ({"day": "soon"}, "a day like"), ({"place": "没有"}, "Nothing fits")],
)
def test_an_excuse_of_a_day_needs_sense(phone, school, round, wrong, words):
    form = {"day": "2026-11-27", "reason": "考试", "place": "", **wrong}
    answer = phone(school.director).send("/inspections/rounds/excuse", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Round.select().where(Round.excused_at.is_null(False)).exists()


def test_whoever_has_to_do_it_does_not_excuse_it(phone, school, round, app):
    with app.app_context():
        round.hand_over(school.principal, school.director)
    assert phone(school.principal).send(f"/inspections/rounds/{round.id}/excuse", {"reason": "忙"}).status_code == 403


def test_a_stand_in_is_told_and_sees_the_round(phone, school, round):
    phone(school.director).send(f"/inspections/rounds/{round.id}/stand-in", {"person": "郑文博"})
    assert Round.get_by_id(round.id).stand_in == school.principal
    answer = phone(school.director).send(f"/inspections/rounds/{round.id}/stand-in", {"person": "没有这个人"})
    assert answer.status_code == 422


def test_the_home_page_counts_what_is_to_do_and_what_was_missed(phone, school, round):
    assert "Rounds to do" in phone(school.counsellor).get("/").text
    assert "Rounds to do" not in phone(school.teacher).get("/").text
    clock.set_hands(clock.utc(date(2026, 11, 28)))
    assert "Rounds missed in the last days" in phone(school.director).get("/").text


def test_lists_cost_the_same_however_long(phone, school, counted, app):
    def queries(address):
        browser = phone(school.director)
        browser.get(address)
        with counted() as found:
            assert browser.get(address).status_code == 200
        return found.count

    def plan(number):
        with app.app_context():
            Plan.add(
                school.director, f"计划{number}", "class-hygiene", person=school.counsellor, often="weekly", ahead=4
            )
            Round.draw_now(school.director, f"抽{number}", "class-hygiene", 1, role="director")
            build_rounds()

    addresses = ("/inspections/plans", "/inspections/rounds", "/inspections/rounds?tab=coming", "/inspections/draws")
    plan(0)
    few = [queries(address) for address in addresses]
    for number in range(1, 9):
        plan(number)
    assert [queries(address) for address in addresses] == few


# Draws ------------------------------------------------------------------------------------------------------


def test_a_spot_check_at_once_shows_how_it_was_drawn(phone, school):
    office = phone(school.director)
    answer = office.send(
        "/inspections/draws/add", {"slug": "class-hygiene", "spot": "1", "who": "role", "role": "counsellor"}
    )
    draw = Draw.get()
    assert answer.location == f"/inspections/draws/{draw.id}"
    text = office.get(answer.location).text
    assert draw.seed in text
    assert "give the same places" in text
    assert "201教室" in text
    assert "202教室" in text
    assert "/inspections/draws/" in office.get("/inspections/draws").text


@pytest.mark.parametrize(("wrong", "words"), [({"spot": "0"}, "from 1 to 50"), ({"grades": ["6"]}, "No place fits")])
def test_a_draw_without_sense_is_refused(phone, school, wrong, words):
    form = {"slug": "class-hygiene", "spot": "1", "who": "role", "role": "counsellor", **wrong}
    answer = phone(school.director).send("/inspections/draws/add", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Draw.select().exists()


def test_the_clock_draws_in_no_ones_name(phone, school, app):
    with app.app_context():
        plan = Plan.add(school.director, "抽查", "class-hygiene", role="director", often="weekly", ahead=4, spot=1)
        round = Round.draw_for(plan, clock.today() + timedelta(days=3))
    assert "drawn by the program" in phone(school.director).get(f"/inspections/draws/{round.draw_id}").text
