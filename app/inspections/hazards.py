"""The hazard book (隐患台账): registered, being fixed by a person until a day, rechecked by another, closed (销号).

A hazard is a row and its steps. The row repeats what the steps amount to, so that a list costs one query; `_step`
alone writes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Day, Moment, Row, link, writing
from app.errors import Refused
from app.people.models import DutyCard, Person
from app.photos.models import Photo, guard
from app.places.models import Place
from app.repairs.models import KINDS, Ticket

LONGEST = 500
HAZARD_LEVELS = {"general": _l("ordinary hazard"), "major": _l("major hazard")}
HAZARD_STATES = {
    "registered": _l("registered, nobody has it yet"),
    "fixing": _l("being put right"),
    "recheck": _l("waits for the recheck"),
    "closed": _l("hazard closed"),
    "void": _l("was no hazard"),
}
STANDING = ("registered", "fixing", "recheck")  # still a hazard
TONES = {"registered": "soon", "fixing": "info", "recheck": "soon", "closed": "fine", "void": ""}


@dataclass(frozen=True)
class Move:
    """A kind of step: its word, from which states it is possible, and the state it leads to (the same, if empty)."""

    word: Any
    states: tuple[str, ...]
    to: str = ""


MOVES = {
    "registered": Move(_l("registered the hazard"), (), "registered"),
    "planned": Move(_l("said who puts it right, how and by when"), ("registered",), "fixing"),
    "changed": Move(_l("changed who puts it right, how or by when"), ("fixing",)),
    "rated": Move(_l("judged it anew"), STANDING),
    "ticketed": Move(_l("reported it for repair"), ("registered", "fixing")),
    "fixed": Move(_l("reported it put right"), ("fixing",), "recheck"),
    "failed": Move(_l("rechecked: not right yet"), ("recheck",), "fixing"),
    "closed": Move(_l("rechecked and closed the hazard"), ("recheck",), "closed"),
    "voided": Move(_l("struck it out: no hazard"), ("registered", "fixing"), "void"),
}

journal.says({
    "hazards.registered": _l("registered hazard %(number)s: %(what)s"),
    "hazards.planned": _l("hazard %(number)s: %(person)s puts it right by %(until)s: %(what)s"),
    "hazards.changed": _l("hazard %(number)s: now %(person)s by %(until)s, because: %(what)s"),
    "hazards.rated": _l("judged hazard %(number)s anew, %(level)s: %(what)s"),
    "hazards.ticketed": _l("reported hazard %(number)s for repair: ticket %(ticket)s"),
    "hazards.fixed": _l("reported hazard %(number)s put right: %(what)s"),
    "hazards.failed": _l("rechecked hazard %(number)s: not right yet, until %(until)s: %(what)s"),
    "hazards.closed": _l("rechecked and closed hazard %(number)s %(what)s"),
    "hazards.voided": _l("struck out hazard %(number)s: %(what)s"),
})  # fmt: skip
journal.calls({f"hazards.{level}": words for level, words in HAZARD_LEVELS.items()})


class Hazard(Row):
    """One line of the book. `year` and `serial` number it; `level` is a key of HAZARD_LEVELS, `state` of
    HAZARD_STATES. Late is no state: it follows from the day that was agreed."""

    year = peewee.IntegerField()
    serial = peewee.IntegerField()
    day = Day(default=clock.today)
    place = peewee.ForeignKeyField(Place, backref="hazards", index=False)
    words = peewee.CharField(LONGEST)
    level = peewee.CharField(8, default="general")
    reporter = peewee.ForeignKeyField(Person, null=True, backref="reported_hazards")
    card = peewee.ForeignKeyField(DutyCard, null=True, backref="hazards", index=False)

    state = peewee.CharField(12, default="registered")
    measure = peewee.CharField(LONGEST, default="")
    interim = peewee.CharField(LONGEST, default="")
    person = peewee.ForeignKeyField(Person, null=True, backref="hazards")
    due_on = Day(null=True)
    ticket = peewee.ForeignKeyField(Ticket, null=True, backref="hazards")
    fixed_by = peewee.ForeignKeyField(Person, null=True, index=False, backref="fixed_hazards")
    fixed_at = Moment(null=True)
    rechecker = peewee.ForeignKeyField(Person, null=True, index=False, backref="rechecked_hazards")
    closed_at = Moment(null=True)
    last = peewee.IntegerField(default=0)  # serial of the last step

    class Meta:
        indexes = ((("year", "serial"), True), (("place", "state"), False), (("state", "due_on"), False))
        constraints = [
            peewee.Check("reporter_id is null or card_id is null"),
            peewee.Check("level in ('general', 'major')"),
            peewee.Check("state in ('registered', 'fixing', 'recheck', 'closed', 'void')"),
            peewee.Check(
                "state not in ('fixing', 'recheck', 'closed') or (person_id is not null and due_on is not null)"
            ),
            peewee.Check("state <> 'closed' or (closed_at is not null and rechecker_id <> fixed_by_id)"),
        ]

    def __str__(self) -> str:
        return self.number

    # How it reads

    @property
    def number(self) -> str:
        """`YH2026-007`"""
        return f"YH{self.year}-{self.serial:03}"

    @property
    def state_word(self) -> str:
        return _("past its day") if self.overdue else str(HAZARD_STATES[self.state])

    @property
    def tone(self) -> str:
        return "late" if self.overdue else TONES[self.state]

    @property
    def level_word(self) -> str:
        return str(HAZARD_LEVELS[self.level])

    @property
    def is_open(self) -> bool:
        return self.state in STANDING

    @property
    def overdue(self) -> bool:
        """Not put right by the day that was agreed. What waits for its recheck is in time."""
        return self.state == "fixing" and self.due_on < clock.today()

    @property
    def days_late(self) -> int:
        return (clock.today() - self.due_on).days if self.overdue else 0

    @property
    def who_found(self) -> str:
        return self.reporter.name if self.reporter_id else self.card.name if self.card_id else ""

    def steps(self) -> list["HazardStep"]:
        return HazardStep.of(self)

    # Which there are

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and leaders; for others what they have to put right, what they registered, and what
        is in the rooms they answer for or clean."""
        if who.may("hazards.all"):
            return cls.select()
        if who.is_card or not who.may("hazards.list"):
            return cls.select().where(cls.id < 0)
        rooms = Place.select(Place.id).where(Place.id.in_(Place.kept_by(who)) | (Place.cleaner == who))
        mine = (cls.person == who) | (cls.reporter == who) | (cls.fixed_by == who)
        return cls.select().where(mine | cls.place.in_(rooms))

    @classmethod
    def is_overdue(cls, today: date | None = None) -> peewee.Expression:
        """As `overdue`."""
        return (cls.state == "fixing") & (cls.due_on < (today or clock.today()))

    @classmethod
    def with_names(cls, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The same hazards with place, people and ticket joined: a row of a list costs no query."""
        floor, building, reporter, rechecker, left = (
            Place.alias(),
            Place.alias(),
            Person.alias(),
            Person.alias(),
            peewee.JOIN.LEFT_OUTER,
        )
        return (
            query.select(
                cls, Place.id, Place.name, Place.kind, Place.parent,
                floor.id, floor.name, floor.kind, floor.parent, building.id, building.name, building.kind,
                Person.id, Person.name, Person.phone, reporter.id, reporter.name, rechecker.id, rechecker.name,
                DutyCard.id, DutyCard.name, Ticket,
            )
            .join(Place, on=(cls.place == Place.id))
            .join(floor, left, on=(Place.parent == floor.id), attr="parent")
            .join(building, left, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Person, left, on=(cls.person == Person.id))
            .join_from(cls, reporter, left, on=(cls.reporter == reporter.id), attr="reporter")
            .join_from(cls, rechecker, left, on=(cls.rechecker == rechecker.id), attr="rechecker")
            .join_from(cls, DutyCard, left)
            .join_from(cls, Ticket, left)
        )  # fmt: skip

    # What someone may do

    def may_fix(self, who: Any) -> bool:
        """Report it put right: who has it, and the office."""
        return not who.is_card and (who.id == self.person_id or who.may("hazards.manage"))

    def may_recheck(self, who: Any) -> bool:
        """Somebody else than who had it or reported it put right."""
        return who.may("hazards.manage") and who.id not in (self.person_id, self.fixed_by_id)

    # Verbs

    @classmethod
    def register(
        cls, by: Any, place: Place, words: str, level: str = "general", photos: Iterable[Any] = ()
    ) -> "Hazard":
        """A new line of the book. `by` is a Person, or the DutyCard of the check that found it."""
        words = words.strip()[:LONGEST]
        if not words:
            raise Refused(_("Please say what is dangerous."), 422)
        _must_know_level(level)
        with writing():
            year = clock.today().year
            last = cls.select(peewee.fn.MAX(cls.serial)).where(cls.year == year).scalar() or 0
            whose = {"card" if by.is_card else "reporter": by}
            hazard = cls.create(year=year, serial=last + 1, place=place, words=words, level=level, **whose)
            hazard._step("registered", by, photos, words=words, level=level)
        return hazard

    def plan(self, by: Person, person: Person, due_on: date, measure: str, interim: str = "") -> "HazardStep":
        """Say who puts it right, how, until when, and what protects people meanwhile: a major one must have that."""
        _must_be_plan(person, due_on, measure)
        with writing():
            if self._fresh().level == "major" and not interim.strip():
                raise Refused(_("Please say what protects people until a major hazard is put right."), 422)
            return self._step(
                "planned", by, measure=measure.strip(), interim=interim.strip(), responsible=person, due_on=due_on
            )

    def change(
        self, by: Person, reason: str, *, person: Person | None = None, due_on: date | None = None,
        measure: str = "", interim: str | None = None,
    ) -> "HazardStep":  # fmt: skip
        """Another person, day, measure or protection, with the reason. What was agreed before stays in the steps."""
        with writing():
            now = self._fresh()
            person, due_on, measure = person or now.person, due_on or now.due_on, measure or now.measure
            interim = now.interim if interim is None else interim
            same = (person, due_on, measure, interim) == (now.person, now.due_on, now.measure, now.interim)
            if same:
                raise Refused(_("That is how it was agreed already; nothing was changed."))
            if due_on != now.due_on:
                _must_be_plan(person, due_on, measure)
            if now.level == "major" and not interim.strip():
                raise Refused(_("Please say what protects people until a major hazard is put right."), 422)
            return self._step(
                "changed", by, words=_needed(reason), measure=measure, interim=interim, responsible=person,
                due_on=due_on,
            )  # fmt: skip

    def rate(self, by: Person, level: str, reason: str) -> "HazardStep":
        """Ordinary or major, with the reason."""
        _must_know_level(level)
        with writing():
            if self._fresh().level == level:
                raise Refused(_("That is how it was agreed already; nothing was changed."))
            return self._step("rated", by, words=_needed(reason), level=level)

    def send_to_repair(self, by: Person, kind: str) -> Ticket:
        """Report it to the repair desk too: the ticket and the hazard know each other."""
        with writing():
            now = self._fresh()
            if now.ticket_id:
                raise Refused(_("It was already reported for repair: ticket %(number)s.", number=now.ticket.number))
            if kind not in KINDS:
                raise Refused(_("There is no kind of damage %(kind)s.", kind=kind), 422)
            words = f"{self.number} {now.words}"
            ticket = Ticket.report(by, place=now.place, kind=kind, words=words, urgent=now.level == "major",
                                   source=f"hazards/{self.id}")  # fmt: skip
            self._step("ticketed", by, words=ticket.number, ticket=ticket)
        return ticket

    def fixed(self, by: Person, words: str, photos: Iterable[Any] = ()) -> "HazardStep":
        """Reported put right, by who has it or the office; it waits for somebody else's recheck."""
        with writing():
            if not self._fresh().may_fix(by):
                raise Refused(_("Who has it reports it put right, or the office."), 403)
            return self._step("fixed", by, photos, words=_needed(words))

    def close(self, by: Person, words: str = "", photos: Iterable[Any] = ()) -> "HazardStep":
        """Rechecked and good: closed (销号)."""
        with writing():
            self._must_be_another(by)
            return self._step("closed", by, photos, words=words)

    def fail(self, by: Person, words: str, due_on: date, photos: Iterable[Any] = ()) -> "HazardStep":
        """Rechecked and not good: it goes back to who has it, until a new day."""
        if due_on < clock.today():
            raise Refused(_("Please give a day that is not over yet."), 422)
        with writing():
            self._must_be_another(by)
            return self._step("failed", by, photos, words=_needed(words), due_on=due_on)

    def void(self, by: Person, reason: str) -> "HazardStep":
        """It was none, or stands in the book twice. The number stays."""
        return self._step("voided", by, words=_needed(reason))

    def _must_be_another(self, by: Person) -> None:
        if not self._fresh().may_recheck(by):
            raise Refused(_("Nobody rechecks the own work: somebody else of the office does."), 403)

    def _fresh(self) -> "Hazard":
        return Hazard.get_by_id(self.id)

    def _step(
        self, kind: str, by: Any, photos: Iterable[Any] = (), *, ticket: Ticket | None = None, **fields: Any
    ) -> "HazardStep":
        """The one way to change a hazard: a step, the row that repeats it, the journal, who has to know."""
        move = MOVES[kind]
        with writing():
            now = self._fresh()
            if move.states and now.state not in move.states:
                raise Refused(_("Hazard %(number)s is “%(state)s” now. Please look again.",
                                number=now.number, state=now.state_word))  # fmt: skip
            fields = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in fields.items()}
            step = HazardStep.create(
                hazard=self, serial=now.last + 1, kind=kind, **{"card" if by.is_card else "person": by}, **fields
            )
            self._carry(step, move.to or now.state, ticket)
            Photo.attach(list(photos), step, by)
            self._write_down(step, by)
            for tell in after_step:
                tell(self, step, by)
        return step

    def _carry(self, step: "HazardStep", state: str, ticket: Ticket | None) -> None:
        """The row follows the step."""
        row: dict[str, Any] = {"state": state, "last": step.serial}
        if step.level:
            row["level"] = step.level
        if step.responsible_id:
            row |= {"person": step.responsible_id, "interim": step.interim, "measure": step.measure}
        if step.due_on:
            row["due_on"] = step.due_on
        if ticket is not None:
            row["ticket"] = ticket.id
        if step.kind == "fixed":
            row |= {"fixed_by": step.person_id, "fixed_at": step.at}
        if step.kind in ("failed", "closed"):
            row["rechecker"] = step.person_id
        if step.kind == "closed":
            row["closed_at"] = step.at
        Hazard.update(row).where(Hazard.id == self.id).execute()
        for name, value in Hazard.get_by_id(self.id).__data__.items():
            if self.__data__.get(name) != value:
                setattr(self, name, value)

    def _write_down(self, step: "HazardStep", by: Any) -> None:
        journal.record(
            f"hazards.{step.kind}", self, by, place=self.place_id, number=self.number,
            what=step.words or step.measure, level=[f"hazards.{step.level}"], until=self.due_on,
            person=self.person.name if self.person_id else "", ticket=step.words,
        )  # fmt: skip


# Told of every step inside its own act.
after_step: "list[Any]" = []


class HazardStep(Row):
    """One thing that happened to a hazard; never changed. `words` are what was found or done, or the reason."""

    append_only = True

    hazard = link("Hazard", backref="step_rows", index=False)
    serial = peewee.IntegerField()
    kind = peewee.CharField(12)
    at = Moment(default=clock.now)
    person = peewee.ForeignKeyField(Person, null=True, index=False, backref="hazard_steps")
    card = peewee.ForeignKeyField(DutyCard, null=True, index=False, backref="hazard_steps")
    words = peewee.CharField(LONGEST, default="")
    measure = peewee.CharField(LONGEST, default="")
    interim = peewee.CharField(LONGEST, default="")
    level = peewee.CharField(8, default="")
    responsible = peewee.ForeignKeyField(Person, null=True, index=False, backref="hazards_given")
    due_on = Day(null=True)

    class Meta:
        indexes = ((("hazard", "serial"), True),)

    @property
    def word(self) -> str:
        return str(MOVES[self.kind].word)

    @property
    def who(self) -> Person | DutyCard:
        return self.person if self.person_id else self.card

    @property
    def place_id(self) -> int:
        return self.hazard.place_id

    @classmethod
    def of(cls, hazard: Hazard) -> "list[HazardStep]":
        """The life of a hazard from its first step on, with the people, one query."""
        given, left = Person.alias(), peewee.JOIN.LEFT_OUTER
        return list(
            cls.select(cls, Person.id, Person.name, DutyCard.id, DutyCard.name, given.id, given.name)
            .join(Person, left, on=(cls.person == Person.id))
            .join_from(cls, DutyCard, left)
            .join_from(cls, given, left, on=(cls.responsible == given.id), attr="responsible")
            .where(cls.hazard == hazard)
            .order_by(cls.serial)
        )


def photos_of(hazards: Sequence[Hazard], kind: str = "registered") -> dict[int, list[Photo]]:
    """The photos of one kind of step, by hazard id. Two queries, however many hazards."""
    steps = HazardStep.select(HazardStep.id, HazardStep.hazard).where(
        HazardStep.hazard.in_([hazard.id for hazard in hazards]), HazardStep.kind == kind
    )
    whose = dict(steps.order_by(HazardStep.serial).tuples())
    found: dict[int, list[Photo]] = {}
    for step, photos in Photo.of_many("hazard_step", whose).items():
        found.setdefault(whose[step], []).extend(photos)
    return found


def _needed(words: str) -> str:
    if not words.strip():
        raise Refused(_("Please fill this in."), 422)
    return words.strip()


def _must_be_plan(person: Person, due_on: date, measure: str) -> None:
    _needed(measure)
    if person.closed_at is not None:
        raise Refused(_("%(name)s has left; please choose somebody else.", name=person.name), 422)
    if due_on < clock.today():
        raise Refused(_("Please give a day that is not over yet."), 422)


def _must_know_level(level: str) -> None:
    if level not in HAZARD_LEVELS:
        raise Refused(_("Please choose one."), 422)


def _may_see_photos(who: Any, step_id: int) -> bool:
    hazard = HazardStep.select(HazardStep.hazard).where(HazardStep.id == step_id)
    return who.is_authenticated and Hazard.visible_to(who).where(Hazard.id.in_(hazard)).exists()


guard("hazard_step", _may_see_photos, story=lambda id: HazardStep.get_by_id(id).hazard)
