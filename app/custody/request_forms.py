"""What is filled in to ask for something, to hand it over, and to swap an old one for it."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice

from app import clock
from app.assets.models import Asset, Category
from app.custody.forms import Maybe
from app.custody.requests import MOST, Request
from app.custody.reservations import FARTHEST, LONGEST
from app.custody.stock import lendable
from app.custody.swaps import FATES, Old, old_ones
from app.db import escape_like
from app.fields import SHOWN, Count, LongWords, OnDay, OneOf, PickField, Words, options
from app.photos.forms import PhotosField


class ThingField(PickField):
    """Something that lies in a store room or idle, by name, number or pinyin initials."""

    finder = "custody.find_thing"
    action = "custody.request"

    def find(self, words: str) -> list[Asset]:
        return find_things(words)

    def by_id(self, id: int) -> Asset | None:
        return lendable().where(Asset.id == id).first()

    def explain(self, row: Asset) -> str:
        return row.number


def find_things(words: str) -> list[Asset]:
    """The first few that fit; whole names come first."""
    pattern = f"%{escape_like(words.strip().lower())}%"
    return list(lendable().where(Asset.words**pattern).order_by(Asset.name, Asset.number).limit(SHOWN))


class RequestForm(Form):
    """What, how many, what for, from when to when. With `asset` it is about just that thing (opened by a scan)."""

    kind = OneOf(
        _l("Kind"),
        choices=options({"loan": _l("Borrow, comes back"), "issue": _l("Be issued, kept in use"),
                         "outside": _l("Lend to another unit")}),
        default="loan",
    )  # fmt: skip
    category = Maybe(_l("Any of a kind"), needed=False, coerce=int, default=0)
    thing = ThingField(_l("Or just this thing"), needed=False)
    quantity = Count(_l("How many"), high=MOST, default=1)
    reason = Words(_l("What for"), longest=200)
    starts_on = OnDay(_l("From"), needed=True)
    due_on = OnDay(_l("Until"))
    swap = BooleanField(_l("Old for new: I bring the old one back"))
    borrower = Words(_l("Which unit borrows it"), longest=80, needed=False)
    carrier = Words(_l("Who carries it out"), longest=40, needed=False)
    letter = LongWords(_l("Words of the unit's note"), longest=400)
    photos = PhotosField(_l("Photo of the note"), most=2)

    def __init__(self, *args: Any, asset: Asset | None = None, **kwargs: Any):
        kwargs.setdefault("starts_on", clock.today())
        super().__init__(*args, **kwargs)
        for field in (self.due_on, self.borrower, self.letter, self.photos):
            field.flags.required = True  # in its kind: the page shows it only there, _problems() asks for it
        self.asset = asset
        if asset is not None:
            del self.category, self.thing
            if not asset.is_batch:
                del self.quantity
        else:
            self.category.choices = [SelectChoice(0, "—"), *kinds_there_are()]

    @property
    def outside(self) -> bool:
        return self.kind.data == "outside"

    def validate_thing(self, field: ThingField) -> None:
        if field.errors:
            return
        if field.data is None and not self.category.data:
            raise ValidationError(_("Please choose a kind, or name one thing."))
        if field.data is not None and self.category.data:
            raise ValidationError(_("Please give either a kind or one thing, not both."))

    def validate_starts_on(self, field: OnDay) -> None:
        if field.data is None:
            return
        if field.data < clock.today():
            raise ValidationError(_("That day has passed."))
        if field.data > clock.today() + FARTHEST:
            raise ValidationError(_("That is too far ahead; ask again nearer to the day."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Beyond the single fields: what is needed depends on the kind."""
        right = super().validate(*args, **kwargs)
        for field, problem in self._problems():
            if not field.errors:
                field.errors = [problem]
                right = False
        return right

    def _problems(self) -> list[tuple[Field, str]]:
        found: list[tuple[Field, str]] = []
        start, end = self.starts_on.data, self.due_on.data
        if self.kind.data != "issue":
            if end is None:
                found.append((self.due_on, _("A loan needs a day to come back.")))
            elif start and end < start:
                found.append((self.due_on, _("The last day comes before the first.")))
            elif start and end - start > LONGEST:
                found.append((self.due_on, _("That is too long for a loan; ask for it to be issued.")))
        if self.outside:
            found += [(each, _("Please fill this in.")) for each in (self.borrower, self.letter) if not each.data]
            if not self.photos.data:
                found.append((self.photos, _("Please add a photo.")))
        return found

    @property
    def facts(self) -> dict[str, Any]:
        """What Request.ask() takes."""
        chosen = self.asset or self.thing.data
        facts = {
            "reason": self.reason.data,
            "asset": chosen,
            "category": None if chosen else Category.get_by_id(self.category.data),
            "quantity": self.quantity.data if self.quantity and (chosen is None or chosen.is_batch) else 1,
            "starts_on": self.starts_on.data,
            "due_on": None if self.kind.data == "issue" else self.due_on.data,
            "swap": self.swap.data,
        }
        if self.outside:
            facts |= {"borrower": self.borrower.data, "carrier": self.carrier.data or "",
                      "letter": self.letter.data, "photos": self.photos.data}  # fmt: skip
        return facts


def kinds_there_are() -> list[SelectChoice]:
    """The categories of which something lies ready, by code."""
    ids = lendable().select(Asset.category).distinct()
    return [
        SelectChoice(row.id, row.word) for row in Category.select().where(Category.id.in_(ids)).order_by(Category.code)
    ]


class SwapPart:
    """The old one that comes back: mixed into forms that hand something out. `choices` are what is in the name."""

    olds: list[Any]

    def offer(self, olds: list[Any]) -> None:
        self.olds = olds
        named = [(str(row.id), f"{row.asset.name} {row.asset.number}") for row in olds]
        self.old.choices = options([*named, ("", _("not on record, see below"))])
        if olds and not self.old.raw_data:
            self.old.data = str(olds[0].id)

    @property
    def old_one(self) -> Old:
        chosen = next((row for row in self.olds if str(row.id) == self.old.data), None)
        return Old(chosen, self.old_words.data or "", self.fate.data)

    def check_swap(self) -> bool:
        """Either one that is in the name, or words."""
        if self.old.data or self.old_words.data:
            return True
        self.old_words.errors = [_("Please say which old one came back.")]
        return False


class Ticks(SelectMultipleField):
    """Boxes of ids."""

    def __init__(self, label: Any = None, **kwargs: Any):
        super().__init__(label, coerce=int, validate_choice=False, **kwargs)


class HandOverForm(Form, SwapPart):
    """Which things are handed over for a request: ticked ones, or the codes of others; the old one for a swap."""

    things = Ticks(_l("What is handed over"))
    codes = Words(_l("Another one: its label's code"), longest=200, needed=False)
    quantity = Count(_l("How many now"), high=MOST)
    condition = Words(_l("How it looks now"), longest=200, needed=False)
    photos = PhotosField(_l("Photos before"))
    old = Maybe(_l("The old one that comes back"), needed=False, choices=[], default="")
    old_words = Words(_l("The old one, in words"), longest=200, needed=False)
    fate = Maybe(_l("The old one"), choices=options(FATES), default="worn")

    def __init__(self, *args: Any, slip: Request, offered: list[Asset], left: int, **kwargs: Any):
        kwargs.setdefault("quantity", left)
        kwargs.setdefault("things", [asset.id for asset in offered[:1]] if slip.asset_id or left == 1 else
                          [asset.id for asset in offered[:left]])  # fmt: skip
        super().__init__(*args, **kwargs)
        self.slip, self.offered, self.left = slip, offered, left
        if not any(asset.is_batch for asset in offered):
            del self.quantity
        if slip.swap:
            self.offer(old_ones(slip.applicant, slip.asset) if slip.asset_id else [])
        else:
            del self.old, self.old_words, self.fate

    def validate_quantity(self, field: Count) -> None:
        if field.data and field.data > self.left:
            raise ValidationError(_("Only %(left)s are still to be handed over.", left=self.left))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        return (self.check_swap() and right) if self.slip.swap else right


class DropForm(Form):
    reason = Words(_l("Why"), longest=200)
