"""Label codes: eight characters that name one thing for ever.

Alphabet: digits and letters without I, L, O, U (Crockford's base 32), so that nothing looks like another
character and no word appears. Seven are random (35 bits), the eighth checks them: a mistyped code is told
apart from an unknown one.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock, journal
from app.db import Moment, Row, writing
from app.errors import Refused
from app.places.models import Place

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_LOOK_ALIKES = str.maketrans("ILOU", "110V")


@dataclass
class Offer:
    """One big button of the scan page, verb first: its words, its icon, and the page that it opens."""

    words: str
    icon: str
    endpoint: str
    args: dict[str, Any] = field(default_factory=dict)


# Asked for each scan by somebody signed in: what may be done with this label just now, `offers(who, label)`. Nouns
# add theirs. It must be cheap: the page behind a label is the one that is asked most.
offers: list[Callable[[Any, "Label"], list[Offer]]] = []


class Label(Row):
    """A printed code and the one thing it stands for: a place, an asset, or nothing yet (a blank)."""

    code = peewee.CharField(LENGTH, primary_key=True)
    place = peewee.ForeignKeyField(Place, null=True, backref="labels")
    asset = peewee.DeferredForeignKey("Asset", null=True, backref="labels")
    made_at = Moment(default=clock.now)
    batch = peewee.CharField(60, default="")
    basket_at = Moment(null=True, index=True)  # waits in the print basket since; every new thing does
    printed_at = Moment(null=True, index=True)
    stuck_at = Moment(null=True)
    retired_at = Moment(null=True)
    retired_why = peewee.CharField(200, default="")

    class Meta:
        constraints = [peewee.Check("place_id is null or asset_id is null")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_blank(self) -> bool:
        return self.place_id is None and self.asset_id is None

    @property
    def kind(self) -> str:
        return "room" if self.place_id else "asset" if self.asset_id else "blank"

    @property
    def state(self) -> str:
        """new, printed, stuck or retired."""
        if self.retired_at:
            return "retired"
        return "stuck" if self.stuck_at else "printed" if self.printed_at else "new"

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.retired_at.is_null())

    @classmethod
    def of(cls, *, place: Any = None, asset: Any = None) -> "Label | None":
        """The label in use on a place or an asset."""
        mine = (cls.place == place) if place is not None else (cls.asset == asset)
        return cls.in_use().where(mine).first()

    @classmethod
    def make(cls, *, place: Any = None, asset: Any = None, batch: str = "") -> "Label":
        """A new code for a thing, waiting in the print basket; the database refuses a second one in use."""
        while True:
            code = new_code()
            try:
                with writing():
                    return cls.create(code=code, place=place, asset=asset, batch=batch, basket_at=clock.now())
            except peewee.IntegrityError:
                if not cls.select().where(cls.code == code).exists():
                    raise Refused(_("This thing already has a label in use.")) from None

    @classmethod
    def make_blanks(cls, count: int, batch: str = "") -> list["Label"]:
        with writing():
            return [cls.make(batch=batch) for _each in range(count)]

    def bind(self, by: Any, *, place: Any = None, asset: Any = None) -> None:
        """Give a blank code its thing. A thing's earlier label is retired: two codes must not say the same."""
        with writing():
            fresh = Label.get_by_id(self.code)
            if fresh.retired_at:
                raise Refused(_("The label %(code)s is retired and can't be used again.", code=self.code))
            if not fresh.is_blank:
                raise Refused(_("The label %(code)s already belongs to something.", code=self.code))
            if earlier := Label.of(place=place, asset=asset):
                earlier.retire(by, _("replaced by %(code)s", code=self.code))
            Label.update(place=place, asset=asset, stuck_at=clock.now(), basket_at=None).where(
                Label.code == self.code
            ).execute()
            self.place, self.asset = place, asset
            journal.record("labels.bound", place or asset, by, place=place, asset=asset, code=self.code)

    def retire(self, by: Any, reason: str) -> None:
        """A lost or damaged label: its code answers that it is retired, for ever."""
        with writing():
            gone = Label.update(retired_at=clock.now(), retired_why=reason, basket_at=None).where(
                Label.code == self.code, Label.retired_at.is_null()
            )
            if not gone.execute():
                raise Refused(_("The label %(code)s is already retired.", code=self.code))
            thing = self.place if self.place_id else self.asset if self.asset_id else None
            if thing is not None:
                journal.record(
                    "labels.retired", thing, by, place=self.place_id, asset=self.asset_id, code=self.code, reason=reason
                )

    def note_scan(self, by: Any) -> None:
        """The first scan of a printed label by staff on the spot makes it stuck."""
        if self.stuck_at or not self.printed_at or self.is_blank:
            return
        with writing():
            stuck = Label.update(stuck_at=clock.now()).where(Label.code == self.code, Label.stuck_at.is_null())
            if stuck.execute():
                thing = self.place if self.place_id else self.asset
                journal.record("labels.stuck", thing, by, place=self.place_id, asset=self.asset_id, code=self.code)


Label.add_index(Label.index(Label.place, unique=True, where=Label.retired_at.is_null(), name="label_place_in_use"))
# The same for assets stands beside Asset, which this room does not know.


def new_code() -> str:
    body = "".join(secrets.choice(ALPHABET) for _each in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The character that makes the weighted sum zero in the field of 32 elements.

    The seven weights are the powers 2¹…2⁷ of its generator, all different and none of them 1: every single
    wrong character and every swap of two characters is noticed, not only most of them.
    """
    total = 0
    for products, character in zip(_PRODUCTS, body, strict=True):
        total ^= products[character]
    return ALPHABET[total]


def _times(a: int, b: int) -> int:
    """Product in GF(2⁵) with x⁵ + x² + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product


_WEIGHTS = (2, 4, 8, 16, 5, 10, 20)  # 2¹ … 2⁷ in GF(2⁵)
_PRODUCTS = [{character: _times(weight, value) for value, character in enumerate(ALPHABET)} for weight in _WEIGHTS]

_IN_ADDRESS = re.compile(r"/q/([^/?#\s]+)", re.IGNORECASE)


def tidy(text: str) -> str:
    """What a person typed or a scanner read, as a code: the address around it gone, upper case, no spaces,
    look-alikes put right."""
    if address := _IN_ADDRESS.search(text):
        text = address[1]
    return "".join(text.upper().split()).replace("-", "").translate(_LOOK_ALIKES)


def is_well_formed(code: str) -> bool:
    """Whether the check character agrees, so that this can be a code of ours."""
    return (
        len(code) == LENGTH
        and all(character in ALPHABET for character in code)
        and check_character(code[:-1]) == code[-1]
    )
