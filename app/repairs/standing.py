"""How a ticket stands: states, the moves between them, and what its steps, read in order, amount to."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from app import calendar
from app.repairs import deadlines

STATES = {
    "reported": _l("to be accepted"),
    "noticed": _l("the class teacher has to apply"),
    "applied": _l("to be approved"),
    "accepted": _l("to be assigned"),
    "assigned": _l("assigned"),
    "taken": _l("being repaired"),
    "waiting": _l("waits"),
    "contracted": _l("with a contractor"),
    "fixed": _l("fixed, to be confirmed"),
    "confirmed": _l("done"),
    "reworked": _l("to be repaired again"),
    "refused": _l("sent back"),
    "merged": _l("merged into another"),
    "written_off": _l("goes to be written off"),
    "voided": _l("void"),
}
# Colour of the state's chip: late, soon, fine, info or none.
LEVELS = {
    "taken": "info", "contracted": "info", "waiting": "soon", "noticed": "soon", "applied": "soon", "fixed": "fine",
    "confirmed": "fine", "reworked": "late",
}  # fmt: skip
TO_AGREE = ("noticed", "applied")  # class property: the class teacher applies, the office approves
TO_TAKE = ("reported", "accepted", "assigned", "reworked")
IN_WORK = ("taken", "waiting", "contracted")
OPEN = (*TO_TAKE, *TO_AGREE, *IN_WORK)
ENDED = ("fixed", "confirmed", "refused", "merged", "written_off", "voided")
CLOSED = ("refused", "merged", "written_off", "voided")  # ended without a repair: no rate counts them


class Move(NamedTuple):
    """A kind of step: in which states it may be taken, the state it leads to ("" leaves it), its word in the story."""

    before: tuple[str, ...]
    state: str
    word: Any


MOVES = {
    "reported": Move((), "reported", _l("reported")),
    "joined": Move(OPEN, "", _l("me too")),
    "said": Move(tuple(STATES), "", _l("message")),
    "applied": Move(("noticed",), "applied", _l("applied for the repair")),
    "approved": Move(TO_AGREE, "accepted", _l("approved")),
    "accepted": Move(("reported",), "accepted", _l("accepted")),
    "refused": Move(OPEN, "refused", _l("sent back")),
    "merged": Move(OPEN, "merged", _l("merged into another")),
    "voided": Move((*OPEN, "fixed"), "voided", _l("made void")),
    "assigned": Move((*TO_TAKE, *IN_WORK), "assigned", _l("assigned")),
    "taken": Move((*TO_TAKE, "waiting"), "taken", _l("taken")),
    "arrived": Move((*TO_TAKE, "taken", "waiting"), "taken", _l("arrived")),
    "waiting": Move(("taken",), "waiting", _l("on hold")),
    "delay_asked": Move((*TO_TAKE, *IN_WORK), "", _l("asked for more time")),
    "extended": Move((*TO_TAKE, *IN_WORK), "", _l("given more time")),
    "delay_denied": Move((*TO_TAKE, *IN_WORK), "", _l("extension refused")),
    "contracted": Move((*TO_TAKE, "taken", "waiting"), "contracted", _l("sent out to a contractor")),
    "out_agreed": Move(("contracted",), "", _l("quote approved")),
    "out_arrived": Move(("contracted",), "", _l("contractor arrived")),
    "out_done": Move(("contracted",), "taken", _l("contractor is done")),
    "fixed": Move((*TO_TAKE, *IN_WORK), "fixed", _l("fixed")),
    "confirmed": Move(("fixed",), "confirmed", _l("confirmed")),
    "unanswered": Move(("fixed",), "confirmed", _l("signed off without an answer")),
    "reworked": Move(("fixed",), "reworked", _l("not fixed yet")),
    "judged": Move((*OPEN, "fixed", "confirmed", "written_off"), "", _l("cause settled")),
    "written_off": Move((*OPEN, "fixed"), "written_off", _l("goes to be written off")),
    "reopened": Move(("written_off",), "accepted", _l("not written off, goes on")),
}
# With a danger nobody waits for the class teacher and the office to agree.
AT_ONCE = ("assigned", "taken", "arrived", "contracted", "fixed")
STARTS = ("applied", "approved", "accepted", "assigned", "taken", "arrived", "contracted", "fixed", "reopened")


def allows(kind: str, state: str, urgent: Any = False) -> bool:
    """Whether a step of this kind may be taken on a ticket that stands so."""
    return state in MOVES[kind].before or bool(urgent and kind in AT_ONCE and state in TO_AGREE)


class Given(NamedTuple):
    """What was said of a ticket once and decides how its steps count."""

    urgent: bool = False
    planned_for: date | None = None
    class_property: bool = False


@dataclass(frozen=True)
class Standing:
    """How a ticket stands after its steps so far; each field is a column of the ticket too.

    `why` is a key of REASONS while it waits, `worker` the id of who it was assigned to, who took or fixed it.
    `clock_from`: the promise counts as if it had run from this moment; time during which the ticket stood as fixed,
    before it was sent back, is pushed out in front. `running_from`: since when the clock runs now, None while it
    stands. `plain_minutes` and `school_minutes` are whole minutes of the runs that are over, None before the first.
    `on_time`: fixed within the promise; `on_time_extended`: that, or within an extension; None unless it is fixed.
    Costs in fen. `last` is the serial of the last step.
    """

    state: str = ""
    why: str = ""
    worker: int | None = None
    cause: str = ""
    talked: bool = False
    clock_from: datetime | None = None
    running_from: datetime | None = None
    arrived_at: datetime | None = None
    fixed_at: datetime | None = None
    extended_until: datetime | None = None
    plain_minutes: int | None = None
    school_minutes: int | None = None
    on_time: bool | None = None
    on_time_extended: bool | None = None
    parts_cost: int = 0
    outside_cost: int = 0
    labour_minutes: int = 0
    rating: str = ""
    auto_confirmed: bool = False
    merged_into: int | None = None
    disposal: int | None = None
    joined: int = 0
    said: int = 0
    last: int = 0

    def after(self, step: Any, given: Given) -> "Standing":
        """The standing one step later. `step` has the columns of Step (ids for its people and links)."""
        now = replace(self, last=step.serial)
        if step.cause:
            now = replace(now, cause=step.cause)
        if step.kind in STARTS:
            now = now._started(step.at, given)
        if state := MOVES[step.kind].state:
            now = replace(now, state=state, why=step.reason if state == "waiting" else "")
        return getattr(now, f"_{step.kind}", now._nothing_more)(step, given)

    def _nothing_more(self, step: Any, given: Given) -> "Standing":
        return self

    def _started(self, at: datetime, given: Given) -> "Standing":
        if self.clock_from is not None or given.planned_for is not None:
            return self
        return replace(self, clock_from=at, running_from=at)

    def _stopped(self, at: datetime) -> "Standing":
        """The run that is under way ends: its minutes are added up."""
        if self.running_from is None:
            return self
        plain = deadlines.plain(self.running_from, at)
        school = calendar.school_time(self.running_from, at)
        return replace(
            self,
            running_from=None,
            plain_minutes=(self.plain_minutes or 0) + minutes(plain),
            school_minutes=(self.school_minutes or 0) + minutes(school),
        )

    # What each kind of step changes beyond the state

    def _reported(self, step: Any, given: Given) -> "Standing":
        now = replace(self, state="noticed") if given.class_property else self
        signed_in = step.person_id is not None or step.card_id is not None
        return now._started(step.at, given) if signed_in else now

    def _joined(self, step: Any, given: Given) -> "Standing":
        return replace(self, joined=self.joined + 1)

    def _said(self, step: Any, given: Given) -> "Standing":
        return replace(self, said=self.said + 1)

    def _applied(self, step: Any, given: Given) -> "Standing":
        return replace(self, talked=bool(step.talked))

    def _assigned(self, step: Any, given: Given) -> "Standing":
        return replace(self, worker=step.worker_id)

    def _taken(self, step: Any, given: Given) -> "Standing":
        return replace(self, worker=step.person_id)

    def _arrived(self, step: Any, given: Given) -> "Standing":
        return replace(self, worker=self.worker or step.person_id, arrived_at=self.arrived_at or step.at)

    def _extended(self, step: Any, given: Given) -> "Standing":
        return replace(self, extended_until=step.until)

    def _out_done(self, step: Any, given: Given) -> "Standing":
        worker = self.worker or step.person_id
        return replace(self, outside_cost=self.outside_cost + (step.cost or 0), worker=worker)

    def _fixed(self, step: Any, given: Given) -> "Standing":
        in_time = deadlines.in_time(step.at, given.planned_for, self.clock_from, given.urgent)
        return replace(
            self._stopped(step.at),
            worker=step.person_id,
            fixed_at=step.at,
            parts_cost=self.parts_cost + (step.cost or 0),
            labour_minutes=self.labour_minutes + (step.minutes or 0),
            on_time=in_time,
            on_time_extended=in_time or (self.extended_until is not None and step.at <= self.extended_until),
        )

    def _confirmed(self, step: Any, given: Given) -> "Standing":
        return replace(self, rating=step.rating)

    def _unanswered(self, step: Any, given: Given) -> "Standing":
        return replace(self, auto_confirmed=True)

    def _reworked(self, step: Any, given: Given) -> "Standing":
        now = replace(self, fixed_at=None, on_time=None, on_time_extended=None)
        if self.clock_from is None:
            return now
        gone = deadlines.promised(self.clock_from, self.fixed_at, given.urgent)
        return replace(now, clock_from=deadlines.before(step.at, gone, given.urgent), running_from=step.at)

    def _merged(self, step: Any, given: Given) -> "Standing":
        return replace(self._given_up(), merged_into=step.into_id)

    def _written_off(self, step: Any, given: Given) -> "Standing":
        """The clock does not stop: should the write-off be refused, the room has waited all the same."""
        return replace(self, on_time=None, on_time_extended=None, disposal=step.disposal_id)

    def _reopened(self, step: Any, given: Given) -> "Standing":
        now = self._reworked(step, given) if self.fixed_at else self
        return replace(now, worker=None, arrived_at=None)

    def _refused(self, step: Any, given: Given) -> "Standing":
        return self._given_up()

    def _voided(self, step: Any, given: Given) -> "Standing":
        return self._given_up()

    def _given_up(self) -> "Standing":
        """It ends without a repair: the clock stands, and no rate counts it."""
        return replace(self, running_from=None, on_time=None, on_time_extended=None)


def minutes(time: timedelta) -> int:
    """Whole minutes."""
    return int(time.total_seconds()) // 60
