"""Appeals against a deduction: filed by the class teacher in time, then upheld or corrected by somebody else."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import calendar, clock, journal, notify
from app.db import Moment, Row, writing
from app.errors import Refused
from app.inspections import weeks
from app.inspections.checklists import CLASS_SCORES, Item
from app.inspections.models import Check, Correction, Mark
from app.inspections.weeks import ScoringRules, Week
from app.people.models import Person
from app.photos.models import Photo, guard
from app.places.models import ClassGroup, Place

OUTCOMES = {"upheld": _l("the deduction stands"), "corrected": _l("corrected")}

journal.says({
    "inspections.appealed": _l("appealed against the points taken for %(item)s: %(words)s"),
    "inspections.upheld": _l("answered the appeal about %(item)s: the deduction stands, %(reason)s"),
    "inspections.appeal_won": _l("answered the appeal about %(item)s: corrected, %(reason)s"),
})  # fmt: skip
notify.says({
    "inspections.appeal": _l("%(name)s appeals against the points taken for %(item)s"),
    "inspections.appeal_answered": _l("your appeal about %(item)s was answered: %(outcome)s"),
})  # fmt: skip
journal.calls({"appeal.upheld": OUTCOMES["upheld"], "appeal.corrected": OUTCOMES["corrected"]})


class Appeal(Row):
    """One appeal against one mark. Open until someone answers: the deduction stands, or a correction lowers it."""

    mark = peewee.ForeignKeyField(Mark, unique=True, backref="appeals")
    class_group = peewee.ForeignKeyField(ClassGroup)
    person = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    words = peewee.CharField(500, default="")
    outcome = peewee.CharField(10, default="", constraints=[peewee.Check("outcome in ('', 'upheld', 'corrected')")])
    answered_at = Moment(null=True)
    answered_by = peewee.ForeignKeyField(Person, null=True, index=False)
    reason = peewee.CharField(300, default="")
    correction = peewee.ForeignKeyField(Correction, null=True, index=False)

    class Meta:
        constraints = [peewee.Check("(outcome = '') = (answered_at is null)")]

    @property
    def is_open(self) -> bool:
        return not self.outcome

    @property
    def outcome_word(self) -> str:
        return str(OUTCOMES[self.outcome]) if self.outcome else _("waits for an answer")

    # Which there are

    @classmethod
    def whole(cls) -> peewee.ModelSelect:
        """Appeals with mark, item, check, class, who filed and who answered: a list costs one query."""
        answerer, outer = Person.alias(), peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Mark, Item, Check, Place, ClassGroup, Person, answerer, Correction)
            .join(Mark)
            .join(Item)
            .join_from(Mark, Check)
            .join_from(Check, Place)
            .join_from(cls, ClassGroup)
            .join_from(cls, Person, on=(cls.person == Person.id), attr="person")
            .join_from(cls, answerer, outer, on=(cls.answered_by == answerer.id), attr="answered_by")
            .join_from(cls, Correction, outer)
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """The office and the counsellor see all, a class teacher those of the own class, everybody the own ones."""
        if who.may("inspections.all"):
            return cls.whole()
        own = ClassGroup.select(ClassGroup.id).where(ClassGroup.teacher == who.id)
        return cls.whole().where((cls.person == who.id) | cls.class_group.in_(own))

    @classmethod
    def waiting(cls) -> peewee.ModelSelect:
        return cls.whole().where(cls.outcome == "").order_by(cls.id)

    @classmethod
    def of_marks(cls, ids: Iterable[int]) -> dict[int, "Appeal"]:
        """The appeals against some marks by mark id. One query."""
        return {appeal.mark_id: appeal for appeal in cls.whole().where(cls.mark.in_(list(ids)))}

    # Verbs

    @classmethod
    def file(cls, mark: Mark, by: Person, words: str = "", photos: Sequence[Any] = ()) -> "Appeal":
        """Appeal against a mark, in words or with a photo. Refused for others than the class teacher, after the
        time, for a mark that took nothing, and a second time."""
        with writing():
            mark = _whole_mark(mark.id)
            if sentence := refusal(mark, by):
                raise Refused(sentence[0], sentence[1])
            if not words and not photos:
                raise Refused(_("Please say in words what is not right, or add a photo."), 422)
            check = mark.check
            appeal = cls.create(mark=mark, class_group=check.class_group, person=by, words=words)
            Photo.attach(photos, appeal, by)
            said = words or _("see the photo")
            journal.record("inspections.appealed", check, by, place=check.place_id, item=mark.item.name, words=said)
            to = [each for role in ("counsellor", "director") for each in Person.with_role(role) if each != by]
            notify.tell("inspections.appeal", appeal, to, f"/inspections/appeals/{appeal.id}",
                        name=check.class_group.name, item=mark.item.name)  # fmt: skip
        return appeal

    def uphold(self, by: Person, reason: str) -> None:
        """The deduction stands, with the reason."""
        with writing():
            self._answer(by, reason, "upheld")

    def correct(self, by: Person, lost: int, reason: str) -> None:
        """The class was right, wholly or in part: the mark loses `lost` hundredths from now on. Both values stay."""
        with writing():
            self._must_be_open(by)
            mark = Mark.get_by_id(self.mark_id)
            if lost >= mark.lost:
                raise Refused(_("An appeal can only make a deduction smaller."), 422)
            self._answer(by, reason, "corrected", mark.correct(lost, by, reason))

    def _must_be_open(self, by: Person) -> None:
        if Appeal.select().where(Appeal.id == self.id, Appeal.outcome != "").exists():
            raise Refused(_("This appeal was already answered."))
        if by.id == ClassGroup.get_by_id(self.class_group_id).teacher_id or by.id == self.person_id:
            raise Refused(_("Nobody answers an appeal of the own class."), 403)

    def _answer(self, by: Person, reason: str, outcome: str, correction: Correction | None = None) -> None:
        self._must_be_open(by)
        Appeal.update(
            outcome=outcome, answered_at=clock.now(), answered_by=by, reason=reason, correction=correction
        ).where(Appeal.id == self.id).execute()
        mark = _whole_mark(self.mark_id)
        action = "inspections.upheld" if outcome == "upheld" else "inspections.appeal_won"
        journal.record(action, mark.check, by, place=mark.check.place_id, item=mark.item.name, reason=reason)
        notify.tell("inspections.appeal_answered", self, [self.person_id], f"/inspections/appeals/{self.id}",
                    item=mark.item.name, outcome=[f"appeal.{outcome}"])  # fmt: skip


def _whole_mark(id: int) -> Mark:
    return (
        Mark.select(Mark, Item, Check, ClassGroup)
        .join(Item)
        .join_from(Mark, Check)
        .join_from(Check, ClassGroup, peewee.JOIN.LEFT_OUTER)
        .where(Mark.id == id)
        .get()
    )


def closes_at(check: Check, rules: ScoringRules | None = None) -> datetime:
    """Until when a check can be appealed against: the school hours that the rules give, at most until the lock."""
    rules = rules or ScoringRules.now()
    ends = calendar.after_school_time(check.at, timedelta(hours=rules.appeal_hours))
    return min(ends, rules.locks_at(check.day))


def refusal(mark: Mark, who: Any) -> tuple[str, int] | None:
    """Why someone may not appeal against a mark, with the status; None when they may."""
    check = mark.check
    if check.class_group_id is None or check.slug not in CLASS_SCORES or check.class_group.teacher_id != who.id:
        return _("Only the class teacher appeals for the class."), 403
    if not mark.lost:
        return _("Nothing was taken here."), 409
    if Appeal.select().where(Appeal.mark == mark.id).exists():
        return _("There is an appeal about this already."), 409
    if Week.of(check.day) is not None:
        return _("This week is locked and published; its numbers stand."), 409
    if clock.now() > closes_at(check):
        return _("The time to appeal is over."), 409
    return None


def open_between(first: date, last: date) -> int:
    """How many appeals about the checks of these days wait for an answer."""
    waiting = Appeal.select().join(Mark).join(Check)
    return waiting.where(Appeal.outcome == "", Check.day.between(first, last)).count()


weeks.hold_up.append(open_between)
guard(
    "appeal",
    lambda who, id: who.is_authenticated and not who.is_card and Appeal.visible_to(who).where(Appeal.id == id).exists(),
    story=lambda id: Appeal.get_by_id(id).mark.check,
)
