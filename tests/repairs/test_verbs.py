"""Every verb of the desk: what it changes, who is told, what it refuses; each is in the journal with its person."""

from datetime import date, datetime, timedelta

import pytest

from app import clock
from app.errors import Refused
from app.journal import Event
from app.notify import Notice
from app.people.models import Person
from app.repairs.models import (
    MOVES,
    STATES,
    TO_AGREE,
    Extension,
    Outside,
    Part,
    Route,
    Step,
    Ticket,
    check_states,
)

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def proved(ctx):
    """Whatever a test does, every ticket stands where its steps say, and its costs are those of its parts."""
    yield
    assert not list(check_states())


@pytest.fixture
def second(school) -> Person:
    return Person.add("江水流", roles=("electrician",), phone="13800000031", must_change=False)[0]


def notices(who: Person) -> list[str]:
    """Kinds of what someone was told, oldest first."""
    return [notice.telling.kind.partition(".")[2] for notice in Notice.of(who)][::-1]


def events(ticket: Ticket) -> list[str]:
    told = Event.select().where(Event.noun == "ticket", Event.noun_id == ticket.id).order_by(Event.id)
    return [event.action.partition(".")[2] for event in told]


def seen(ticket: Ticket) -> Ticket:
    return Ticket.get_by_id(ticket.id)


# Class property ---------------------------------------------------------------------------------------------


def test_the_class_teacher_applies_the_office_approves_then_it_is_repaired(school, report):
    ticket = report(class_property=True, cause="misuse", talked=True, kind="furniture")
    assert (ticket.state, ticket.cause, ticket.talked) == ("applied", "misuse", True)
    assert ticket.class_group == school.classes.three_two
    assert notices(school.director) == ["to_approve"]
    with pytest.raises(Refused, match="class property"):
        ticket.take(school.electrician)
    ticket.approve(school.director)
    assert seen(ticket).state == "accepted"
    ticket.take(school.electrician)
    assert seen(ticket).state == "taken"
    assert events(ticket) == ["reported", "applied", "approved", "taken"]


def test_the_class_teacher_has_to_say_why(report):
    with pytest.raises(Refused, match="what caused") as refused:
        report(class_property=True)
    assert refused.value.status == 422
    assert not Ticket.select().exists()
    with pytest.raises(Refused, match="no cause"):
        report(class_property=True, cause="deliberately")


def test_what_others_see_waits_for_the_class_teacher(school, report):
    ticket = report(by="stranger", class_property=True)
    assert (ticket.state, ticket.state in TO_AGREE) == ("noticed", True)
    assert notices(school.teacher) == ["to_apply"]
    assert ticket.may_apply(school.teacher)
    assert not ticket.may_apply(school.stranger)
    assert not ticket.may_apply(school.card)
    for verb in (lambda: ticket.accept(school.director), lambda: ticket.take(school.electrician),
                 lambda: ticket.fix(school.electrician, "replaced")):  # fmt: skip
        with pytest.raises(Refused, match="class teacher"):
            verb()
    with pytest.raises(Refused, match="what caused"):
        ticket.apply(school.teacher, "")
    ticket.apply(school.teacher, "accident", talked=True)
    assert (seen(ticket).state, seen(ticket).cause) == ("applied", "accident")


def test_the_office_approves_for_a_teacher_who_is_away_and_says_why(school, report):
    ticket = report(by="stranger", class_property=True)
    with pytest.raises(Refused, match="what caused"):
        ticket.approve(school.director)
    ticket.approve(school.director, "wear")
    assert (seen(ticket).state, seen(ticket).cause) == ("accepted", "wear")


def test_whoever_applied_does_not_approve(school, report):
    school.classes.three_two.change(None, teacher=school.director)
    ticket = report(by="director", class_property=True, cause="wear")
    assert ticket.state == "applied"
    with pytest.raises(Refused, match="can't approve it too"):
        ticket.approve(school.director)


def test_nobody_waits_for_approval_while_there_is_danger(school, report):
    ticket = report(class_property=True, cause="intent", urgent=True)
    ticket.take(school.electrician)
    assert seen(ticket).state == "taken"


def test_a_room_without_a_class_has_no_class_property(school, report):
    with pytest.raises(Refused, match="No class sits") as refused:
        report(place=school.places.toilet, class_property=True, cause="wear")
    assert refused.value.status == 422


# Who is told of a report ------------------------------------------------------------------------------------


def test_the_keeper_and_the_class_teacher_of_the_room_are_told(school, report):
    report(by="electrician")
    report(by="director", place=school.places.office)
    report(by="teacher")  # the own room: no news
    assert notices(school.teacher) == ["in_your_room"]
    assert notices(school.stranger) == ["in_your_room"]


def test_what_is_urgent_is_told_to_who_repairs_it_and_to_the_director(school, report):
    report(urgent=True)
    assert notices(school.electrician) == ["urgent"]
    assert notices(school.director) == ["urgent"]
    report()
    assert notices(school.electrician) == ["urgent"]


# Assign, take, arrive ---------------------------------------------------------------------------------------


def test_the_director_sends_someone(school, report, second):
    ticket = report()
    ticket.assign(school.director, second)
    assert (seen(ticket).state, seen(ticket).worker) == ("assigned", second)
    assert notices(second) == ["assigned"]
    event = Event.select().where(Event.action == "repairs.assigned").get()
    assert "江水流" in event.sentence
    with pytest.raises(Refused, match="assigned to 江水流"):
        ticket.take(school.electrician)
    with pytest.raises(Refused, match="assigned to 江水流"):
        ticket.assign(school.director, school.electrician)
    ticket.take(second)
    with pytest.raises(Refused, match="江水流 has already taken this"):
        ticket.assign(school.director, school.electrician)


def test_someone_else_may_be_sent_on_purpose(school, report, second):
    ticket = report()
    ticket.take(second)
    ticket.reassign(school.director, school.electrician)
    assert (seen(ticket).state, seen(ticket).worker) == ("assigned", school.electrician)
    with pytest.raises(Refused, match="assigned to 孙志强"):
        ticket.reassign(school.director, school.electrician)


def test_nobody_who_left_is_sent(school, report, second):
    ticket = report()
    second.close(school.director, "离职")
    with pytest.raises(Refused, match="switched off"):
        ticket.assign(school.director, second)


def test_arriving_is_noted_once_and_takes_it(school, report, second):
    ticket = report()
    clock.set_hands(clock.now() + HOUR)
    ticket.arrive(school.electrician)
    assert (seen(ticket).state, seen(ticket).worker, seen(ticket).arrived_at) == (
        "taken", school.electrician, clock.now(),
    )  # fmt: skip
    with pytest.raises(Refused, match="noted already"):
        ticket.arrive(school.electrician)
    with pytest.raises(Refused, match="already taken"):
        ticket.arrive(second)


# More time --------------------------------------------------------------------------------------------------


def test_more_time_is_asked_and_granted(school, report):
    ticket = report()
    ticket.take(school.electrician)
    until = clock.now() + 72 * HOUR
    asked = ticket.extend(school.electrician, "parts", until, "阀芯要订")
    assert (asked.state, seen(ticket).extended_until) == ("asked", None)
    assert notices(school.director) == ["delay_asked"]
    assert [each.id for each in Extension.waiting()] == [asked.id]
    asked.grant(school.director)
    assert (Extension.of(ticket)[0].state, seen(ticket).extended_until) == ("granted", until)
    assert notices(school.teacher) == ["extended"]
    assert notices(school.electrician) == ["extended"]


def test_an_extension_hides_no_lateness(school, report):
    """Fixed after the promise, within the new time: on time with extensions, late without; both stand."""
    ticket = report()
    ticket.take(school.electrician)
    ticket.extend(school.director, "parts", clock.now() + 48 * HOUR)
    clock.set_hands(clock.now() + 30 * HOUR)
    assert not seen(ticket).overdue
    assert seen(ticket).clock.used > 24 * HOUR
    ticket.fix(school.electrician, "replaced")
    assert (seen(ticket).on_time, seen(ticket).on_time_extended) == (False, True)


def test_more_time_may_be_given_after_the_limit(school, report):
    ticket = report()
    ticket.take(school.electrician)
    clock.set_hands(clock.now() + 30 * HOUR)
    assert seen(ticket).overdue
    ticket.extend(school.director, "contractor", clock.now() + 20 * HOUR)
    assert not seen(ticket).overdue
    clock.set_hands(clock.now() + 21 * HOUR)
    assert seen(ticket).overdue


def test_more_time_refused(school, report):
    ticket = report()
    ticket.take(school.electrician)
    asked = ticket.extend(school.electrician, "other", clock.now() + HOUR)
    asked.deny(school.director, "今天必须修好")
    assert (Extension.of(ticket)[0].state, seen(ticket).extended_until) == ("denied", None)
    assert notices(school.electrician) == ["delay_denied"]
    with pytest.raises(Refused, match="赵建国 has already answered"):
        asked.grant(school.director)
    ticket.extend(school.electrician, "parts", clock.now() + HOUR)  # another may be asked for


@pytest.mark.parametrize(
    ("reason", "hours", "sentence"), [("lazy", 5, "no reason"), ("parts", 0, "future"), ("parts", -1, "future")]
)
def test_more_time_needs_a_reason_and_a_time_to_come(school, report, reason, hours, sentence):
    ticket = report()
    with pytest.raises(Refused, match=sentence) as refused:
        ticket.extend(school.electrician, reason, clock.now() + hours * HOUR)
    assert refused.value.status == 422
    assert seen(ticket).last == 1


def test_one_request_at_a_time(school, report):
    ticket = report()
    ticket.extend(school.electrician, "parts", clock.now() + HOUR)
    with pytest.raises(Refused, match="asked for already"):
        ticket.extend(school.electrician, "weather", clock.now() + 2 * HOUR)
    assert Extension.select().count() == 1


# Contractors ------------------------------------------------------------------------------------------------


def test_a_firm_repairs_it(school, report):
    ticket = report()
    ticket.take(school.electrician)
    job = ticket.send_out(school.electrician, "安达空调", "何师傅", "13900000001", 35000, "压缩机")
    assert seen(ticket).state == "contracted"
    assert notices(school.director) == ["quote"]
    with pytest.raises(Refused, match="approve the firm"):
        job.finish(school.electrician, 30000)
    assert [each.id for each in Outside.to_approve()] == [job.id]
    job.approve(school.director)
    with pytest.raises(Refused, match="赵建国 has already approved"):
        job.approve(school.director)
    job.arrived(school.electrician)
    job.finish(school.electrician, 36000, "No. 0815", date(2027, 11, 24))
    assert (seen(ticket).state, seen(ticket).outside_cost) == ("taken", 36000)
    with pytest.raises(Refused, match="done already"):
        job.finish(school.electrician, 1)
    ticket.fix(school.electrician, "other")
    assert (seen(ticket).cost, Outside.of(ticket)[0].guarantee_until) == (36000, date(2027, 11, 24))


def test_what_the_director_sends_out_is_approved_at_once(school, report):
    ticket = report()
    ticket.send_out(school.director, "安达空调").finish(school.director, 10)
    assert events(ticket) == ["reported", "contracted", "out_agreed", "out_done"]
    assert seen(ticket).worker == school.director


@pytest.mark.parametrize(("firm", "quote"), [("", 5), ("  ", 5), ("安达", -1), ("安达", 10**13)])
def test_a_job_needs_a_firm_and_a_sum_that_makes_sense(school, report, firm, quote):
    ticket = report()
    with pytest.raises(Refused):
        ticket.send_out(school.electrician, firm, quote=quote)
    assert seen(ticket).state == "reported"


# Fix --------------------------------------------------------------------------------------------------------


def test_parts_minutes_cause_and_advice(school, report):
    ticket = report()
    parts = [("阀芯", 2, 1250), (" 生料带 ", 1, 200)]
    ticket.fix(school.electrician, "replaced", minutes=20, parts=parts, cause="wear", advice="换不锈钢软管")
    after = seen(ticket)
    assert (after.parts_cost, after.labour_minutes, after.cause) == (2700, 20, "wear")
    assert [(part.name, part.cost) for part in Part.of(ticket)] == [("阀芯", 2500), ("生料带", 200)]
    assert ticket.steps()[-1].advice == "换不锈钢软管"
    ticket.rework(school.teacher, "还滴")
    ticket.fix(school.electrician, "replaced", minutes=10, parts=[("龙头", 1, 4500)])
    assert (seen(ticket).parts_cost, seen(ticket).labour_minutes) == (7200, 30)


@pytest.mark.parametrize("part", [("", 1, 1), ("阀芯", 0, 1), ("阀芯", 1, -1), ("阀芯", 10**6, 1), ("阀芯", 1, 10**10)])
def test_parts_that_make_no_sense_fix_nothing(school, report, part):
    ticket = report()
    with pytest.raises(Refused) as refused:
        ticket.fix(school.electrician, "replaced", parts=[part])
    assert refused.value.status == 422
    assert (seen(ticket).state, Part.select().count()) == ("reported", 0)


# Answer -----------------------------------------------------------------------------------------------------


def test_not_satisfied_is_told(school, report):
    ticket = report()
    ticket.fix(school.electrician, "temporary")
    assert notices(school.teacher) == ["fixed"]
    ticket.confirm(school.teacher, "unsatisfied", "用胶带粘的")
    assert seen(ticket).rating == "unsatisfied"
    assert "bad_rating" in notices(school.director)
    assert "bad_rating" in notices(school.electrician)


def test_no_answer_for_three_school_days_counts_as_signed_off(school, report):
    ticket = report()  # a Tuesday
    ticket.fix(school.electrician, "replaced")
    fixed = clock.now()
    for days, due in ((1, False), (2, False), (3, False), (4, True)):  # Wednesday, Thursday, Friday, Saturday
        clock.set_hands(fixed + timedelta(days=days))
        assert Ticket.unanswered().exists() is due
    ticket.sign_off_unanswered()
    assert (seen(ticket).state, seen(ticket).auto_confirmed) == ("confirmed", True)
    assert not Ticket.unanswered().exists()


def test_a_weekend_is_no_time_to_answer(school, report):
    clock.set_hands(datetime(2026, 11, 27, 2, 0))  # Friday
    ticket = report()
    ticket.fix(school.electrician, "replaced")
    clock.set_hands(datetime(2026, 12, 2, 15, 0))  # Wednesday night: Monday, Tuesday, Wednesday are not over
    assert not Ticket.unanswered().exists()
    clock.set_hands(datetime(2026, 12, 2, 16, 0))  # Thursday has begun
    assert Ticket.unanswered().exists()


def test_merged_into_a_twin(school, report):
    first, twin = report(), report(by="stranger")
    twin.join(school.cleaner)
    twin.merge(school.director, first)
    assert (seen(twin).state, seen(twin).merged_into) == ("merged", first)
    assert seen(first).joined == 2  # who reported the twin and who joined it
    assert Ticket.visible_to(school.stranger).where(Ticket.id == first.id).exists()
    for wrong, sentence in ((first, "itself"), (twin, "nothing can be merged")):
        with pytest.raises(Refused, match=sentence):
            first.merge(school.director, wrong)


def test_why_it_broke_is_settled_later(school, report):
    ticket = report()
    ticket.fix(school.electrician, "replaced", cause="unknown")
    ticket.judge(school.director, "misuse")
    assert (seen(ticket).cause, seen(ticket).state) == ("misuse", "fixed")
    with pytest.raises(Refused):
        ticket.judge(school.director, "x")


# Messages ---------------------------------------------------------------------------------------------------


def test_messages_go_back_and_forth(school, report):
    ticket = report()
    ticket.take(school.electrician)
    ticket.say(school.teacher, "下午第一节有公开课")
    assert notices(school.electrician) == ["said"]
    ticket.say(school.electrician, "12 点来")
    assert notices(school.teacher) == ["said"]
    ticket.say(None, "门口有水")  # who holds the receipt
    assert (seen(ticket).state, seen(ticket).said) == ("taken", 3)
    with pytest.raises(Refused):
        ticket.say(school.teacher, "  ")


# Planned work -----------------------------------------------------------------------------------------------


def test_planned_work_has_a_day_and_no_hours(school, report):
    ticket = report(by=None, planned_for=date(2026, 11, 27))
    ticket.assign(None, school.electrician)
    clock.set_hands(clock.utc(date(2026, 11, 28)) - timedelta(minutes=1))
    assert (seen(ticket).clock_from, seen(ticket).overdue) == (None, False)
    clock.set_hands(clock.utc(date(2026, 11, 28)))
    assert seen(ticket).overdue
    assert Ticket.select().where(Ticket.is_late()).count() == 1
    ticket.fix(school.electrician, "cleaned")
    assert (seen(ticket).on_time, seen(ticket).plain_minutes) == (False, None)
    assert "late" in seen(ticket).clock.words


# Routes -----------------------------------------------------------------------------------------------------


def test_what_goes_straight_to_a_person_is_assigned_at_once(school, report):
    Route.lead(school.director, "media", person=school.stranger, straight=True)
    ticket = report(kind="media")
    assert (seen(ticket).state, seen(ticket).worker) == ("assigned", school.stranger)
    assert notices(school.stranger) == ["assigned"]
    assert ticket.may_work(school.stranger)
    class_own = report(kind="media", class_property=True, cause="wear")
    assert class_own.state == "applied"  # the office agrees first
    class_own.approve(school.director)
    assert seen(class_own).state == "assigned"


def test_an_office_is_offered_its_kind(school, report):
    Route.lead(school.director, "media", office=school.teaching)
    ticket, tap = report(kind="media", by="cleaner", urgent=True, place=school.places.store), report()
    assert ticket.may_work(school.stranger)
    assert not tap.may_work(school.stranger)
    assert Ticket.visible_to(school.counsellor).where(Ticket.id == ticket.id).exists()
    assert "urgent" in notices(school.counsellor)
    assert notices(school.electrician) == []
    ticket.take(school.stranger)
    assert seen(ticket).worker == school.stranger


def test_every_state_has_a_way_to_it(ctx):
    reached = {state for _before, state, _word in MOVES.values()}
    assert set(STATES) - {"noticed"} == reached - {""}


def test_steps_in_words(school, report):
    ticket = report()
    ticket.assign(school.director, school.electrician)
    ticket.extend(school.director, "parts", clock.now() + HOUR)
    words = [(step.kind_word, step.detail) for step in ticket.steps()]
    assert words[1] == ("assigned", "孙志强")
    assert words[2][1].startswith("waits for parts · until 2026-11-24 11:00")
    assert Step.select().count() == 4
