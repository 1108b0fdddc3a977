"""The hazard book: registered, agreed, put right, rechecked by somebody else, closed."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock, journal, tick
from app.errors import Refused
from app.inspections import hazard_notices
from app.inspections.hazards import Hazard, HazardStep
from app.notify.models import Notice, Telling
from app.repairs.models import Ticket

SOON = timedelta(days=3)


@pytest.fixture
def hazard(school: Any) -> Hazard:
    return Hazard.register(school.teacher, school.places.classroom, "窗户松动")


@pytest.fixture
def agreed(app: Any, school: Any, hazard: Hazard) -> Hazard:
    with app.app_context():
        hazard.plan(school.director, school.electrician, clock.today() + SOON, "换合页", "窗下不站人")
    return hazard


@pytest.fixture
def fixed(app: Any, school: Any, agreed: Hazard) -> Hazard:
    with app.app_context():
        agreed.fixed(school.electrician, "已换合页")
    return agreed


def path(hazard: Hazard, verb: str = "") -> str:
    return f"/inspections/hazards/{hazard.id}" + (f"/{verb}" if verb else "")


def told(kind: str) -> list[int]:
    rows = Notice.select(Notice.person).join(Telling).where(Telling.kind == kind).order_by(Notice.person)
    return [person for (person,) in rows.tuples()]


# The rules --------------------------------------------------------------------------------------------------


def test_the_year_numbers_them(school: Any, hazard: Hazard, ctx: None) -> None:
    second = Hazard.register(school.teacher, school.places.toilet, "地面湿滑")
    assert (hazard.number, second.number) == ("YH2026-001", "YH2026-002")


def test_it_is_closed_by_somebody_else_than_who_put_it_right(school: Any, fixed: Hazard, ctx: None) -> None:
    fixed.close(school.custodian, "牢固")
    assert (fixed.state, fixed.rechecker_id, fixed.is_open) == ("closed", school.custodian.id, False)


def test_nobody_rechecks_the_own_work(school: Any, hazard: Hazard, ctx: None) -> None:
    hazard.plan(school.director, school.custodian, clock.today(), "换合页")
    hazard.fixed(school.custodian, "好了")
    with pytest.raises(Refused, match="own work"):
        hazard.close(school.custodian)


def test_whoever_reported_it_right_for_another_does_not_recheck_it(school: Any, agreed: Hazard, ctx: None) -> None:
    agreed.fixed(school.director, "好了")
    with pytest.raises(Refused, match="own work"):
        agreed.close(school.director)


def test_it_goes_back_with_a_new_day(school: Any, fixed: Hazard, ctx: None) -> None:
    day = clock.today() + timedelta(days=9)
    fixed.fail(school.director, "还晃", day)
    assert (fixed.state, fixed.due_on) == ("fixing", day)


def test_a_major_one_needs_protection(school: Any, ctx: None) -> None:
    major = Hazard.register(school.teacher, school.places.classroom, "墙要倒", "major")
    with pytest.raises(Refused, match="protects"):
        major.plan(school.director, school.electrician, clock.today(), "拆掉")


def test_a_stranger_does_not_report_it_right(school: Any, agreed: Hazard, ctx: None) -> None:
    with pytest.raises(Refused):
        agreed.fixed(school.stranger, "好了")


@pytest.mark.parametrize("verb", ["close", "plan again", "fixed"])
def test_what_comes_too_early_or_too_late_is_refused(
    school: Any, hazard: Hazard, agreed: Hazard, verb: str, ctx: None
) -> None:
    stale = Hazard.get_by_id(hazard.id)
    acts = {
        "close": lambda: stale.close(school.director),
        "plan again": lambda: stale.plan(school.director, school.electrician, clock.today(), "再换"),
        "fixed": lambda: (
            stale.fixed(school.electrician, "一"),
            Hazard.get_by_id(hazard.id).fixed(school.director, "二"),
        ),
    }
    with pytest.raises(Refused, match="Please look again"):
        acts[verb]()


def test_what_was_agreed_before_stays_in_its_story(school: Any, agreed: Hazard, ctx: None) -> None:
    first = agreed.due_on
    agreed.change(school.director, "等配件", due_on=first + SOON)
    days = [step.due_on for step in agreed.steps() if step.due_on]
    assert days == [first, first + SOON]
    assert agreed.measure == "换合页"


def test_it_is_reported_for_repair_once(school: Any, agreed: Hazard, ctx: None) -> None:
    ticket = agreed.send_to_repair(school.director, "doors")
    assert agreed.ticket_id == ticket.id
    assert agreed.number in ticket.words
    with pytest.raises(Refused, match=ticket.number):
        agreed.send_to_repair(school.director, "doors")
    assert Ticket.select().count() == 1


def test_steps_are_never_changed(school: Any, hazard: Hazard, ctx: None) -> None:
    from peewee import DatabaseError

    from app.db import database

    with pytest.raises(DatabaseError), database.atomic():
        HazardStep.update(words="nothing").execute()


def test_everything_is_in_the_journal(school: Any, fixed: Hazard, ctx: None) -> None:
    fixed.close(school.custodian)
    actions = [event.action for event in journal.about(thing=fixed)]
    assert actions == ["hazards.closed", "hazards.fixed", "hazards.planned", "hazards.registered"]
    assert "孙志强" in [event.sentence for event in journal.about(thing=fixed)][2]


# Who is told ------------------------------------------------------------------------------------------------


def test_the_office_is_told_of_a_new_one(school: Any, hazard: Hazard, ctx: None) -> None:
    assert told("hazards.registered") == [school.director.id, school.custodian.id]


def test_who_has_it_is_told(school: Any, agreed: Hazard, ctx: None) -> None:
    assert told("hazards.assigned") == [school.electrician.id]


def test_who_found_it_is_told_when_it_is_closed(school: Any, fixed: Hazard, ctx: None) -> None:
    fixed.close(school.custodian)
    assert told("hazards.closed") == [school.electrician.id, school.teacher.id]


def test_the_clock_tells_once_when_it_is_late(school: Any, agreed: Hazard, later: Any, ctx: None) -> None:
    later(24 * 4)
    for _again in range(2):
        hazard_notices.late(clock.now())
    assert told("hazards.late") == [school.director.id, school.custodian.id, school.electrician.id]


def test_a_new_day_may_be_missed_again(school: Any, agreed: Hazard, later: Any, ctx: None) -> None:
    later(24 * 4)
    hazard_notices.late(clock.now())
    agreed.change(school.director, "等配件", due_on=clock.today())
    later(24)
    hazard_notices.late(clock.now())
    assert Telling.select().where(Telling.kind == "hazards.late").count() == 2


def test_the_works_of_the_clock_are_entered(ctx: None) -> None:
    assert {"hazards.soon", "hazards.late", "follow_ups.late"} <= tick._works.keys()


def test_the_digest_says_how_the_book_stands(school: Any, agreed: Hazard, later: Any, ctx: None) -> None:
    later(24 * 4)
    assert list(hazard_notices.digest(clock.now())) == ["Hazards: 1 open, 1 past their day, 0 to be rechecked."]


# The pages --------------------------------------------------------------------------------------------------


def test_a_teacher_registers_one(school: Any, phone: Any) -> None:
    page = phone(school.teacher).send(
        "/inspections/hazards/add", {"place": "201教室", "words": "灯罩快掉了", "level": "major"}
    )
    made = Hazard.get()
    assert page.location == path(made)
    assert (made.level, made.reporter_id, made.place_id) == ("major", school.teacher.id, school.places.classroom.id)


@pytest.mark.parametrize(
    "wrong",
    [{"words": ""}, {"words": "长" * 501}, {"level": "huge"}, {"place": "没有的房间"}, {"words": "A" * 1_000_000}],
)
def test_bad_input_stores_nothing_and_keeps_what_was_typed(school: Any, phone: Any, wrong: dict) -> None:
    page = phone(school.teacher).send(
        "/inspections/hazards/add", {"place": "201教室", "words": "灯罩 <b>快掉了</b> 🙂", "level": "major", **wrong}
    )
    assert page.status_code == 422
    assert Hazard.select().count() == 0
    assert "words" in wrong or "灯罩 &lt;b&gt;快掉了&lt;/b&gt; 🙂" in page.text


def test_the_same_form_twice_registers_once(school: Any, phone: Any) -> None:
    teacher = phone(school.teacher)
    for _again in range(2):
        teacher.send("/inspections/hazards/add", {"place": "201教室", "words": "灯", "level": "general"}, key="f" * 32)
    assert Hazard.select().count() == 1


def test_the_whole_road_on_the_pages(school: Any, phone: Any, hazard: Hazard) -> None:
    office, worker, other = phone(school.director), phone(school.electrician), phone(school.custodian)
    day = (clock.today() + SOON).isoformat()
    office.send(path(hazard, "plan"), {"measure": "换合页", "person": "孙志强", "due_on": day})
    assert "换合页" in worker.get(path(hazard)).text
    worker.send(path(hazard, "fixed"), {"words": "已换"})
    other.send(path(hazard, "failure"), {"words": "还晃", "due_on": day})
    worker.send(path(hazard, "fixed"), {"words": "又换"})
    other.send(path(hazard, "closure"), {"words": "牢固"})
    assert Hazard.get().state == "closed"
    assert "YH2026-001" in office.get("/inspections/hazards?tab=done").text


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("plan", {"measure": "", "person": "孙志强", "due_on": "2026-12-01"}),
        ("plan", {"measure": "换", "person": "孙志强", "due_on": "2026-11-01"}),
        ("plan", {"measure": "换", "person": "没有人", "due_on": "2026-12-01"}),
        ("plan", {"measure": "换", "person": "孙志强", "due_on": "soon"}),
        ("void", {"reason": ""}),
        ("level", {"level": "huge", "reason": "x"}),
        ("repair", {"kind": "none"}),
    ],
)
def test_a_bad_form_is_answered_at_its_field(school: Any, phone: Any, hazard: Hazard, verb: str, form: dict) -> None:
    page = phone(school.director).send(path(hazard, verb), form)
    assert page.status_code == 422
    assert 'class="error"' in page.text
    assert HazardStep.select().count() == 1


def test_a_day_that_is_over_may_stay_when_the_person_changes(
    school: Any, phone: Any, agreed: Hazard, later: Any
) -> None:
    later(24 * 5)
    page = phone(school.director).send(
        path(agreed, "change"),
        {
            "measure": "换合页",
            "person": "钱秀英",
            "due_on": agreed.due_on.isoformat(),
            "interim": "窗下不站人",
            "reason": "生病",
        },
    )
    assert page.status_code == 303
    assert Hazard.get().person_id == school.custodian.id


def test_a_refused_verb_changes_nothing(school: Any, phone: Any, agreed: Hazard) -> None:
    assert phone(school.director).send(path(agreed, "closure"), {"words": "好"}).status_code == 409
    assert Hazard.get().state == "fixing"


def test_strangers_and_cards_see_none(school: Any, phone: Any, hazard: Hazard) -> None:
    assert phone(school.stranger).get(path(hazard)).status_code == 404
    assert phone(school.card).get(path(hazard)).status_code == 403
    assert phone().get(path(hazard)).status_code == 303
    assert "窗户松动" not in phone(school.stranger).get("/inspections/hazards").text


@pytest.mark.parametrize("verb", ["plan", "change", "level", "repair", "closure", "failure", "void"])
def test_only_the_office_manages(school: Any, phone: Any, hazard: Hazard, verb: str) -> None:
    assert phone(school.teacher).send(path(hazard, verb), {"reason": "x"}).status_code == 403


def test_who_registered_it_does_not_report_it_right(school: Any, phone: Any, agreed: Hazard) -> None:
    assert phone(school.teacher).send(path(agreed, "fixed"), {"words": "好了"}).status_code == 403


@pytest.mark.parametrize("tab", ["open", "overdue", "recheck", "done"])
def test_a_long_book_costs_as_few_queries_as_a_short_one(
    school: Any, phone: Any, counted: Any, agreed: Hazard, tab: str
) -> None:
    director = phone(school.director)
    director.get("/inspections/hazards")
    with counted() as few:
        director.get(f"/inspections/hazards?tab={tab}")
    for number in range(12):
        more = Hazard.register(school.teacher, school.places.toilet, f"第{number}处")
        more.plan(school.director, school.electrician, clock.today(), "修")
    with counted() as many:
        director.get(f"/inspections/hazards?tab={tab}")
    assert many.count <= few.count


def test_the_list_is_found_by_number_place_and_words(school: Any, phone: Any, hazard: Hazard) -> None:
    director = phone(school.director)
    for words in ("YH2026-001", "2026-1", "201", "松动"):
        assert "窗户松动" in director.get(f"/inspections/hazards?words={words}").text
    assert "窗户松动" not in director.get("/inspections/hazards?words=2025-001").text


def test_the_book_of_a_year_is_printed_and_taken_as_a_sheet(school: Any, phone: Any, agreed: Hazard) -> None:
    director = phone(school.director)
    page = director.get("/inspections/hazards/book/2026").text
    assert "窗户松动" in page
    assert "换合页" in page
    assert "YH2026-001" in page
    assert director.get("/inspections/hazards/book/2026.pdf").data.startswith(b"%PDF")
    assert director.get("/inspections/hazards/list.xlsx").status_code == 200
    assert "窗户松动" in director.get("/inspections/hazards/list/print").text
    assert director.get("/inspections/hazards/book/1999").status_code == 404
    assert phone(school.teacher).get("/inspections/hazards/book/2026").status_code == 403


def test_the_home_page_counts_what_waits(school: Any, phone: Any, agreed: Hazard, later: Any) -> None:
    assert "Hazards to put right by you" in phone(school.electrician).get("/").text
    later(24 * 4)
    assert "Hazards past their day" in phone(school.director).get("/").text


def test_the_place_and_the_ticket_show_it(school: Any, phone: Any, agreed: Hazard) -> None:
    ticket = agreed.send_to_repair(school.director, "doors")
    director = phone(school.director)
    assert agreed.number in director.get(f"/places/{school.places.classroom.id}").text
    assert path(agreed) in director.get(f"/repairs/{ticket.id}").text
