"""How a ticket begins: reported, joined, applied for and approved, accepted, or sent back because it is none."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.assets.models import Asset
from app.db import Prepared, writing
from app.errors import Refused
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs.kinds import CAUSES, KINDS, LONGEST
from app.repairs.routes import Route
from app.repairs.standing import Standing
from app.repairs.stepping import Stepping
from app.repairs.steps import Step, actor, new_secret


class Filing(Stepping):
    """The verbs that come before the repair."""

    @classmethod
    def report(
        cls,
        by: Any,
        place: Place,
        kind: str,
        words: str = "",
        asset: Asset | None = None,
        urgent: bool = False,
        photos: Iterable[Any] = (),
        caller: "Person | str | None" = None,
        source: str = "",
        device: str | None = None,
        class_property: bool = False,
        cause: str = "",
        talked: bool = False,
        planned_for: date | None = None,
    ) -> Any:
        """File a report. `by` is a Person, a DutyCard or None (not signed in); `caller` is the colleague or
        the name for whom someone files; `device` a phone's own random name, so that it can't join itself.

        class_property: the class that sits in the room answers for the thing. Reported by the class teacher it is
        applied for at once, with the `cause` (a key of CAUSES) and whether the class was `talked` with; reported by
        others it stands as `noticed` until the class teacher applies. planned_for: planned work has a day, no hours.
        """
        photos = list(photos)
        _check(kind, words, photos, cause)
        group = _class_of(place) if class_property else None
        applies = group is not None and _is(by, group.teacher_id)
        if applies and not cause:
            raise Refused(_("Please say what caused the damage."), 422)
        with writing():
            last = _last_serial.first(clock.today())[0] or 0
            ticket = cls(
                day=clock.today(), serial=last + 1, at=clock.now(), place=place, asset=asset, kind=kind,
                words=words[:LONGEST], urgent=urgent, source=source, class_group=group, planned_for=planned_for,
                **actor(by), **_caller(caller),
            )  # fmt: skip
            ticket._begin(by, photos, device, "" if applies else cause)
            if applies:
                ticket.apply(by, cause, talked)
            ticket._send_its_way(by)
        return ticket

    def _begin(self, by: Any, photos: Iterable[Any], device: str | None, cause: str) -> None:
        """The row and its first step, whose standing it carries from the start."""
        first = Step(serial=1, kind="reported", at=self.at, secret=new_secret(), cause=cause, **actor(by))
        first.mark = self._mark(by, device)
        self._carry(Standing().after(first, self.given))
        self.save(force_insert=True)
        first.ticket = self
        first.save(force_insert=True)
        self.__dict__["receipt_secret"] = first.secret
        self._file(first, by, photos, {})

    def _send_its_way(self, by: Any) -> None:
        """Where the school's table says that this kind goes straight to one person, it does."""
        worker = Route.straight_to(self.kind) if self.state in ("reported", "accepted") else None
        if worker is not None:
            self._step("assigned", by, worker=worker, told={"worker": worker.name})

    def join(self, by: Any, device: str | None = None) -> Step:
        """Me too: counted once for each person, card or phone. Who joined before gets the same step again."""
        with writing():
            mark = self._mark(by, device)
            if mark and (earlier := Step.get_or_none(Step.ticket == self, Step.mark == mark)):
                return earlier
            return self._step("joined", by, mark=mark, secret=new_secret())

    def say(self, by: Any, words: str, photos: Iterable[Any] = ()) -> Step:
        """A message between whoever reported and the desk; it changes nothing else. `by` is None for who holds the
        receipt without being signed in."""
        photos = list(photos)
        if not words.strip() and not photos:
            raise Refused(_("Please write something, or take a photo."), 422)
        return self._step("said", by, photos, note=words.strip()[:LONGEST])

    def may_apply(self, who: Any) -> bool:
        """The teacher of the class whose property it is."""
        return self.state == "noticed" and self.class_property and _is(who, self.class_group.teacher_id)

    def apply(self, by: Any, cause: str, talked: bool = False) -> Step:
        """The class teacher applies for the repair of class property: why it broke, and whether the class was
        talked with."""
        _check_cause(cause, needed=True)
        return self._step("applied", by, cause=cause, talked=talked)

    def approve(self, by: Any, cause: str = "") -> Step:
        """The office agrees that class property is repaired. Where the class teacher has not applied, it says why
        it broke."""
        _check_cause(cause, needed=not self.cause)
        if self.state == "applied" and _is(by, self.class_group.teacher_id):
            raise Refused(_("Whoever applied can't approve it too."))
        with writing():
            step = self._step("approved", by, cause=cause)
            self._send_its_way(by)
        return step

    def accept(self, by: Any) -> Step:
        return self._step("accepted", by)

    def send_back(self, by: Any, note: str) -> Step:
        """A wrong report goes back to who sent it, with a reason."""
        return self._step("refused", by, note=note)

    refuse = send_back

    def void(self, by: Any, note: str) -> Step:
        return self._step("voided", by, note=note)

    def merge(self, by: Any, into: Any) -> Step:
        """It is reported twice: the other ticket goes on, and whoever reported or joined this one joins that."""
        with writing():
            twin = type(self).get_by_id(into.id)
            if twin.id == self.id:
                raise Refused(_("A ticket can't be merged into itself."), 422)
            if not twin.is_open:
                raise Refused(_("Ticket %(number)s is “%(state)s”; nothing can be merged into it.",
                                number=twin.number, state=twin.state_word))  # fmt: skip
            step = self._step("merged", by, into=twin, note=twin.number, told={"into": twin.number})
            for colleague in self._colleagues():
                twin.join(colleague)
        return step

    def _colleagues(self) -> list[Person]:
        """The staff who noticed it: who reported or called, and who joined."""
        joined = Step.select(Step.person).where(Step.ticket == self, Step.kind == "joined", Step.person.is_null(False))
        return list(Person.select().where((Person.id == (self.reporter_id or 0)) | Person.id.in_(joined)))


_last_serial = Prepared(
    lambda day: (
        Step.ticket.rel_model.select(peewee.fn.MAX(Step.ticket.rel_model.serial))
        .where(Step.ticket.rel_model.day == day)
        .tuples()
    )
)


def _check(kind: str, words: str, photos: list[Any], cause: str) -> None:
    if kind not in KINDS:
        raise Refused(_("There is no kind of damage %(kind)s.", kind=kind), 422)
    if not words and not photos:
        raise Refused(_("Say in some words what is broken, or take a photo."), 422)
    _check_cause(cause, needed=False)


def _check_cause(cause: str, needed: bool) -> None:
    if needed and not cause:
        raise Refused(_("Please say what caused the damage."), 422)
    if cause and cause not in CAUSES:
        raise Refused(_("There is no cause %(cause)s.", cause=cause), 422)


def _class_of(place: Place) -> ClassGroup:
    group = ClassGroup.in_room(place)
    if group is None:
        raise Refused(_("No class sits in %(place)s: this is not class property.", place=place.name), 422)
    return group


def _is(who: Any, person_id: int | None) -> bool:
    return person_id is not None and who is not None and not who.is_card and who.id == person_id


def _caller(caller: "Person | str | None") -> dict[str, Any]:
    if isinstance(caller, str):
        return {"caller_name": caller[:60]}
    return {"caller": caller}
