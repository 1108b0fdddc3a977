"""What is typed when things are written off, when class property is counted, and when damage is compensated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, ValidationError

from app import clock
from app.assets.models import Asset, Shelf
from app.disposals import compensation
from app.disposals.class_property import MOST, Counted, Line, More
from app.disposals.compensation import BASES, CAUSES, find_ticket, wrong_amount, wrong_words
from app.disposals.disposal import (
    APPRAISERS,
    GONE,
    REASONS,
    WAYS,
    Age,
    Disposal,
    asked_for,
    check_reason,
    check_way,
)
from app.errors import Refused
from app.fields import Count, LongWords, Money, OnDay, OneOf, PersonField, Words, clean, options
from app.photos.forms import PhotosField
from app.places.models import ClassGroup, Place

# Write-off --------------------------------------------------------------------------------------------------


class DisposalForm(Form):
    """Ask for a thing to be taken off the ledger. What the card knows is not asked again."""

    reason = OneOf(_l("Reason for writing off"), choices=options(REASONS))
    words = LongWords(_l("What is wrong with it"), longest=500, needed=True, render_kw={"rows": 3})
    source = OneOf(_l("Room"), coerce=int)
    quantity = Count(_l("How many"), default=1, high=100_000)
    acquired_on = OnDay(_l("Acquired on"))
    value = Money(_l("Original value of all of it (yuan)"), needed=True)
    net_value = Money(_l("Net value by the finance system (yuan)"))
    way = OneOf(_l("Way of disposal"), choices=options(WAYS))
    unusable = BooleanField(_l("It can't be used any more, nowhere in the school"))
    appraiser_1 = PersonField(_l("First appraiser"))
    appraiser_2 = PersonField(_l("Second appraiser"))
    appraiser_3 = PersonField(_l("Third appraiser"))
    appraiser_4 = PersonField(_l("Fourth appraiser"), needed=False)
    appraiser_5 = PersonField(_l("Fifth appraiser"), needed=False)
    photos = PhotosField(_l("Photos of its condition"))

    def __init__(self, *args: Any, asset: Asset, applicant: Any, shelves: Sequence[Shelf], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asset, self.applicant, self.shelves = asset, applicant, list(shelves)
        self.photos.flags.required = True  # but for what is gone, see validate_photos
        if asset.acquired_on is not None:
            del self.acquired_on
        if asset.unit_price is not None:
            del self.value
        if asset.is_batch:
            self.source.choices = options(
                (row.place_id, f"{row.place.full_name} ({row.quantity} {asset.unit})") for row in self.shelves
            )
        else:
            del self.source, self.quantity

    @property
    def age(self) -> Age:
        since = self.asset.acquired_on or (self.acquired_on.data if "acquired_on" in self else None)
        return Age.of(since, self.asset.category.life_years)

    @property
    def appraiser_fields(self) -> list[PersonField]:
        return [self[f"appraiser_{number}"] for number in range(1, 6)]

    @property
    def place(self) -> Place | None:
        return next((row.place for row in self.shelves if "source" in self and row.place_id == self.source.data), None)

    def validate_reason(self, field: Field) -> None:
        _as_words(lambda: check_reason(field.data, self.age))

    def validate_way(self, field: Field) -> None:
        if self.reason.data in REASONS:
            _as_words(lambda: check_way(self.age.kind(self.reason.data), self.reason.data, field.data))

    def validate_acquired_on(self, field: OnDay) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come."))

    def validate_quantity(self, field: Count) -> None:
        held = next((row.quantity for row in self.shelves if row.place_id == self.source.data), None)
        if held is None or not field.data:
            return
        left = held - asked_for(self.asset, self.place)
        if field.data > left:
            raise ValidationError(_("Only %(left)s %(unit)s of %(thing)s stand there and are not asked for already.",
                                    left=max(left, 0), unit=self.asset.unit, thing=self.asset.name))  # fmt: skip

    def validate_unusable(self, field: BooleanField) -> None:
        if not field.data and self.reason.data not in GONE:
            raise ValidationError(
                _("What can still be used must not be written off, however old it is. Move it to where it is needed.")
            )

    def validate_photos(self, field: PhotosField) -> None:
        if not field.data and self.reason.data not in GONE:
            raise ValidationError(_("Please add a photo of its condition."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        return self._different_appraisers() and right

    def _different_appraisers(self) -> bool:
        seen, right = {self.applicant.id: _("Who asks can't appraise.")}, True
        for field in self.appraiser_fields:
            if field.data is None:
                continue
            if field.data.id in seen:
                field.errors, right = [*field.errors, seen[field.data.id]], False
            seen[field.data.id] = _("At least %(least)s different people appraise.", least=APPRAISERS)
        return right

    @property
    def facts(self) -> dict[str, Any]:
        """What Disposal.ask wants to know."""
        own = {name: self[name].data for name in ("reason", "words", "way", "net_value")}
        extra = {name: self[name].data for name in ("acquired_on", "value", "quantity") if name in self}
        people = [field.data for field in self.appraiser_fields if field.data is not None]
        return {**own, **extra, "place": self.place, "appraisers": people, "photos": self.photos.data}


class CarryOutForm(Form):
    """It is gone: how, for how much, by which approval."""

    way = OneOf(_l("Way of disposal"), choices=options(WAYS))
    residual = Money(_l("Residual value (yuan)"))
    receiver = Words(_l("Who got it"), longest=80, needed=False)
    bureau_number = Words(_l("The bureau's approval number"), longest=60, needed=False)

    def __init__(self, *args: Any, slip: Disposal, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.slip = slip
        self.bureau_number.flags.required = slip.needs_bureau

    def validate_way(self, field: Field) -> None:
        _as_words(lambda: check_way(self.slip.kind, self.slip.reason, field.data))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if self.slip.needs_bureau and not self.bureau_number.data:
            words = _("A write-off of this value needs the bureau's approval number.")
            self.bureau_number.errors, right = [*self.bureau_number.errors, words], False
        return right


class WhyForm(Form):
    """Why something is called off or opened again."""

    reason = LongWords(_l("Why"), longest=200, needed=True, render_kw={"rows": 2, "maxlength": 200})


def _as_words(check: Any) -> None:
    """A rule's sentence stands at the field."""
    try:
        check()
    except Refused as refused:
        raise ValidationError(refused.sentence) from None


# Class property ---------------------------------------------------------------------------------------------


@dataclass
class CountLine:
    """One line of the sheet as it was typed: how many, how many of them good (at the start) or damaged (at the end)."""

    line: Line
    stage: str
    number: str = ""
    of_these: str = ""
    note: str = ""
    error: str = ""

    @classmethod
    def of(cls, line: Line, stage: str) -> "CountLine":
        """As it stands; at the end of term what stood at the start and is unharmed is offered."""
        if stage == "opening":
            return cls(line, stage, str(line.opening), str(line.good), line.note)
        closing = line.opening if line.closing is None else line.closing
        return cls(line, stage, str(closing), str(line.damaged or 0), line.note)

    def read(self, form: Mapping[str, str]) -> None:
        self.number, self.of_these = (clean(form.get(f"{part}-{self.line.id}"))[:12] for part in ("n", "of"))
        self.note = clean(form.get(f"note-{self.line.id}"))
        self.error = _wrong_numbers(self.number, self.of_these, self.stage) or _too_long(self.note, 200)

    @property
    def counted(self) -> Counted:
        return Counted(int(self.number), int(self.of_these), self.note)


@dataclass
class MoreLine:
    """An empty line at the foot of the sheet, for what the ledger does not know."""

    index: int
    item: str = ""
    unit: str = ""
    number: str = ""
    of_these: str = ""
    error: str = ""

    def read(self, form: Mapping[str, str]) -> None:
        names = ("item", "unit", "n", "of")
        self.item, self.unit, self.number, self.of_these = (
            clean(form.get(f"more-{name}-{self.index}")) for name in names
        )
        self.of_these = self.of_these or self.number
        if not self.item:
            self.error = _("Please say what it is.") if self.number else ""
            return
        self.error = (
            _too_long(self.item, 60) or _too_long(self.unit, 8) or _wrong_numbers(self.number, self.of_these, "opening")
        )

    @property
    def added(self) -> More:
        return More(self.item, self.unit, int(self.number), int(self.of_these))


MORE_LINES = 3


class PropertySheet:
    """What was counted of a class's property, line by line. Without a form: as it stands."""

    def __init__(self, lines: Sequence[Line], stage: str, form: Mapping[str, str] | None = None):
        self.stage = stage
        self.rows = [CountLine.of(line, stage) for line in lines]
        self.more = [MoreLine(index) for index in range(MORE_LINES if stage == "opening" else 0)]
        for row in (*self.rows, *self.more) if form is not None else ():
            row.read(form)

    def validate(self) -> bool:
        return not any(row.error for row in (*self.rows, *self.more))

    @property
    def counts(self) -> dict[int, Counted]:
        return {row.line.id: row.counted for row in self.rows}

    @property
    def added(self) -> list[More]:
        return [row.added for row in self.more if row.item]


def _wrong_numbers(number: str, of_these: str, stage: str) -> str:
    if not all(
        each.isascii() and each.isdigit() and len(each) < 7 and int(each) <= MOST for each in (number, of_these)
    ):
        return _("Please give a whole number.")
    if int(of_these) <= int(number):
        return ""
    if stage == "opening":
        return _("No more can be good than there are.")
    return _("No more can be damaged than there are.")


def _too_long(text: str, longest: int) -> str:
    return _("At most %(most)s characters, please.", most=longest) if len(text) > longest else ""


# Compensation -----------------------------------------------------------------------------------------------


class CompensationForm(Form):
    """What was found about a damage. `asset` is the thing if it is in the ledger."""

    thing = Words(_l("What was damaged"), longest=80)
    ticket = Words(_l("Number of the repair"), longest=20, needed=False)
    group = OneOf(_l("Class"), needed=False, coerce=int, default=0)
    cause = OneOf(_l("Cause"), choices=options(CAUSES))
    words = LongWords(_l("What happened"), longest=compensation.LONGEST, needed=True, render_kw={"rows": 3})
    basis = OneOf(_l("The amount is"), needed=False, default="")
    amount = Money(_l("Amount (yuan)"))
    parents_informed = BooleanField(_l("The parents know"))

    def __init__(self, *args: Any, asset: Asset | None, who: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asset, self.who = asset, who
        self.basis.choices = options([("", _("nobody pays")), *BASES.items()])
        self.group.choices = options([(0, "—"), *((group.id, group.name) for group in ClassGroup.present())])
        self.found_ticket = find_ticket(self.ticket.data, who) if self.ticket.data else None

    def validate_thing(self, field: Words) -> None:
        _no_wrong_words(field)

    def validate_words(self, field: LongWords) -> None:
        _no_wrong_words(field)

    def validate_ticket(self, field: Words) -> None:
        if field.data and self.found_ticket is None:
            raise ValidationError(_("There is no repair with this number."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if self.amount.errors or self.cause.errors or self.basis.errors:
            return right
        wrong = wrong_amount(self.cause.data, self.basis.data, self.amount.data, self.asset)
        if not wrong and self.basis.data and not self.amount.data:
            wrong = _("Please give the amount, or choose that nobody pays.")
        if wrong:
            self.amount.errors, right = [*self.amount.errors, wrong], False
        return right

    @property
    def facts(self) -> dict[str, Any]:
        """What Compensation.record wants to know."""
        own = ("thing", "cause", "words", "basis", "amount", "parents_informed")
        group = ClassGroup.get_or_none(ClassGroup.id == self.group.data) if self.group.data else None
        return {name: self[name].data for name in own} | {
            "group": group, "ticket": self.found_ticket, "asset": self.asset,
        }  # fmt: skip


class PayForm(Form):
    """The receipt of a compensation."""

    receipt = Words(_l("Number of the receipt"), longest=60)
    parents_informed = BooleanField(_l("The parents know"))

    def __init__(self, *args: Any, known: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if known:
            del self.parents_informed

    def validate_parents_informed(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("The parents have to know before anything is paid."))

    @property
    def informed(self) -> bool:
        return "parents_informed" not in self or self.parents_informed.data


class DropForm(Form):
    """Waive a compensation, or make a wrong record void."""

    kind = OneOf(_l("What to do"), choices=options({"waived": _l("Waive it"), "void": _l("Make it void")}))
    reason = LongWords(_l("Why"), longest=200, needed=True, render_kw={"rows": 2, "maxlength": 200})

    def validate_reason(self, field: LongWords) -> None:
        _no_wrong_words(field)


def _no_wrong_words(field: Field) -> None:
    if wrong := wrong_words(field.data or ""):
        raise ValidationError(wrong)
