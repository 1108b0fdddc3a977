"""Requests (领用、借用申请): what for, how many, until when; who must agree, what is promised, what was handed over.

A request names one thing, or a category and how many. When everybody agreed, its days are reserved in the same act,
or the last agreement is refused because the days are gone. Handing over turns the promise into loans and issues.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.models import Ask, Need, Slip
from app.assets.models import Asset, Category
from app.custody.gate import GatePass
from app.custody.models import Custody, free, is_valuable, none_left
from app.custody.reservations import FARTHEST, LONGEST, Reservation, conflict_of, days_in_words
from app.custody.stock import lying_ready
from app.custody.swaps import Old, Swap
from app.db import Day, Moment, Row, writing
from app.errors import Refused
from app.numbers import number_of
from app.people.models import Office, Person
from app.photos.models import Photo, guard
from app.places.models import Place

KINDS = {"loan": _l("loan"), "issue": _l("issue"), "outside": _l("loan to another unit")}
PREFIXES = {"loan": "JY", "issue": "LY", "outside": "WJ"}  # 借用, 领用, 外借
ENDS = {"given": _l("handed over"), "dropped": _l("not needed any more")}
MOST = 1000

journal.says({
    "custody.requested": _l("asked for %(quantity)s × %(what)s: %(reason)s"),
    "custody.reserved": _l("reserved for %(holder)s, %(days)s"),
    "custody.request_given": _l("handed over what was asked for: %(things)s"),
    "custody.request_dropped": _l("ended the request before all was handed over: %(reason)s"),
})  # fmt: skip


class RequestEnding(Row):
    """A request that was agreed to is over: everything was handed over, or nobody wants the rest."""

    append_only = True

    why = peewee.CharField(10, constraints=[peewee.Check("why in ('given', 'dropped')")])
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, default="")

    class Meta:
        table_name = "custody_request_ending"

    @property
    def why_word(self) -> str:
        return str(ENDS[self.why])


@dataclass(frozen=True)
class Handing:
    """One thing that is handed over, how many of it, and the old one that comes back for it."""

    asset: Asset
    quantity: int = 1
    old: Old | None = field(default=None)


class Request(Slip, Row):
    """Somebody asks for a thing, or for some of a category, as a loan, an issue, or a loan to another unit."""

    applicant = peewee.ForeignKeyField(Person, backref="requests", index=False)
    kind = peewee.CharField(8)
    asset = peewee.ForeignKeyField(Asset, null=True, backref="requests")
    category = peewee.ForeignKeyField(Category, null=True, backref="requests", index=False)
    quantity = peewee.IntegerField(default=1)
    reason = peewee.CharField(200)
    starts_on = Day()
    due_on = Day(null=True)
    swap = peewee.BooleanField(default=False)  # 以旧换新: an old one comes back for the new one
    valuable = peewee.BooleanField(default=False)  # so that the principal is asked
    borrower = peewee.CharField(80, default="")  # the other unit
    carrier = peewee.CharField(40, default="")  # who carries it out of the gate
    letter = peewee.CharField(400, default="")  # the words of the unit's note (单位借条)
    at = Moment(default=clock.now)
    agreed_at = Moment(null=True)
    ended = peewee.ForeignKeyField(RequestEnding, null=True, unique=True, backref="requests")

    class Meta:
        table_name = "custody_request"
        indexes = ((("applicant", "id"), False), (("agreed_at", "ended", "starts_on"), False))
        constraints = [
            peewee.Check("kind in ('loan', 'issue', 'outside')"),
            peewee.Check("(asset_id is null) <> (category_id is null)"),
            peewee.Check("(kind = 'issue') = (due_on is null)"),
            peewee.Check("due_on is null or due_on >= starts_on"),
            peewee.Check("quantity > 0"),
            peewee.Check("kind <> 'outside' or borrower <> ''"),
            peewee.Check("reason <> ''"),
            peewee.Check("ended_id is null or agreed_at is not null"),
        ]

    # Which

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Requests with what a list says of them in one query: thing, category, who asks, the office, the end."""
        left = peewee.JOIN.LEFT_OUTER
        own, other = Category.alias(), Category.alias()
        return (
            cls.select(cls, Asset, own, Place, other, Person, Office, RequestEnding)
            .join(Asset, left, attr="asset")
            .join(own, left, on=(Asset.category == own.id), attr="category")
            .join(Place, left, on=(Asset.place == Place.id), src=Asset, attr="place")
            .join(other, left, on=(cls.category == other.id), src=cls, attr="category")
            .join(Person, on=(cls.applicant == Person.id), src=cls, attr="applicant")
            .join(Office, left, on=(Person.office == Office.id), attr="office")
            .join(RequestEnding, left, on=(cls.ended == RequestEnding.id), src=cls, attr="ended")
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """Everything for those who see who holds what; else the own ones, and what one is or was asked about."""
        if who.may("custody.all"):
            return cls.shown()
        if not who.may("custody.request"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        asked = Ask.select(Ask.slip_id).where(Ask.slip == cls._meta.table_name, Ask.asked_of(who))
        return cls.shown().where((cls.applicant == who.id) | cls.id.in_(asked))

    @classmethod
    def is_standing(cls) -> peewee.Expression:
        """Agreed to, not handed over, and its days are not over."""
        still = cls.due_on.is_null() | (cls.due_on >= clock.today())
        return cls.agreed_at.is_null(False) & cls.ended.is_null() & still

    @classmethod
    def is_near(cls) -> peewee.Expression:
        """To be handed over today or tomorrow."""
        return cls.is_standing() & (cls.starts_on <= clock.today() + timedelta(days=1))

    # Who must agree

    def needs(self) -> list[Need]:
        """The head of the own office for what is kept, the director, then who answers for value and for outside."""
        steps: list[list[Need]] = [[], [Need("director", "director", role="director")]]
        head = _head_of(self.applicant)
        if self.kind == "issue" and head is not None:
            steps[0].append(Need("head", "head", person=head))
        above = []
        if self.kind == "outside":
            above.append(Need("vice_principal", "vice_principal", role="vice_principal"))
        if self.valuable:
            above.append(Need("principal", "principal", role="principal"))
        steps.append(above)
        return [
            Need(need.key, need.words, role=need.role, person=need.person, step=number)
            for number, step in enumerate(filter(None, steps), 1)
            for need in step
        ]

    def settle(self, by: Any) -> None:
        """Everybody agreed: the days are promised now, or the agreement is refused."""
        if self.due_on is not None:
            if self.due_on < clock.today():
                raise Refused(_("The days of this request are over; it has to be made anew."))
            self._reserve(by)
        self.agreed_at = clock.now()
        self.save(only=[Request.agreed_at])

    def filed(self) -> dict[str, Any]:
        return {"asset": self.asset_id}

    # Verbs

    @classmethod
    def ask(
        cls,
        by: Person,
        kind: str,
        *,
        reason: str,
        asset: Asset | None = None,
        category: Category | None = None,
        quantity: int = 1,
        starts_on: date | None = None,
        due_on: date | None = None,
        swap: bool = False,
        borrower: str = "",
        carrier: str = "",
        letter: str = "",
        photos: Sequence[Any] = (),
    ) -> "Request":
        """Ask for a thing or for some of a category. Refused at once when the days are taken already."""
        starts_on = starts_on or clock.today()
        _check_days(kind, starts_on, due_on)
        _check_words(kind, reason, borrower, letter, photos)
        if (asset is None) == (category is None) or not 1 <= quantity <= MOST:
            raise Refused(_("Please say what you need, and how many."), 422)
        with writing():
            row = cls(
                applicant=by, kind=kind, asset=asset, category=category, quantity=quantity, reason=reason,
                starts_on=starts_on, due_on=due_on, swap=swap and kind == "issue", borrower=borrower, carrier=carrier,
                letter=letter,
            )  # fmt: skip
            row.valuable = row._is_valuable()
            row._check_there_is()
            row.save(force_insert=True)
            Photo.attach(photos, row, by, part="letter")
            journal.record("custody.requested", row, by, asset=asset, quantity=quantity, what=row.what, reason=reason)
            row.ask_all(by)
        return row

    def _is_valuable(self) -> bool:
        if self.asset is not None:
            return is_valuable(self.asset)
        return any(is_valuable(asset) for asset in lying_ready(self.category))

    def _check_there_is(self) -> None:
        """Something to be had on these days, as far as one can see now."""
        if self.asset is None:
            self._choose()
            return
        _check_can_go_out(self.asset, self.quantity)
        if self.due_on is not None:
            if conflict := conflict_of(self.asset, self.starts_on, self.due_on, self.quantity):
                raise Refused(conflict)
        elif self.quantity > (left := free(self.asset)):
            holder = None if self.asset.is_batch else Custody.open_of(self.asset)
            raise Refused(holder.already_words if holder else none_left(self.asset, left))

    def _reserve(self, by: Any) -> None:
        """Promise the thing; of a category, those that are free on all these days, the first by number."""
        first = max(self.starts_on, clock.today())
        wanted = [(self.asset, self.quantity)] if self.asset_id else self._choose(first)
        for asset, quantity in wanted:
            row = Reservation.make(self, asset, self.applicant, first, self.due_on, quantity)
            journal.record("custody.reserved", self, by, asset=asset, holder=self.applicant.name,
                           holder_id=self.applicant_id, days=row.when)  # fmt: skip

    def _choose(self, first: date | None = None) -> list[tuple[Asset, int]]:
        """Things of the category that are to be had on all days, enough of them; Refused when there are fewer."""
        picked, left = [], self.quantity
        for asset in lying_ready(self.category):
            if is_valuable(asset) and not self.valuable:
                continue
            number = min(left, self._to_be_had(asset, first or self.starts_on)) if left else 0
            if number:
                picked.append((asset, number))
                left -= number
        if left:
            raise Refused(_("Only %(left)s of “%(what)s” are to be had on these days.",
                            left=self.quantity - left, what=self.category.word))  # fmt: skip
        return picked

    def _to_be_had(self, asset: Asset, first: date) -> int:
        """How many of a thing, at most as many as are wanted."""
        if self.due_on is None:
            return min(free(asset), self.quantity)
        most = self.quantity if asset.is_batch else 1
        return next((n for n in range(most, 0, -1) if not conflict_of(asset, first, self.due_on, n)), 0)

    def hand_over(
        self, by: Any, things: Sequence[Handing], *, condition: str = "", photos: Sequence[Any] = ()
    ) -> list[Custody]:
        """Hand over what was agreed to, or a part of it: loans and issues in the applicant's name, all or nothing.
        A loan to another unit gets its gate pass with it."""
        if not things:
            raise Refused(_("Please say what is handed over."), 422)
        with writing():
            self._must_stand()
            self._check_fits(things)
            rows = [self._give(by, each, condition) for each in things]
            Photo.attach(photos, rows[0], by, part="before")
            for row in rows:
                Giving.create(request=self, custody=row)
            if self.kind == "outside":
                GatePass.issue(self, rows, by)
            names = _(", ").join(_quantified(row.asset, row.quantity) for row in rows)
            journal.record("custody.request_given", self, by, things=names)
            if not self.left:
                self._close(by, "given")
        return rows

    def _check_fits(self, things: Sequence[Handing]) -> None:
        if sum(each.quantity for each in things) > self.left:
            raise Refused(_("Only %(left)s are still to be handed over.", left=self.left), 422)
        for each in things:
            wrong = each.asset.id != self.asset_id if self.asset_id else each.asset.category_id != self.category_id
            if wrong:
                raise Refused(_("%(thing)s is not what was asked for: %(what)s.",
                                thing=each.asset.name, what=self.what), 422)  # fmt: skip
        if self.swap and not any(each.old for each in things):
            raise Refused(_("This was agreed to as a swap: take the old one back."), 422)

    def _give(self, by: Any, each: Handing, condition: str) -> Custody:
        self._release(each)
        given = {"quantity": each.quantity, "note": self.reason, "condition": condition, "agreed": self.valuable}
        if self.due_on is None:
            row = Custody.hand_out(each.asset, self.applicant, by, **given)
        else:
            due_on = max(self.due_on, clock.today())
            row = Custody.lend(each.asset, self.applicant, by, due_on=due_on, **given)
        if each.old is not None:
            Swap.make(row, each.old, by)
        return row

    def _release(self, each: Handing) -> None:
        """The promise becomes a loan. Another thing of the category than the promised one frees a promised one."""
        standing = list(self.reservations_standing)
        same = [row for row in standing if row.asset_id == each.asset.id]
        left = each.quantity
        for row in [*same, *(row for row in standing if row not in same)]:
            number = min(left, row.quantity)
            if number:
                row.release("given" if row in same else "changed", number)
                left -= number

    def drop(self, by: Any, reason: str) -> None:
        """What was agreed to, or the rest of it, is not needed any more: its days are free for others."""
        if by.id != self.applicant_id and not by.may("custody.lend"):
            raise Refused(_("Only who asked for this, or the office, can end it."), 403)
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._must_stand()
            self._close(by, "dropped", reason)
            journal.record("custody.request_dropped", self, by, asset=self.asset_id, reason=reason)

    def _close(self, by: Any, why: str, reason: str = "") -> None:
        for row in list(self.reservations_standing):
            row.release(why)
        self.ended = RequestEnding.create(why=why, by=by, reason=reason)
        self.save(only=[Request.ended])

    def _must_stand(self) -> None:
        fresh = Request.get_by_id(self.id)
        if fresh.agreed_at is None:
            raise Refused(_("Not everybody has agreed to this yet."))
        if fresh.ended_id is not None:
            raise Refused(_("This request is already over: %(why)s.", why=fresh.ended.why_word))
        self.agreed_at = fresh.agreed_at

    # In words

    @property
    def number(self) -> str:
        """`JY2026-0007`: what kind, the year, a running number."""
        return number_of(PREFIXES[self.kind], self)

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind])

    @property
    def what(self) -> str:
        """The thing's name, or the category's."""
        return self.asset.name if self.asset_id else self.category.word

    @property
    def unit(self) -> str:
        return self.asset.unit if self.asset_id else ""

    @property
    def kind_of_thing(self) -> Category:
        return self.asset.category if self.asset_id else self.category

    @property
    def when(self) -> str:
        """`25/11 to 27/11`; `from 25/11 on` for what is kept."""
        return days_in_words(self.starts_on, self.due_on)

    @property
    def now(self) -> str:
        """open, refused, withdrawn; once agreed to: promised, ready, given, dropped or over."""
        if self.agreed_at is None:
            return self.state
        if self.ended_id is not None:
            return self.ended.why
        if self.due_on is not None and self.due_on < clock.today():
            return "over"
        return "ready" if self.starts_on <= clock.today() else "promised"

    @property
    def now_word(self) -> str:
        return {
            "open": _("waiting for agreement"),
            "refused": _("refused"),
            "withdrawn": _("withdrawn"),
            "promised": _("reserved"),
            "ready": _("ready to be fetched"),
            "given": _("handed over"),
            "dropped": _("not needed any more"),
            "over": _("not fetched"),
        }[self.now]

    @property
    def tone(self) -> str:
        """How the state is coloured."""
        return {"open": "soon", "refused": "late", "ready": "info", "promised": "info", "given": "fine"}.get(
            self.now, ""
        )

    @property
    def given(self) -> list["Giving"]:
        """What was handed over so far, with the things."""
        return list(
            Giving.select(Giving, Custody, Asset)
            .join(Custody)
            .join(Asset)
            .where(Giving.request == self)
            .order_by(Giving.id)
        )

    @property
    def left(self) -> int:
        """How many are still to be handed over."""
        done = (
            Giving.select(peewee.fn.COALESCE(peewee.fn.SUM(Custody.quantity), 0))
            .join(Custody)
            .where(Giving.request == self)
        )
        return self.quantity - done.scalar()

    @property
    def reservations_standing(self) -> peewee.ModelSelect:
        return (
            Reservation.select(Reservation, Asset)
            .join(Asset)
            .where(Reservation.request == self, Reservation.released_at.is_null())
            .order_by(Reservation.id)
        )


Request.add_index(
    Request.index(Request.starts_on, name="custody_request_standing",
                  where=peewee.SQL("agreed_at is not null and ended_id is null"))
)  # fmt: skip


class Giving(Row):
    """What was handed over for a request."""

    append_only = True

    request = peewee.ForeignKeyField(Request, backref="givings")
    custody = peewee.ForeignKeyField(Custody, unique=True, backref="givings")

    class Meta:
        table_name = "custody_request_giving"


# Rules ------------------------------------------------------------------------------------------------------


def _head_of(person: Person) -> Person | None:
    """Who answers for the person's office; nobody when it is the person, or the director who is asked anyway."""
    head = person.office.head if person.office_id else None
    if head is None or head.id == person.id or not head.is_active or "director" in head.given_roles:
        return None
    return head


def _check_days(kind: str, starts_on: date, due_on: date | None) -> None:
    if kind not in KINDS:
        raise Refused(_("Please choose one."), 422)
    if (kind == "issue") != (due_on is None):
        raise Refused(_("A loan needs a day to come back."), 422)
    if starts_on < clock.today():
        raise Refused(_("That day has passed."), 422)
    if starts_on > clock.today() + FARTHEST:
        raise Refused(_("That is too far ahead; ask again nearer to the day."), 422)
    if due_on is not None and due_on < starts_on:
        raise Refused(_("The last day comes before the first."), 422)
    if due_on is not None and due_on - starts_on > LONGEST:
        raise Refused(_("That is too long for a loan; ask for it to be issued."), 422)


def _check_words(kind: str, reason: str, borrower: str, letter: str, photos: Sequence[Any]) -> None:
    if not reason.strip():
        raise Refused(_("Please say what it is for."), 422)
    if kind == "outside" and not borrower.strip():
        raise Refused(_("Please name the unit that borrows it."), 422)
    if kind == "outside" and not (letter.strip() and photos):
        raise Refused(_("A loan to another unit needs its note: the words and a photo."), 422)


def _check_can_go_out(asset: Asset, quantity: int) -> None:
    state = Asset.select(Asset.state).where(Asset.id == asset.id).scalar()
    if state in ("disposed", "to_dispose"):
        raise Refused(_("%(thing)s is disposed of and can't be given out.", thing=asset.name))
    if quantity > 1 and not asset.is_batch:
        raise Refused(_("%(thing)s is one thing; the quantity is 1.", thing=asset.name), 422)


def _quantified(asset: Asset, quantity: int) -> str:
    return f"{asset.name} × {quantity} {asset.unit}" if asset.is_batch else asset.name


guard("custody_request", lambda who, id: Request.visible_to(who).where(Request.id == id).exists())
