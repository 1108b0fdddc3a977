"""Checklists as data, checks made with them, the mark of each item, and corrections that keep the old value.

A checklist that changes becomes a new version; a check keeps the version it was made with.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import JSON, Day, Moment, Row, database, digest, writing
from app.errors import Refused
from app.inspections import scoring
from app.inspections.scoring import Verdict
from app.people.models import CARD_CHECKLISTS, DutyCard, Person
from app.photos.models import Photo, guard
from app.places.models import GRADES, ClassGroup, Grade, Place
from app.repairs.models import Ticket
from app.words import either, points, said

BUILT_IN = Path(__file__).parent.parent / "seeds" / "checklists"
SLOTS = (  # slug, name, English name, begins
    ("morning", "早上", "Morning", "00:00"),
    ("noon", "中午", "Noon", "11:30"),
    ("afternoon", "下午", "Afternoon", "13:30"),
)
CLASS_HYGIENE, DAILY_CLEANING = "class-hygiene", "cleaner-daily"

CARD_CHECKLISTS[CLASS_HYGIENE] = _l("class hygiene")

journal.says({
    "inspections.checklist": _l("published version %(version)s of the checklist %(name)s"),
    "inspections.scored": _l("scored %(name)s: %(total)s of %(full)s"),
    "inspections.rescored": _l("scored %(name)s again: %(total)s of %(full)s, because: %(reason)s"),
    "inspections.ticked": _l("ticked off: %(tasks)s"),
    "inspections.fault": _l("facility fault found while checking: %(item)s"),
    "inspections.corrected": _l("corrected the points taken for %(item)s from %(old)s to %(new)s: %(reason)s"),
})  # fmt: skip


class Slot(Row):
    """A part of the school day in which a class is checked once; it begins at `starts` on the school's clock."""

    slug = peewee.CharField(12, primary_key=True)
    name = peewee.CharField(20)
    name_en = peewee.CharField(20, default="")
    starts = peewee.CharField(5, unique=True)

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @classmethod
    def in_order(cls) -> peewee.ModelSelect:
        return cls.select().order_by(cls.starts)

    @classmethod
    def at(cls, moment: datetime | None = None) -> "Slot":
        here = clock.local(moment or clock.now()).strftime("%H:%M")
        return cls.select().where(cls.starts <= here).order_by(cls.starts.desc()).get()


class Checklist(Row):
    """One version of a checklist. `target` is class or place, `kind` score or ticks, `kinds` the kinds of place
    it fits (empty: all), `who` the roles that may use it (with `card`); points are hundredths."""

    slug = peewee.CharField(40)
    version = peewee.IntegerField()
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    target = peewee.CharField(10)
    kind = peewee.CharField(10)
    kinds = JSON(default=list)
    who = JSON(default=list)
    full = peewee.IntegerField(default=0)
    bonus_max = peewee.IntegerField(default=0)
    built_in = peewee.CharField(64, default="")  # fingerprint of the built-in data it came from
    made_at = Moment(default=clock.now)
    replaced_at = Moment(null=True)

    class Meta:
        indexes = ((("slug", "version"), True),)
        constraints = [peewee.Check("target in ('class', 'place')"), peewee.Check("kind in ('score', 'ticks')")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @cached_property
    def items(self) -> list["Item"]:
        items = list(Item.select().where(Item.checklist == self).order_by(Item.position))
        for item in items:
            item.checklist = self
        return items

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.replaced_at.is_null()).order_by(cls.id)

    @classmethod
    def now(cls, slug: str) -> "Checklist | None":
        """The version of a checklist in use now."""
        return cls.in_use().where(cls.slug == slug).first()

    def items_at(self, place: Place) -> list["Item"]:
        return [item for item in self.items if not item.kinds or place.kind in item.kinds]

    # Who may use it, and where

    def fits(self, place: Place, group: ClassGroup | None) -> bool:
        """Whether there is something to check with this list at a place; `group` is the class that sits there."""
        if self.target == "class":
            return group is not None and group.grade in GRADES
        return not self.kinds or place.kind in self.kinds

    def refusal(self, who: Any, place: Place, group: ClassGroup | None) -> str | None:
        """Why someone may not use this list at this place now, as a sentence; None when they may."""
        if who.roles.isdisjoint(self.who):
            return _("%(checklist)s is not for you to check.", checklist=self.title)
        if not self.fits(place, group):
            return _("%(checklist)s can't be checked at %(place)s.", checklist=self.title, place=place.name)
        if who.is_card:
            return self._card_refusal(who, place, group)
        if group is not None and group.teacher_id == who.id:
            return _("Nobody scores the own class.")
        if self.kind == "ticks" and not _cleans(who, place):
            return _("%(place)s is cleaned by %(name)s. The office can hand it over to you.",
                     place=place.name, name=place.cleaner.name)  # fmt: skip
        return None

    def _card_refusal(self, card: DutyCard, place: Place, group: ClassGroup | None) -> str | None:
        if self.slug not in card.checklists:
            return _("This duty card is not for %(checklist)s.", checklist=self.title)
        if group is not None and group.id == card.own_class_id:
            return _("Nobody scores the own class.")
        if not reaches(card, place, group):
            return _("This duty card is for other classes and areas.")
        return card.why_not_now()

    # Versions

    @classmethod
    def publish(cls, data: Mapping[str, Any], by: Any = None, built_in: str = "") -> "Checklist":
        """A new version in place of the one in use. `data` is shaped like the files in seeds/checklists."""
        head = {name: value for name, value in data.items() if name != "items"}
        if head["kind"] == "score" and sum(item["max"] for item in data["items"]) != head["full"]:
            raise Refused(_("The points of the items must add up to %(full)s.", full=points(head["full"])), 422)
        with writing():
            last = cls.select(peewee.fn.MAX(cls.version)).where(cls.slug == head["slug"]).scalar() or 0
            cls.update(replaced_at=clock.now()).where(cls.slug == head["slug"], cls.replaced_at.is_null()).execute()
            checklist = cls.create(**head, version=last + 1, built_in=built_in)
            for position, item in enumerate(data["items"], start=1):
                Item.create(checklist=checklist, position=position, **item)
            journal.record("inspections.checklist", checklist, by, name=checklist.name, version=checklist.version)
        return checklist

    def revise(self, by: Any, items: Sequence[Mapping[str, Any]]) -> "Checklist":
        """A new version with other items: their words, points and order."""
        head = {
            name: getattr(self, name)
            for name in ("slug", "name", "name_en", "target", "kind", "kinds", "who", "full", "bonus_max")
        }
        return Checklist.publish({**head, "items": list(items)}, by)


Checklist.add_index(
    Checklist.index(Checklist.slug, unique=True, where=Checklist.replaced_at.is_null(), name="checklist_in_use")
)


class Item(Row):
    """One line of a checklist. `reasons` are the chips of a deduction, `{words, words_en, points}`; `key` stays
    the same from version to version; `times` is how often a task is due on a day."""

    checklist = peewee.ForeignKeyField(Checklist, backref="item_rows", index=False)
    position = peewee.IntegerField()
    key = peewee.CharField(40)
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    max = peewee.IntegerField(default=0)
    step = peewee.IntegerField(default=50)
    guide = peewee.CharField(200, default="")
    guide_en = peewee.CharField(200, default="")
    reasons = JSON(default=list)
    photo_on_fail = peewee.BooleanField(default=False)
    ticket_kind = peewee.CharField(20, default="other")
    kinds = JSON(default=list)
    times = peewee.IntegerField(default=1)

    class Meta:
        indexes = ((("checklist", "key"), True), (("checklist", "position"), True))
        constraints = [peewee.Check("max >= 0"), peewee.Check("step > 0"), peewee.Check("times > 0")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @property
    def advice(self) -> str:
        return either(self.guide, self.guide_en)

    @property
    def chips(self) -> list[str]:
        return [either(reason["words"], reason.get("words_en", "")) for reason in self.reasons]


class AlreadyScored(Refused):
    """The class or place has a check in this slot: look at it, or score again with a reason."""

    def __init__(self, check: "Check"):
        super().__init__(check.notice)
        self.check = check


class Check(Row):
    """One check of a place or a class with one checklist, by one person or card. Ticks have no total.

    `ordinal` counts the checks in one slot of one day: 2 and more were made knowingly, with a reason.
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
        ]

    @property
    def who(self) -> Person | DutyCard:
        return self.person if self.person_id else self.card

    @property
    def title(self) -> str:
        """三(2)班 for a class, the name of the place otherwise."""
        return self.class_group.name if self.class_group_id else self.place.name

    @property
    def words(self) -> str:
        """`9.5 分`; `打卡` for ticks."""
        return _("ticked off") if self.total is None else _("%(points)s points", points=points(self.total))

    @property
    def notice(self) -> str:
        """For whoever comes second."""
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
    def in_slot(cls, slug: str, place: Place, day: date | None = None, slot: Slot | None = None) -> "Check | None":
        """The last check of a place in a slot, now unless said otherwise."""
        slot = slot or Slot.at()
        mine = (cls.slug == slug) & (cls.place == place) & (cls.day == (day or clock.today())) & (cls.slot == slot)
        return cls.whole().where(mine).order_by(cls.ordinal.desc()).first()

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
    ) -> "Check":
        """Score a class or a place. `marks` are verdicts by item key; what is not named has full marks.

        Raises Refused (403) for someone who may not, AlreadyScored when the slot has a check and `again`
        gives no reason for another, Refused (422) for a verdict or bonus that can't be.
        """
        marks = marks or {}
        with writing():
            group = class_at(place) if checklist.target == "class" else None
            if sentence := checklist.refusal(by, place, group):
                raise Refused(sentence, 403)
            slot = Slot.at()
            earlier = cls.in_slot(checklist.slug, place, slot=slot)
            if earlier is not None and not again:
                raise AlreadyScored(earlier)
            _must_be_valid(checklist, marks, bonus)
            losses = {item: scoring.taken(item, marks.get(item.key, Verdict())) for item in checklist.items}
            check = cls._enter(
                checklist, place, by, slot,
                class_group=group,
                ordinal=earlier.ordinal + 1 if earlier else 1,
                again=again if earlier else "",
                unannounced=unannounced,
                full=checklist.full,
                total=scoring.total(checklist.full, losses.values(), bonus),
                bonus=bonus,
                note=note,
            )  # fmt: skip
            for item, lost in losses.items():
                Mark.enter(check, item, marks.get(item.key, Verdict()), lost, by)
            check._tell(by)
        return check

    @classmethod
    def _enter(cls, checklist: Checklist, place: Place, by: Any, slot: Slot, **fields: Any) -> "Check":
        whose = {"card" if by.is_card else "person": by}
        try:
            with database.atomic():
                return cls.create(checklist=checklist, slug=checklist.slug, place=place, slot=slot, **whose, **fields)
        except peewee.IntegrityError:  # another phone was faster, and no lock told us so
            earlier = cls.in_slot(checklist.slug, place, slot=slot)
            raise AlreadyScored(earlier) if earlier else Refused(_("Please send it again.")) from None

    def _tell(self, by: Any) -> None:
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
            mine = (cls.slug == checklist.slug) & (cls.place == place) & (cls.day == clock.today()) & (cls.slot == slot)
            last = cls.select(peewee.fn.MAX(cls.ordinal)).where(mine).scalar() or 0
            check = cls._enter(checklist, place, by, slot, ordinal=last + 1)
            Mark.insert_many([{"check": check.id, "item": item.id} for item in items]).execute()
            Photo.attach(photos, check, by)
            tasks = "、".join(item.name for item in items)
            journal.record("inspections.ticked", check, by, place=place, tasks=tasks)
        return check

    def recount(self) -> None:
        """The total follows the marks; called by whoever changed one, inside the same act."""
        losses = [lost for (lost,) in Mark.select(Mark.lost).where(Mark.check == self).tuples()]
        self.total = scoring.total(self.full, losses, self.bonus)
        Check.update(total=self.total).where(Check.id == self.id).execute()


Check.add_index(Check.index(Check.place, where=Check.total.is_null(False), name="checks_scored_at_place"))


class Mark(Row):
    """What a check says of one item: hundredths lost, with reasons. A facility fault costs nothing and has a ticket."""

    check = peewee.ForeignKeyField(Check, backref="marks", index=False)
    item = peewee.ForeignKeyField(Item, backref="marks", index=False)
    lost = peewee.IntegerField(default=0, constraints=[peewee.Check("lost >= 0")])
    reasons = JSON(default=list)  # positions in the item's chips
    words = peewee.CharField(200, default="")
    facility = peewee.BooleanField(default=False)
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
        """Whether there is something to say beyond full marks."""
        return bool(self.lost or self.facility or self.words)

    @classmethod
    def enter(cls, check: Check, item: Item, verdict: Verdict, lost: int, by: Any) -> "Mark":
        """The mark of one item, with its photos; a facility fault gets a ticket, the open one if there is one."""
        said_at_all = lost or verdict.facility
        mark = cls(check=check, item=item, lost=lost, facility=verdict.facility, words=verdict.words)
        mark.reasons = sorted(set(verdict.reasons)) if said_at_all else []
        photos = verdict.photos
        if verdict.facility:
            mark.ticket, photos = _ticket_for(check, item, mark, photos, by)
        mark.save(force_insert=True)
        Photo.attach(photos, mark, by)
        return mark

    def correct(self, lost: int, by: Person, reason: str) -> "Correction":
        """Put a mark right. The old value stays in the correction; the total follows."""
        with writing():
            mark = Mark.select(Mark, Item, Check).join(Item).join_from(Mark, Check).where(Mark.id == self.id).get()
            group = mark.check.class_group
            if group is not None and group.teacher_id == by.id:
                raise Refused(_("Nobody corrects the score of the own class."), 403)
            if not 0 <= lost <= mark.item.max or lost % mark.item.step:
                raise Refused(_("Please give points from 0 to %(max)s.", max=points(mark.item.max)), 422)
            if lost == mark.lost:
                raise Refused(_("That is the value it has; nothing was changed."))
            correction = Correction.create(mark=mark, old=mark.lost, new=lost, person=by, reason=reason)
            Mark.update(lost=lost).where(Mark.id == self.id).execute()
            mark.check.recount()
            journal.record(
                "inspections.corrected", mark.check, by, place=mark.check.place_id,
                item=mark.item.name, old=points(correction.old), new=points(lost), reason=reason,
            )  # fmt: skip
        return correction


class Correction(Row):
    """A mark put right: hundredths lost before and after, by whom and why."""

    append_only = True

    mark = peewee.ForeignKeyField(Mark, backref="corrections")
    old = peewee.IntegerField()
    new = peewee.IntegerField()
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


def class_at(place: Place) -> ClassGroup | None:
    """The class that sits in a room."""
    return ClassGroup.get_or_none(ClassGroup.room == place)


def reaches(card: DutyCard, place: Place, group: ClassGroup | None) -> bool:
    """Whether a place is among those of a card: by the grade of its class, or by itself, its floor or building."""
    if group is not None and group.grade in card.grades:
        return True
    node = place if card.areas else None
    while node is not None:
        if node.id in card.areas or node.parent_id in card.areas:
            return True
        node = node.parent if node.parent_id and node.kind != "building" else None
    return False


def _cleans(who: Any, place: Place) -> bool:
    """A cleaner ticks the own areas and those that are nobody's; the director, any."""
    return place.cleaner_id in (None, who.id) or "director" in who.roles


def _must_be_valid(checklist: Checklist, marks: Mapping[str, Verdict], bonus: int) -> None:
    if unknown := marks.keys() - {item.key for item in checklist.items}:
        raise Refused(_("The checklist has no item %(key)s.", key=min(unknown)), 422)
    if not 0 <= bonus <= checklist.bonus_max:
        raise Refused(_("The bonus is at most %(max)s.", max=points(checklist.bonus_max)), 422)
    for item in checklist.items:
        if wrong := scoring.objection(item, marks.get(item.key, Verdict())):
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


def install_builtin() -> None:
    """The slots of the day and the built-in checklists. A new version only when the built-in data changed, and
    never over a version that the school made itself."""
    with writing():
        for slug, name, english, starts in SLOTS:
            Slot.insert(slug=slug, name=name, name_en=english, starts=starts).on_conflict_ignore().execute()
        for path in sorted(BUILT_IN.glob("*.json")):
            text = path.read_text(encoding="utf-8")
            data = json.loads(text)
            present = Checklist.now(data["slug"])
            if present is None or present.built_in not in ("", digest(text)):
                Checklist.publish(data, built_in=digest(text))
