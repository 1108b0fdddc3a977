"""What a ticket carries of its hours, against a reference that walks minute by minute through its life and counts.

Histories are made up at random: holds, handing over, more time, fixed and sent back, in terms with holidays and
swap days, over a leap day, in time zones that change their clocks.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import calendar, clock, db
from app.calendar.days import SchoolCalendar
from app.calendar.models import SpecialDay, Term
from app.errors import Refused
from app.repairs.models import Step, Ticket, check_states, recount

MINUTE = timedelta(minutes=1)
ZONES = ("Asia/Shanghai", "Asia/Kathmandu", "Europe/Berlin", "America/St_Johns")
HOURS = ((time(8), time(11, 30)), (time(13), time(16, 30)))
STARTS = (
    datetime(2024, 2, 27, 3, 17),  # a leap day comes
    datetime(2024, 3, 29, 9, 0),  # clocks are changed in Europe on the 31st
    datetime(2026, 9, 29, 6, 41),  # the National Day holiday, with a swap day before and after
    datetime(2026, 11, 27, 15, 30),  # a Friday evening at the school
)


@dataclass(frozen=True)
class Mark:
    kind: str
    taught_as: int | None = None
    name: str = ""


@dataclass(frozen=True)
class SomeTerm:
    name: str
    starts_on: date
    ends_on: date


KNOWN = SchoolCalendar(
    [SomeTerm("2023-2", date(2024, 2, 20), date(2024, 6, 28)), SomeTerm("2026-1", date(2026, 9, 1), date(2027, 1, 20))],
    {
        **{date(2026, 10, day): Mark("holiday") for day in range(1, 8)},
        date(2026, 10, 10): Mark("swap", 3),
        date(2024, 4, 4): Mark("holiday"),
        date(2024, 4, 7): Mark("swap", 5),
        date(2024, 2, 29): Mark("holiday"),
    },
    [(date(2020, 1, 1), dict.fromkeys(range(1, 6), HOURS))],
)


@dataclass
class Reference:
    """Counts minutes, one after another, from nothing but the steps."""

    urgent: bool
    zone: ZoneInfo
    plain: int = 0
    school: int = 0
    promise: int = 0
    on_time: bool | None = None
    extended: bool | None = None
    until: datetime | None = None
    running: bool = False
    steps: list = field(default_factory=list)

    def walk(self) -> "Reference":
        moment = self.steps[0].at
        for step, following in zip(self.steps, [*self.steps[1:], None], strict=True):
            self.happens(step)
            while following is not None and moment < following.at:
                self.passes(moment)
                moment += MINUTE
        return self

    def passes(self, moment: datetime) -> None:
        if not self.running:
            return
        here = moment.replace(tzinfo=UTC).astimezone(self.zone)
        spans = KNOWN.spans(here.date())
        self.plain += 1
        self.school += any(start <= here.time() < end for start, end in spans)
        self.promise += bool(spans) or self.urgent

    def happens(self, step: Step) -> None:
        if step.kind in ("accepted", "taken", "assigned", "arrived", "contracted", "reworked"):
            self.running = True
        elif step.kind == "reported":
            self.running = step.person_id is not None
        elif step.kind == "extended":
            self.until = step.until
        elif step.kind == "fixed":
            self.running = False
            self.on_time = self.promise <= 24 * 60
            self.extended = self.on_time or (self.until is not None and step.at <= self.until)
        elif step.kind in ("refused", "voided", "merged"):
            self.running, self.on_time, self.extended = False, None, None
        elif step.kind == "written_off":  # the clock goes on: the write-off may be refused
            self.on_time = self.extended = None
        elif step.kind == "reopened":
            self.running = True
        if step.kind == "reworked":
            self.on_time = self.extended = None


VERBS = ("accept", "take", "assign", "hand_over", "arrive", "hold", "extend", "deny", "fix", "fix", "rework", "join",
         "say", "confirm", "send_out", "write_off", "reopen")  # fmt: skip
histories = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(1, 2600)), min_size=3, max_size=16)


def act(ticket: Ticket, school, verb: str, ahead: int) -> None:
    """One verb, if it may be done now."""
    director, electrician = school.director, school.electrician
    does = {
        "accept": lambda: ticket.accept(director),
        "take": lambda: ticket.take(electrician),
        "assign": lambda: ticket.assign(director, electrician),
        "hand_over": lambda: ticket.reassign(director, director),
        "arrive": lambda: ticket.arrive(electrician),
        "hold": lambda: ticket.wait(electrician, "parts"),
        "extend": lambda: ticket.extend(director, "parts", clock.now() + timedelta(minutes=ahead)),
        "deny": lambda: ticket.extend(electrician, "parts", clock.now() + timedelta(minutes=ahead)).deny(
            director, "no"
        ),
        "fix": lambda: ticket.fix(electrician, "replaced", minutes=15),
        "rework": lambda: ticket.rework(school.teacher, "没好"),
        "join": lambda: ticket.join(None, "a phone"),
        "say": lambda: ticket.say(school.teacher, "还在滴"),
        "confirm": lambda: ticket.confirm(school.teacher, "satisfied"),
        "write_off": lambda: ticket.write_off(director, None),
        "reopen": lambda: ticket.reopen(director, "修得好"),
        "send_out": lambda: ticket.send_out(director, "安装公司", quote=100).finish(director, 100),
    }
    try:
        does[verb]()
    except Refused:
        pass


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories, st.sampled_from(STARTS), st.sampled_from(ZONES), st.booleans(), st.booleans())
def test_minutes_and_promise_are_those_of_a_walk(app, school, history, start, zone, urgent, signed_in):
    with app.app_context(), db.database.atomic() as undone, pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "current", lambda: KNOWN)
        patch.setattr(clock, "zone", ZoneInfo(zone))
        KNOWN.__init__(KNOWN.terms, KNOWN.marks, KNOWN.hours)  # what was worked out for another zone is forgotten
        clock.set_hands(start)
        ticket = Ticket.report(
            school.teacher if signed_in else None, school.places.classroom, "water", "滴水", urgent=urgent
        )
        for verb, minutes in history:
            clock.set_hands(clock.now() + timedelta(minutes=minutes))
            act(ticket, school, verb, minutes * 2)
        seen = Ticket.get_by_id(ticket.id)
        end = max(clock.now(), Step.select().order_by(Step.serial.desc()).get().at)
        clock.set_hands(end)
        walked = Reference(urgent, ZoneInfo(zone), steps=ticket.steps()).walk()
        moment = walked.steps[-1].at
        while moment < end:
            walked.passes(moment)
            moment += MINUTE
        assert seen.plain_minutes_now == walked.plain
        assert seen.school_minutes_now == walked.school
        assert seen.clock.used == timedelta(minutes=walked.promise)
        assert (seen.on_time, seen.on_time_extended) == (walked.on_time, walked.extended)
        assert not list(check_states())
        assert recount() == 0
        undone.rollback()


def lists_say(ticket: Ticket) -> tuple[bool, str]:
    late = Ticket.select().where(Ticket.id == ticket.id, Ticket.is_late()).exists()
    soon = Ticket.select().where(Ticket.id == ticket.id, Ticket.is_soon()).exists()
    return late, "late" if late else "soon" if soon else ""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(STARTS), st.sampled_from(ZONES), st.booleans(), st.integers(0, 12 * 1440), st.integers(0, 9000))
def test_a_list_and_a_ticket_agree_on_what_is_late(app, school, start, zone, urgent, minutes, more):
    with app.app_context(), db.database.atomic() as undone, pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "current", lambda: KNOWN)
        patch.setattr(clock, "zone", ZoneInfo(zone))
        KNOWN.__init__(KNOWN.terms, KNOWN.marks, KNOWN.hours)
        clock.set_hands(start)
        ticket = Ticket.report(school.teacher, school.places.classroom, "water", "滴水", urgent=urgent)
        due = ticket.clock.due
        for moment in (start + timedelta(minutes=minutes), due - MINUTE, due, due + 5 * 1440 * MINUTE):
            clock.set_hands(max(moment, start))
            seen = Ticket.get_by_id(ticket.id)
            assert lists_say(seen) == (seen.overdue, seen.clock.level)
            assert seen.overdue == (seen.clock.used > timedelta(hours=24))
        clock.set_hands(start)
        if more:
            ticket.extend(school.director, "parts", start + timedelta(minutes=more))
            clock.set_hands(start + timedelta(minutes=minutes))
            seen = Ticket.get_by_id(ticket.id)
            late = seen.clock.used > timedelta(hours=24) and clock.now() > seen.extended_until
            assert lists_say(seen)[0] == seen.overdue == late
        undone.rollback()


def test_a_holiday_that_is_entered_later_counts_after_all(school, report, ctx):
    """National Day is forgotten in the calendar; when it is entered, what was late in it no longer is."""
    clock.set_hands(datetime(2026, 9, 30, 8, 0))  # 16:00 on the last day before
    ticket = report()
    clock.set_hands(datetime(2026, 10, 8, 1, 0))
    ticket.fix(school.electrician, "replaced")
    assert Ticket.get_by_id(ticket.id).on_time is False
    with db.writing():
        Term.add(school.director, date(2026, 9, 1), date(2027, 1, 20))
        SpecialDay.mark_holiday(school.director, "国庆节", date(2026, 10, 1), date(2026, 10, 7))
    assert Ticket.get_by_id(ticket.id).on_time is True
    assert not list(check_states())
