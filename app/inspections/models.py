"""Checks made with a checklist, the mark of each item, and corrections that keep the old value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.db import JSON, Day, Moment, Prepared, Row, database, writing
from app.errors import Refused
from app.inspections import scoring
from app.inspections.checklists import CLASS_SCORES, Checklist, Item, Slot, class_at
from app.inspections.scoring import Verdict
from app.people.models import DutyCard, Person
from app.photos.models import Photo, guard
from app.places.models import ClassGroup, Grade, Place
from app.repairs.models import Ticket
from app.words import points, said

journal.says({
    "inspections.scored": _l("scored %(name)s: %(total)s of %(full)s"),
    "inspections.rescored": _l("scored %(name)s again: %(total)s of %(full)s, because: %(reason)s"),
    "inspections.answered": _l("checked %(name)s with %(checklist)s, not fine: %(failed)s"),
    "inspections.ticked": _l("ticked off: %(tasks)s"),
    "inspections.fault": _l("facility fault found while checking: %(item)s"),
    "inspections.corrected": _l("corrected the points taken for %(item)s from %(old)s to %(new)s: %(reason)s"),
    "inspections.acquitted": _l("corrected: %(item)s was fine after all, %(reason)s"),
})  # fmt: skip


# Told of every check inside its own act, once its marks are stored: plans see what was done, findings what failed.
after_check: "list[Callable[[Check], object]]" = []
# Asked whether a check that someone makes at a place now was drawn by lot: fn(who, place, slug, moment) -> bool.
is_drawn: "list[Callable[[Any, Place, str, datetime], bool]]" = []
# Asked before a mark is corrected; who knows a reason against it refuses with a sentence.
before_correction: "list[Callable[[Mark], object]]" = []
# Told of every correction inside its own act: what the mark had opened may be settled with it.
after_correction: "list[Callable[[Correction], object]]" = []


class AlreadyScored(Refused):
    """The class or place has a check in this slot: look at it, or score again with a reason."""

    def __init__(self, check: "Check"):
        super().__init__(check.notice)
        self.check = check


class Check(Row):
    """One check of a place or a class with one checklist, by one person or card. Ticks have no total.

    `ordinal` counts the checks in one slot of one day. A spot check (`unannounced`) is a fact of its own beside the
    regular one; a second of the same sort is a recheck, made knowingly and with a reason (`again`).
    """

    checklist = peewee.ForeignKeyField(Checklist, backref="checks", index=False)
    slug = peewee.CharField(40)  # of the checklist, whatever its version
    place = peewee.ForeignKeyField(Place, backref="checks", index=False)
    class_group = peewee.ForeignKeyField(ClassGroup, null=True, backref="checks", index=False)
    person = peewee.ForeignKeyField(Person, null=True, backref="checks")
    card = peewee.ForeignKeyField(DutyCard, null=True, backref="checks", index=False)
    at = Moment(default=clock.now)
    day = Day(default=clock.today)
    slot = peewee.ForeignKeyField(Slot, index=False)
    ordinal = peewee.IntegerField(default=1)
    again = peewee.CharField(200, default="")
    unannounced = peewee.BooleanField(default=False)
    full = peewee.IntegerField(null=True)
    total = peewee.IntegerField(null=True)
    bonus = peewee.IntegerField(default=0)
    failed = peewee.IntegerField(default=0)  # how many items failed
    share = peewee.IntegerField(null=True)  # of a list: percent of the weight that is fine
    passed = peewee.BooleanField(null=True)  # null where nothing decides it
    note = peewee.CharField(500, default="")

    class Meta:
        table_name = "checks"
        indexes = (
            (("slug", "place", "day", "slot", "ordinal"), True),
            (("slug", "day"), False),
            (("class_group", "day"), False),
            (("card", "day"), False),
        )
        constraints = [
            peewee.Check("(person_id is null) <> (card_id is null)"),
            peewee.Check("total between 0 and full"),
            peewee.Check("share between 0 and 100"),
        ]

    entered: "list[Mark] | None" = None  # its marks while it is being recorded, for those who are told of it

    @property
    def who(self) -> Person | DutyCard:
        return self.person if self.person_id else self.card

    @property
    def title(self) -> str:
        """三(2)班 for a class, the name of the place otherwise."""
        return self.class_group.name if self.class_group_id else self.place.name

    @property
    def of_ten(self) -> int | None:
        """The points out of ten, whatever they were out of: to be put beside those of other checks."""
        return None if self.total is None else scoring.of_ten(self.total, self.full)

    @property
    def score(self) -> str:
        """`9.5`; `95 / 100` when it was not out of ten."""
        return points(self.total) if self.full == scoring.TEN else f"{points(self.total)} / {points(self.full)}"

    @property
    def words(self) -> str:
        """`9.5 分`; `2 项不合格` for a list; `打卡` for ticks."""
        if self.total is not None:
            return _("%(points)s points", points=points(self.total))
        if self.checklist.kind == "ticks":
            return _("ticked off")
        return (
            ngettext("%(num)s item not fine", "%(num)s items not fine", self.failed) if self.failed else _("all fine")
        )

    @property
    def tone(self) -> str:
        return "late" if self.passed is False else "soon" if self.failed else "fine"

    @property
    def notice(self) -> str:
        """For whoever comes second."""
        if self.total is None:
            return _("%(name)s was already checked %(at)s by %(who)s: %(result)s.",
                     name=self.title, result=self.words, at=said(self.at), who=self.who.name)  # fmt: skip
        return _("%(name)s was already scored %(total)s %(at)s by %(who)s.",
                 name=self.title, total=points(self.total), at=said(self.at), who=self.who.name)  # fmt: skip

    # Which there are

    @classmethod
    def whole(cls) -> peewee.ModelSelect:
        """Checks with their class, place, checklist, slot and giver: a list costs one query."""
        outer = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Checklist, Place, ClassGroup, Slot, Person, DutyCard)
            .join(Checklist)
            .join_from(cls, Place)
            .join_from(cls, Slot)
            .join_from(cls, ClassGroup, outer)
            .join_from(cls, Person, outer, on=(cls.person == Person.id))
            .join_from(cls, DutyCard, outer)
        )

    @classmethod
    def may_be_read_by(cls, who: Any) -> peewee.Expression:
        """Whose items someone may read: all for the office and the counsellor; the own class and grade; the
        places someone keeps or cleans; what they gave themselves, a card only today."""
        if who.may("inspections.all"):
            return cls.id > 0
        if who.is_card:
            return (cls.card == who.id) & (cls.day == clock.today())
        if not who.may("inspections.results"):
            return cls.id < 0
        classes = ClassGroup.select(ClassGroup.id).where(
            (ClassGroup.teacher == who.id) | ClassGroup.entry_year.in_(Grade.entry_years_of(who))
        )
        own_places = Place.select(Place.id).where((Place.cleaner == who.id) | (Place.keeper == who.id))
        own_areas = cls.class_group.is_null() & cls.place.in_(own_places)
        return cls.class_group.in_(classes) | own_areas | (cls.person == who.id)

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        return cls.whole().where(cls.may_be_read_by(who))

    @classmethod
    def last_at(cls, place_id: int) -> "Check | None":
        """The newest scored check of a place."""
        return cls.select().where(cls.place == place_id, cls.total.is_null(False)).order_by(cls.id.desc()).first()

    @classmethod
    def in_slot(
        cls, slug: str, place: Place, day: date | None = None, slot: Slot | None = None, spot: bool = False
    ) -> "Check | None":
        """The last regular check of a place in a slot, or the last spot check; now unless said otherwise."""
        slugs = CLASS_SCORES if slug in CLASS_SCORES else (slug, slug)  # one score of a class, whatever it is out of
        return _in_slot.first(*slugs, place.id, day or clock.today(), (slot or Slot.at()).slug, spot)

    @classmethod
    def is_spot(cls, who: Any, place: Place, slug: str, declared: bool = False, at: datetime | None = None) -> bool:
        """Whether a check is a spot check: because it was drawn by lot, or an adult says so. A duty card can't."""
        moment = at or clock.now()
        return (declared and not who.is_card) or any(ask(who, place, slug, moment) for ask in is_drawn)

    # Verbs

    @classmethod
    def record(
        cls,
        checklist: Checklist,
        place: Place,
        by: Any,
        marks: Mapping[str, Verdict] | None = None,
        *,
        again: str = "",
        bonus: int = 0,
        note: str = "",
        unannounced: bool = False,
        at: datetime | None = None,
    ) -> "Check":
        """Check a class or a place. `marks` are verdicts by item key. Of what is not named, points are full and an
        item that can simply be fine is fine where one tap may say so (`checklist.all_fine`). `at` is when it was
        answered, if that was earlier than now: the check belongs to that day and part of the day.

        Raises Refused (403) for someone who may not, AlreadyScored when the slot has a check of this sort (regular,
        or spot check) and `again` gives no reason for another, Refused (422) for a verdict or bonus that can't be.
        """
        marks, at = marks or {}, at or clock.now()
        with writing():
            group = class_at(place) if checklist.target == "class" else None
            if sentence := checklist.refusal(by, place, group, at):
                raise Refused(sentence, 403)
            slot, day = Slot.at(at), clock.local(at).date()
            spot = cls.is_spot(by, place, checklist.slug, unannounced, at)
            earlier = cls.in_slot(checklist.slug, place, day, slot, spot)
            if earlier is not None and not again:
                raise AlreadyScored(earlier)
            ((last,),) = _last_in_slot(checklist.slug, place.id, day, slot.slug)
            items = checklist.items_at(place)
            marks = {item.key: marks.get(item.key) or unsaid(item) for item in items} | dict(marks)
            _must_be_valid(checklist, items, marks, bonus)
            losses = {item: scoring.taken(item, marks[item.key]) for item in items}
            check = cls._enter(
                checklist, place, by, slot,
                at=at,
                day=day,
                class_group=group,
                ordinal=(last or 0) + 1,
                again=again if earlier else "",
                unannounced=spot,
                bonus=bonus,
                note=note,
                **_outcome(checklist, place, marks, losses, bonus),
            )  # fmt: skip
            check.entered = [Mark.enter(check, item, marks[item.key], lost, by) for item, lost in losses.items()]
            check._tell(by)
            check._pass_on()
        return check

    @classmethod
    def _enter(cls, checklist: Checklist, place: Place, by: Any, slot: Slot, **fields: Any) -> "Check":
        whose = {"card" if by.is_card else "person": by}
        try:
            with database.atomic():
                return cls.create(checklist=checklist, slug=checklist.slug, place=place, slot=slot, **whose, **fields)
        except peewee.IntegrityError:  # another phone was faster, and no lock told us so
            earlier = cls.in_slot(checklist.slug, place, fields.get("day"), slot, fields.get("unannounced", False))
            raise AlreadyScored(earlier) if earlier else Refused(_("Please send it again.")) from None

    def _tell(self, by: Any) -> None:
        if self.total is None:
            failed = Mark.select(Item.name).join(Item).where(Mark.check == self, Mark.verdict == "fail").tuples()
            words = "、".join(name for (name,) in failed.limit(8)) or "–"
            journal.record("inspections.answered", self, by, place=self.place_id, name=self.title,
                           checklist=self.checklist.name, failed=words)  # fmt: skip
            return
        facts = {"name": self.title, "total": points(self.total), "full": points(self.full)}
        action = "inspections.rescored" if self.again else "inspections.scored"
        journal.record(action, self, by, place=self.place_id, reason=self.again, **facts)

    @classmethod
    def tick(
        cls, checklist: Checklist, place: Place, by: Any, items: Iterable["Item"], photos: Sequence[Any] = ()
    ) -> "Check":
        """Tick tasks off at a place, now. Several acts on a day add up; each keeps its own time and person."""
        items = list(items)
        with writing():
            if sentence := checklist.refusal(by, place, None):
                raise Refused(sentence, 403)
            slot = Slot.at()
            ((last,),) = _last_in_slot(checklist.slug, place.id, clock.today(), slot.slug)
            check = cls._enter(checklist, place, by, slot, ordinal=(last or 0) + 1)
            for item in items:
                Mark.create(check=check, item=item)
            Photo.attach(photos, check, by)
            tasks = "、".join(item.name for item in items)
            journal.record("inspections.ticked", check, by, place=place, tasks=tasks)
            check._pass_on()
        return check

    def _pass_on(self) -> None:
        for tell in after_check:
            tell(self)

    def recount(self) -> None:
        """Total, share and failures follow the marks; called by whoever changed one, inside the same act."""
        marks = list(Mark.select(Mark.lost, Mark.verdict, Item.weight).join(Item).where(Mark.check == self).tuples())
        self.failed = sum(verdict == "fail" for _lost, verdict, _weight in marks)
        if self.full is not None:
            self.total = scoring.total(self.full, [lost for lost, _verdict, _weight in marks], self.bonus)
        else:
            self.share = scoring.share((weight, verdict) for _lost, verdict, weight in marks)
        self.passed = self._passes()
        self.save(only=[Check.failed, Check.total, Check.share, Check.passed])

    def _passes(self) -> bool | None:
        """Whether it passes now: no key item failed, and enough points or percent."""
        if self.passed is None:
            return None
        key_failed = Mark.select().join(Item).where(Mark.check == self, Mark.verdict == "fail", Item.key_item).exists()
        reached = self.share if self.total is None else self.total
        return not key_failed and (reached or 0) >= self.checklist.pass_mark


Check.add_index(Check.index(Check.place, where=Check.total.is_null(False), name="checks_scored_at_place"))


# Asked by every check and every tick, while it holds the write lock.
_in_slot = Prepared(lambda slug, other, place, day, slot, spot: (
    Check.whole()
    .where(Check.slug.in_((slug, other)), Check.place == place, Check.day == day, Check.slot == slot,
           Check.unannounced == spot)
    .order_by(Check.ordinal.desc())
    .limit(1)
))  # fmt: skip
_last_in_slot = Prepared(lambda slug, place, day, slot: (
    Check.select(peewee.fn.MAX(Check.ordinal))
    .where(Check.slug == slug, Check.place == place, Check.day == day, Check.slot == slot)
    .tuples()
))  # fmt: skip


class Mark(Row):
    """What a check says of one item: hundredths lost, with reasons. A facility fault costs nothing and has a ticket."""

    check = peewee.ForeignKeyField(Check, backref="marks", index=False)
    item = peewee.ForeignKeyField(Item, backref="marks", index=False)
    lost = peewee.IntegerField(default=0, constraints=[peewee.Check("lost >= 0")])
    reasons = JSON(default=list)  # positions in the item's chips
    words = peewee.CharField(200, default="")
    facility = peewee.BooleanField(default=False)
    verdict = peewee.CharField(4, default="", constraints=[peewee.Check("verdict in ('', 'fine', 'fail')")])
    value = peewee.CharField(200, default="")  # the number, the choice's key or the words as entered
    grave = peewee.BooleanField(default=False)  # a failure that can hurt somebody
    ticket = peewee.ForeignKeyField(Ticket, null=True, backref="marks")

    class Meta:
        indexes = ((("check", "item"), True),)

    @property
    def points(self) -> int:
        return self.item.max - self.lost

    @property
    def why(self) -> str:
        """`小块纸屑、讲台旁`: the chips and the words."""
        chips = self.item.chips
        return _(", ").join(filter(None, [*(chips[reason] for reason in self.reasons), self.words]))

    @property
    def speaks(self) -> bool:
        """Whether there is something to say beyond full marks and fine."""
        return bool(self.lost or self.facility or self.words or self.verdict == "fail")

    @property
    def said_value(self) -> str:
        """What was answered, as a reader says it: `82 ℃`, `一般`, `正常`, `不适用`."""
        if self.item.answer == "fine":
            return str({"fine": _("fine"), "fail": _("not fine")}.get(self.verdict, _("does not apply")))
        if not self.value:
            return "" if self.item.answer in ("points", "text") else _("does not apply")
        if self.item.answer == "choice":
            return self.item.options[int(self.value)]
        return f"{self.value} {self.item.unit_word}".strip()

    @classmethod
    def enter(cls, check: Check, item: Item, verdict: Verdict, lost: int, by: Any) -> "Mark":
        """The mark of one item, with its photos; a facility fault gets a ticket, the open one if there is one."""
        judged = scoring.judged(item, verdict)
        said_at_all = lost or verdict.facility or judged == "fail"
        mark = cls(check=check, item=item, lost=lost, facility=verdict.facility, words=verdict.words, verdict=judged)
        mark.value = "" if verdict.answer == scoring.NONE else verdict.value.strip()
        mark.grave = verdict.grave and judged == "fail"
        mark.reasons = sorted(set(verdict.reasons)) if said_at_all else []
        photos = verdict.photos
        if verdict.facility:
            mark.ticket, photos = _ticket_for(check, item, mark, photos, by)
        mark.save(force_insert=True)
        Photo.attach(photos, mark, by)
        return mark

    def correct(self, lost: int, by: Person, reason: str) -> "Correction":
        """Put the points of a mark right. The old value stays in the correction; the total follows."""
        with writing():
            mark = self._to_correct(by)
            if not 0 <= lost <= mark.item.max or lost % mark.item.step:
                raise Refused(_("Please give points from 0 to %(max)s.", max=points(mark.item.max)), 422)
            if lost == mark.lost:
                raise Refused(_("That is the value it has; nothing was changed."))
            journal.record(
                "inspections.corrected", mark.check, by, place=mark.check.place_id,
                item=mark.item.name, old=points(mark.lost), new=points(lost), reason=reason,
            )  # fmt: skip
            return mark._put_right(by, reason, lost, _verdict_of(mark, lost))

    def find_fine(self, by: Person, reason: str) -> "Correction":
        """What a list called not fine was fine after all. What was written then stays; the percent follows."""
        with writing():
            mark = self._to_correct(by)
            if mark.verdict != "fail" or mark.check.total is not None:
                raise Refused(_("That is the value it has; nothing was changed."))
            check = mark.check
            journal.record("inspections.acquitted", check, by, place=check.place_id, item=mark.item.name, reason=reason)
            return mark._put_right(by, reason, mark.lost, "fine")

    def _to_correct(self, by: Person) -> "Mark":
        """The mark as it stands, with item and check. Refused for the own class, and when somebody knows why not."""
        mark = Mark.select(Mark, Item, Check).join(Item).join_from(Mark, Check).where(Mark.id == self.id).get()
        group = mark.check.class_group
        if group is not None and group.teacher_id == by.id:
            raise Refused(_("Nobody corrects the score of the own class."), 403)
        for ask in before_correction:
            ask(mark)
        return mark

    def _put_right(self, by: Person, reason: str, lost: int, verdict: str) -> "Correction":
        correction = Correction.create(
            mark=self, old=self.lost, new=lost, old_verdict=self.verdict, new_verdict=verdict, person=by, reason=reason
        )
        Mark.update(lost=lost, verdict=verdict).where(Mark.id == self.id).execute()
        self.check.recount()
        for tell in after_correction:
            tell(correction)
        return correction


class Correction(Row):
    """A mark put right: hundredths lost and the verdict before and after, by whom and why."""

    append_only = True

    mark = peewee.ForeignKeyField(Mark, backref="corrections")
    old = peewee.IntegerField()
    new = peewee.IntegerField()
    old_verdict = peewee.CharField(4, default="")
    new_verdict = peewee.CharField(4, default="")
    person = peewee.ForeignKeyField(Person)
    at = Moment(default=clock.now)
    reason = peewee.CharField(300)

    @classmethod
    def of_check(cls, check: Check) -> dict[int, list["Correction"]]:
        """The corrections of a check by mark id, oldest first, with who made them."""
        rows = cls.select(cls, Person).join(Mark).join_from(cls, Person).where(Mark.check == check).order_by(cls.id)
        found: dict[int, list[Correction]] = {}
        for row in rows:
            found.setdefault(row.mark_id, []).append(row)
        return found


def _verdict_of(mark: Mark, lost: int) -> str:
    """What a mark says when it loses so much: a key item without its points has failed, an answer without loss is
    fine."""
    if mark.item.answer != "points":
        return mark.verdict and ("fail" if lost else "fine")
    return scoring.judged(mark.item, Verdict(lost=lost))


def unsaid(item: Item) -> Verdict:
    """What holds for an item that nobody said anything about."""
    if not item.checklist.all_fine or item.answer == "points":
        return Verdict()
    return everything_fine(item) or Verdict()


def everything_fine(item: Item) -> Verdict | None:
    """The verdict of an item that is as it should be; None where only a look tells (a number, words)."""
    if item.answer == "fine":
        return Verdict(answer="fine")
    if item.answer == "choice":
        good = next((at for at, choice in enumerate(item.choices) if choice.get("fine", True)), None)
        return None if good is None else Verdict(value=str(good))
    return Verdict() if item.answer == "points" else Verdict(answer=scoring.NONE) if item.skippable else None


def _outcome(
    checklist: Checklist, place: Place, marks: Mapping[str, Verdict], losses: Mapping[Item, int], bonus: int
) -> dict[str, Any]:
    """What a check comes to: points for a score, a share for a list, what failed, and whether it passed."""
    verdicts = {item: scoring.judged(item, marks[item.key]) for item in losses}
    failed = [item for item, verdict in verdicts.items() if verdict == "fail"]
    found: dict[str, Any] = {"failed": len(failed)}
    if checklist.kind == "score":
        found["full"] = checklist.full_at(place)
        reached = found["total"] = scoring.total(found["full"], losses.values(), bonus)
    else:
        reached = found["share"] = scoring.share((item.weight, verdict) for item, verdict in verdicts.items())
    if checklist.kind == "list" or checklist.pass_mark or any(item.key_item for item in losses):
        found["passed"] = not any(item.key_item for item in failed) and (reached or 0) >= checklist.pass_mark
    if checklist.kind == "list" and reached is None:
        found["passed"] = None
    return found


def _must_be_valid(checklist: Checklist, items: Sequence[Item], marks: Mapping[str, Verdict], bonus: int) -> None:
    if unknown := marks.keys() - {item.key for item in items}:
        raise Refused(_("The checklist has no item %(key)s.", key=min(unknown)), 422)
    if not 0 <= bonus <= checklist.bonus_max:
        raise Refused(_("The bonus is at most %(max)s.", max=points(checklist.bonus_max)), 422)
    for item in items:
        if wrong := scoring.objection(item, marks[item.key]):
            raise Refused(f"{item.title}: {wrong[1]}", 422)


def _ticket_for(check: Check, item: Item, mark: Mark, photos: Sequence[Any], by: Any) -> tuple[Ticket, Sequence[Any]]:
    """The open ticket of the same fault at this place, or a new one. Returns it with the photos it did not take:
    a new ticket takes them all, since the repairer needs them."""
    same = Mark.select(Mark.ticket).join(Item).join_from(Mark, Check)
    same = same.where(Check.place == check.place_id, Item.key == item.key, Check.slug == check.slug)
    ticket = Ticket.open_at(place=check.place).where(Ticket.id.in_(same)).first()
    if ticket is not None:
        ticket.join(by)
    else:
        words = ": ".join(filter(None, [item.name, mark.why]))
        ticket = Ticket.report(
            by, place=check.place, kind=item.ticket_kind, words=words, photos=photos, source=f"checks/{check.id}"
        )
        photos = ()
    journal.record("inspections.fault", ticket, by, place=check.place_id, item=item.name)
    return ticket, photos


def _may_see_photos(who: Any, check_id: int) -> bool:
    return who.is_authenticated and Check.visible_to(who).where(Check.id == check_id).exists()


guard("checks", _may_see_photos)
guard(
    "mark",
    lambda who, id: _may_see_photos(who, Mark.select(Mark.check).where(Mark.id == id).scalar() or 0),
    story=lambda id: Mark.get_by_id(id).check,
)
