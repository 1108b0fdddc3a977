"""What came of a check: an item that failed opens a repair, a hazard, or a cleaning to be done again.

A finding is one failed mark and where it leads, linked both ways. The same fault found again while it is still open
leads to the same thing instead of a second one; the next check that finds the item good says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal, notify
from app.db import Moment, Prepared, Row, writing
from app.errors import Refused
from app.inspections.checklists import Checklist, Item
from app.inspections.cleaning_posts import Post, PostArea
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import STANDING, Hazard
from app.inspections.kinds import kind_of
from app.inspections.models import Check, Correction, Mark, after_check, after_correction
from app.people.models import Person
from app.photos.models import guard
from app.places.models import ClassGroup, Place
from app.repairs.models import OPEN, Ticket
from app.words import day, said

ROADS = {
    "ticket": (_l("repair"), "wrench"),
    "hazard": (_l("hazard"), "triangle-alert"),
    "follow_up": (_l("clean again"), "brush"),
}
NOT_DONE_YET = (*OPEN, "fixed")  # a repair that nobody confirmed yet is still something to look at

journal.says({
    "findings.opened": _l("found wanting: %(item)s; %(road)s"),
    "findings.turned": _l("%(item)s: now also %(road)s, because: %(reason)s"),
    "findings.corrected": _l("the check that found %(item)s was corrected, it was fine: %(reason)s"),
})  # fmt: skip
notify.says({
    "findings.ticket_corrected": _l("Ticket %(number)s: the check that found %(item)s was corrected: %(reason)s"),
})  # fmt: skip
journal.calls({f"findings.{road}": words for road, (words, _icon) in ROADS.items()})


class Finding(Row):
    """One failed item of a check and what was opened for it: a ticket, a hazard, a follow-up, or several when the
    office judged it anew. `good` is the later check that found the item good."""

    check = peewee.ForeignKeyField(Check, backref="findings", index=True)
    mark = peewee.ForeignKeyField(Mark, backref="findings", unique=True)
    place = peewee.ForeignKeyField(Place, backref="findings", index=False)
    slug = peewee.CharField(40)
    key = peewee.CharField(40)
    at = Moment(default=clock.now)
    ticket = peewee.ForeignKeyField(Ticket, null=True, backref="findings")
    hazard = peewee.ForeignKeyField(Hazard, null=True, backref="findings")
    follow_up = peewee.ForeignKeyField(FollowUp, null=True, backref="findings")
    good = peewee.ForeignKeyField(Check, null=True, backref="proofs", index=False)
    correction = peewee.ForeignKeyField(Correction, null=True, backref="findings", index=False)  # it was fine after all

    class Meta:
        indexes = ((("place", "slug", "key"), False),)
        constraints = [
            peewee.Check("ticket_id is not null or hazard_id is not null or follow_up_id is not null"),
        ]

    @property
    def things(self) -> "list[Thing]":
        """What was opened for it, as far as it is loaded (see `with_names`)."""
        return [Thing.of(row) for row in (self.hazard_id and self.hazard, self.ticket_id and self.ticket,
                                          self.follow_up_id and self.follow_up) if row]  # fmt: skip

    @property
    def is_open(self) -> bool:
        return any(thing.is_open for thing in self.things)

    @classmethod
    def open_expression(cls) -> peewee.Expression:
        """Whether what it led to is not finished, with ticket, hazard and follow-up joined; as `is_open`."""
        undone = Ticket.state.in_(NOT_DONE_YET) & cls.ticket.is_null(False)
        undone |= Hazard.state.in_(STANDING) & cls.hazard.is_null(False)
        return undone | ((FollowUp.outcome == "") & cls.follow_up.is_null(False))

    @classmethod
    def with_names(cls) -> peewee.ModelSelect:
        """Findings with item, check, checklist, place, class and all that was opened: one query for a list."""
        left, corrector = peewee.JOIN.LEFT_OUTER, Person.alias()
        return (
            cls.select(
                cls, Mark, Item, Check, Checklist, ClassGroup, Place, Ticket, Hazard, FollowUp, Correction,
                corrector.id, corrector.name,
            )
            .join(Mark)
            .join(Item)
            .join_from(cls, Check, on=(cls.check == Check.id))
            .join(Checklist)
            .join_from(Check, ClassGroup, left)
            .join_from(cls, Place)
            .join_from(cls, Ticket, left)
            .join_from(cls, Hazard, left)
            .join_from(cls, FollowUp, left)
            .join_from(cls, Correction, left, on=(cls.correction == Correction.id))
            .join(corrector, left, on=(Correction.person == corrector.id), attr="person")
        )  # fmt: skip

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """With names: all for the office, the counsellor and leaders; for others those of checks they may read."""
        if who.may("inspections.findings"):
            return cls.with_names()
        return cls.with_names().where(Check.may_be_read_by(who))

    # Verbs

    def turn(self, by: Person, road: str, reason: str, *, level: str = "general", kind: str = "") -> Row:
        """The office judges it anew: open the other thing too (`road`, a key of ROADS). Returns what was opened;
        what was opened before goes its own way."""
        if road not in ROADS:
            raise Refused(_("Please choose one."), 422)
        if not reason.strip():
            raise Refused(_("Please fill this in."), 422)
        with writing():
            finding = Finding.with_names().where(Finding.id == self.id).get()
            if getattr(finding, f"{road}_id"):
                raise Refused(_("That is open for it already."))
            words = _words(finding.mark)
            thing = _open(road, finding.check, finding.mark, words, by, level=level, kind=kind)
            Finding.update(**{road: thing}).where(Finding.id == self.id).execute()
            setattr(self, road, thing)
            journal.record("findings.turned", finding.check, by, place=finding.place_id, item=finding.mark.item.name,
                           road=[f"findings.{road}"], reason=reason.strip())  # fmt: skip
        return thing


@dataclass(frozen=True)
class Thing:
    """What a finding led to, or what is open at a place: one shape for tickets, hazards and follow-ups."""

    road: str
    id: int
    words: str
    number: str
    state: str
    tone: str
    is_open: bool
    at: datetime
    row: Row

    @property
    def icon(self) -> str:
        return ROADS[self.road][1]

    @property
    def road_word(self) -> str:
        return str(ROADS[self.road][0])

    @property
    def when(self) -> str:
        """A hazard is dated by its day in the book."""
        return day(self.row.day) if self.road == "hazard" else said(self.at)

    @property
    def url(self) -> str:
        endpoints = {"ticket": "repairs.show", "hazard": "inspections.hazard", "follow_up": "inspections.follow_up"}
        return url_for(endpoints[self.road], id=self.id)

    @classmethod
    def of(cls, row: Any) -> "Thing":
        if isinstance(row, Ticket):
            words = f"{row.kind_word} {row.words}".strip()
            undone = row.state in NOT_DONE_YET
            return cls("ticket", row.id, words, row.number, row.state_word, row.state_level, undone, row.at, row)
        if isinstance(row, Hazard):
            at = clock.utc(row.day)
            return cls("hazard", row.id, row.words, row.number, row.state_word, row.tone, row.is_open, at, row)
        return cls("follow_up", row.id, row.words, "", row.state_word, row.tone, row.is_open, row.at, row)


# Opened by a check ------------------------------------------------------------------------------------------


def failed(mark: Mark) -> bool:
    """Whether a mark is a finding: a facility fault, a failed item, or points lost where a cleaner is to clean again.
    Points that a class lost are its own affair and open nothing."""
    return bool(mark.ticket_id) or wanting(mark)


def wanting(mark: Mark) -> bool:
    """Whether a mark says that something is wrong, whatever was reported for it."""
    if mark.facility or mark.verdict == "fail":
        return True
    return bool(mark.lost) and mark.check.class_group_id is None


def found_good(mark: Mark) -> bool:
    """Whether a mark says that the item is good. An item that was not answered says nothing."""
    if failed(mark) or mark.lost:
        return False
    return mark.verdict == "fine" or bool(mark.item.max)


def road_of(mark: Mark) -> str:
    """Where a failed item leads: a facility fault to the repair desk; else as the item itself says; else lost points
    to cleaning again and a failure as the kind of its checklist says."""
    if mark.facility or mark.ticket_id:
        return "ticket"
    usual = "follow_up" if mark.item.answer == "points" else kind_of(mark.check.checklist.family).finding
    return mark.item.finding if mark.item.finding in ROADS else usual


def see_to(check: Check) -> None:
    """Open what a check found, and say of earlier findings that they are good now. Part of the check's own act."""
    if check.checklist.kind == "ticks":
        return  # a cleaner who did the work has not checked it
    marks = check.entered if check.entered is not None else _marks_of(check.id)
    for mark in marks:
        mark.check = check
    _prove([mark.item.key for mark in marks if found_good(mark)], check)
    bad = [mark for mark in marks if failed(mark)]
    if not bad:
        return
    known = _still_open(check)
    again = [mark for mark in bad if mark.item.key in known]
    for mark in again:
        _note(mark, **known[mark.item.key])
    _open_all([mark for mark in bad if mark.item.key not in known], check)


_marks_of = Prepared(lambda check: (
    Mark.select(Mark, Item).join(Item).where(Mark.check == check).order_by(Item.position)
))  # fmt: skip
_open_here = Prepared(lambda place, slug: (
    Finding.with_names()
    .where(Finding.place == place, Finding.slug == slug, Finding.open_expression())
    .order_by(Finding.id)
))  # fmt: skip
_unproved = Prepared(lambda place, slug, check: (
    Finding.select(Finding.id, Finding.key)
    .where(Finding.place == place, Finding.slug == slug, Finding.good.is_null(), Finding.check != check)
    .tuples()
))  # fmt: skip


def _open_all(marks: list[Mark], check: Check) -> None:
    """One follow-up for all that one cleaner has to do at a place; a ticket or a hazard for each item."""
    to_clean = [mark for mark in marks if road_of(mark) == "follow_up"]
    if to_clean:
        words = "；".join(map(_words, to_clean))
        follow_up = FollowUp.open(check.who, check.place, words, _cleans(check))
        for mark in to_clean:
            _note(mark, follow_up=follow_up)
    for mark in marks:
        road = road_of(mark)
        if road != "follow_up":
            thing = mark.ticket if mark.ticket_id else _open(road, check, mark, _words(mark), check.who)
            _note(mark, **{road: thing})


def _open(road: str, check: Check, mark: Mark, words: str, by: Any, level: str = "", kind: str = "") -> Row:
    if road == "ticket":
        whose = {"class_property": True} if check.class_group_id and not mark.facility else {}
        ticket = Ticket.report(by, place=check.place, kind=kind or mark.item.ticket_kind, words=words,
                               source=f"checks/{check.id}", **whose)  # fmt: skip
        Mark.update(ticket=ticket).where(Mark.id == mark.id).execute()
        return ticket
    if road == "hazard":
        return Hazard.register(by, check.place, words, level or ("major" if mark.grave else "general"))
    return FollowUp.open(by, check.place, words, _cleans(check))


def _cleans(check: Check) -> Person | None:
    """The class teacher sees to it in the room of a class, the cleaner elsewhere; or who stands in for the cleaner."""
    if check.class_group_id:
        return check.class_group.teacher
    posts = PostArea.select(PostArea.post).where(PostArea.place == check.place_id, PostArea.until.is_null())
    post = Post.in_use().where(Post.id.in_(posts)).first()
    stand_in = post and post.stands_in_on(check.day)
    return stand_in or check.place.cleaner


def _note(mark: Mark, **things: Any) -> Finding:
    check = mark.check
    finding = Finding.create(check=check, mark=mark, place=check.place_id, slug=check.slug, key=mark.item.key, **things)
    roads = [f"findings.{road}" for road in ROADS if things.get(road)]
    journal.record("findings.opened", check, check.who, place=check.place_id, item=mark.item.name, road=roads)
    return finding


def _still_open(check: Check) -> dict[str, dict[str, Row]]:
    """What is open at this place for each item of this checklist."""
    found: dict[str, dict[str, Row]] = {}
    for finding in _open_here(check.place_id, check.slug):
        found[finding.key] = {thing.road: thing.row for thing in finding.things if thing.is_open}
    return found


def _prove(keys: list[str], check: Check) -> None:
    """A later check found these items good: the findings say so, and a place is clean again whatever the cleaner
    reported. Repairs and hazards end by their own people's word alone."""
    if not keys:
        return
    ids = [id for id, key in _unproved(check.place_id, check.slug, check.id) if key in keys]
    if not ids:
        return
    Finding.update(good=check.id).where(Finding.id.in_(ids)).execute()
    touched = Finding.select(Finding.follow_up).where(Finding.id.in_(ids))
    unproved = Finding.select(Finding.follow_up).where(Finding.good.is_null(), Finding.follow_up.is_null(False))
    for follow_up in FollowUp.select().where(
        FollowUp.id.in_(touched), FollowUp.id.not_in(unproved), FollowUp.outcome == ""
    ):
        follow_up.found_good(check.who)


def reconsider(correction: Correction) -> None:
    """A mark was put right. Where nothing is wrong with it any more, what it opened and nobody has begun is withdrawn
    with the reason; what was begun goes on, and says so on its page. Part of the act of the correction."""
    finding = Finding.with_names().where(Finding.mark == correction.mark_id).first()
    if finding is None:
        return
    finding.mark.check = finding.check
    if wanting(finding.mark):
        return
    finding.correction = correction
    finding.save(only=[Finding.correction])
    by, words = correction.person, _("the check was corrected: %(reason)s", reason=correction.reason)
    if finding.hazard_id and _nobody_began(finding.hazard) and _stands_alone(finding, Finding.hazard):
        finding.hazard.void(by, words)
    if finding.follow_up_id and finding.follow_up.is_open and _stands_alone(finding, Finding.follow_up):
        finding.follow_up.withdraw(by, words)
    if finding.ticket_id:
        _tell_ticket(finding, correction)


def _nobody_began(hazard: Hazard) -> bool:
    return hazard.state == "registered" and hazard.ticket_id is None


def _stands_alone(finding: Finding, column: peewee.Field) -> bool:
    """Whether no other mark that is still wanting led to the same thing."""
    others = Finding.select().where(column == getattr(finding, column.object_id_name), Finding.id != finding.id)
    return not others.where(Finding.correction.is_null()).exists()


def _tell_ticket(finding: Finding, correction: Correction) -> None:
    """A repair is never made void by itself: who has it reads why it may not be needed."""
    ticket, by, item = finding.ticket, correction.person, finding.mark.item.name
    journal.record("findings.corrected", ticket, by, place=finding.place_id, item=item, reason=correction.reason)
    if ticket.state in OPEN and ticket.worker_id and ticket.worker_id != by.id:
        notify.tell("findings.ticket_corrected", ticket, [ticket.worker_id], f"/repairs/{ticket.id}",
                    number=ticket.number, item=item, reason=correction.reason)  # fmt: skip


after_correction.append(reconsider)


def _words(mark: Mark) -> str:
    """`地面：有积水、门口`, `余氯：0.1 mg/L`: in the school's own words, whoever found it."""
    chips = [mark.item.reasons[reason]["words"] for reason in mark.reasons]
    found = "、".join(filter(None, [_answered(mark), *chips, mark.words]))
    return "：".join(filter(None, [mark.item.name, found]))


def _answered(mark: Mark) -> str:
    """What was measured or chosen."""
    if mark.item.answer == "number":
        return f"{mark.value} {mark.item.unit}".strip()
    if mark.item.answer == "choice" and mark.value.isascii() and mark.value.isdigit():
        chosen = mark.item.choices[int(mark.value) : int(mark.value) + 1]
        return chosen[0]["words"] if chosen else ""
    return ""


after_check.append(see_to)


def _may_see_photos(who: Any, mark_id: int) -> bool:
    """The photo of a mark is for whoever may read the check, and for those who put right what it shows."""
    if not who.is_authenticated:
        return False
    check = Mark.select(Mark.check).where(Mark.id == mark_id)
    if Check.visible_to(who).where(Check.id.in_(check)).exists():
        return True
    finding = Finding.with_names().where(Finding.mark == mark_id).first()
    return finding is not None and any(may_open(who, thing) for thing in finding.things)


guard("mark", _may_see_photos, story=lambda id: Mark.get_by_id(id).check)  # wider than the one of models.py


# What pages ask ---------------------------------------------------------------------------------------------


def of_check(check: Check) -> dict[int, Finding]:
    """What came of a check, by mark id. One query."""
    rows = Finding.with_names().where(Finding.check == check.id)
    return {finding.mark_id: finding for finding in rows}


def of_thing(row: Row) -> list[Finding]:
    """The findings that led to a ticket, a hazard or a follow-up, newest first. One query."""
    column = {"ticket": Finding.ticket, "hazard": Finding.hazard, "follow_up": Finding.follow_up}
    return list(Finding.with_names().where(column[row._meta.table_name] == row.id).order_by(Finding.id.desc()))


def open_at(place: Place | int) -> list[Thing]:
    """What is open at a place, hazards first: three queries. Whoever checks the place next sees this first."""
    id = getattr(place, "id", place)
    return open_at_many([id]).get(id, [])


def open_at_many(place_ids: Iterable[int]) -> dict[int, list[Thing]]:
    """What is open at each of many places, hazards first, the newest before the older: three queries, for a round
    over many doors."""
    ids, found = list(place_ids), {}
    for model, is_open in (
        (Hazard, Hazard.state.in_(STANDING)), (FollowUp, FollowUp.outcome == ""),
        (Ticket, Ticket.state.in_(NOT_DONE_YET)),
    ):  # fmt: skip
        for row in model.select().where(model.place.in_(ids), is_open).order_by(model.id.desc()):
            found.setdefault(row.place_id, []).append(Thing.of(row))
    return found


def readable_checks(who: Any, ids: Iterable[int]) -> set[int]:
    """Which of these checks someone may open."""
    ids = list(ids)
    if not ids or not who.may("inspections.results"):
        return set()
    return {id for (id,) in Check.select(Check.id).where(Check.id.in_(ids), Check.may_be_read_by(who)).tuples()}


def may_open(who: Any, thing: Thing) -> bool:
    """Whether someone may open the page of what came of a check; one query for those who may not see all."""
    everything = {"ticket": "repairs.all", "hazard": "hazards.all", "follow_up": "inspections.findings"}
    pages = {"ticket": "repairs.list", "hazard": "hazards.list", "follow_up": "inspections.follow_up"}
    if not who.may(pages[thing.road]):
        return False
    model = type(thing.row)
    return who.may(everything[thing.road]) or model.visible_to(who).where(model.id == thing.id).exists()
