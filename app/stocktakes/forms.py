"""What is typed when a stock-take begins, when a thing is ticked by hand, and when a difference gets its reason."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form

from app.assets.models import Category
from app.fields import Count, OneOf, PersonField, PickField, PlaceField, Words, clean, options
from app.people.models import Office, Person
from app.photos.forms import PhotosField
from app.places.models import Place
from app.stocktakes.counting import MOST
from app.stocktakes.differences import Difference
from app.stocktakes.models import MOST_PEOPLE

ROOMS = 200  # single rooms in one range


def _number(text: str | None) -> int | None:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


class BeginForm(Form):
    """Name, range and team. Rooms and people are gathered one by one: each goes into a list of its own, which the
    form carries along (`rooms`, `counters`, `witnesses` as repeated ids)."""

    name = Words(_l("Name of the stock-take"), longest=80)
    level = OneOf(_l("Building or floor"), coerce=int, default=0)
    room = PlaceField(_l("Single rooms"), needed=False)
    category = OneOf(_l("Only the category"), coerce=int, default=0)
    office = OneOf(_l("Only the office"), coerce=int, default=0)
    counter = PersonField(_l("Counters"), needed=False)
    witness = PersonField(_l("Witnesses"), needed=False)

    def __init__(self, formdata: Any = None, **kwargs: Any):
        super().__init__(formdata, **kwargs)
        levels = {each.id: each for each in Place.levels()}
        named = ((each.id, _level_name(each, levels)) for each in levels.values() if each.kind != "school")
        self.level.choices = options([(0, _("all buildings")), *named])
        kinds = ((each.id, f"{each.code} {each.word}"[:60]) for each in Category.in_use())
        self.category.choices = options([(0, _("all categories")), *kinds])
        offices = Office.select().order_by(Office.name)
        self.office.choices = options([(0, _("all offices")), *((each.id, each.name) for each in offices)])
        self.counter.flags.required = self.witness.flags.required = True  # a list that must not stay empty
        sent = formdata if formdata is not None else {}
        self.rooms = _gathered(sent, "rooms", ROOMS, Place.rooms(), self.room)
        self.counters = _gathered(sent, "counters", MOST_PEOPLE, Person.active(), self.counter)
        self.witnesses = _gathered(sent, "witnesses", MOST_PEOPLE, Person.active(), self.witness)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        for field, people in ((self.counter, self.counters), (self.witness, self.witnesses)):
            if not people and not field.errors:
                field.errors = [_("Please name at least one.")]
                right = False
        if both := {each.id for each in self.counters} & {each.id for each in self.witnesses}:
            person = next(each for each in self.witnesses if each.id in both)
            self.witness.errors = [_("%(person)s can't be counter and witness at once.", person=person.name)]
            right = False
        return right

    @property
    def places(self) -> list[Place]:
        level = [Place.get_by_id(self.level.data)] if self.level.data else []
        return level + self.rooms

    def chosen(self, model: Any, field: Any) -> Any:
        return model.get_by_id(field.data) if field.data else None


def _level_name(level: Place, levels: Mapping[int, Place]) -> str:
    above = levels.get(level.parent_id) if level.kind == "floor" else None
    return f"{above.name} {level.name}" if above else level.name


def _gathered(sent: Any, name: str, most: int, query: Any, box: PickField) -> list[Any]:
    """The rows of a list that the form carries, less what was dropped, with what was picked now at the end; the box
    is empty again for the next one."""
    if not sent:
        return []
    dropped = sent.get(f"drop_{name}")
    ids = [_number(text) for text in sent.getlist(name)[:most] if text != dropped]
    ids = [id for id in ids if id is not None]
    known = {row.id: row for row in query.where(query.model.id.in_(ids))} if ids else {}
    rows = [known[id] for id in dict.fromkeys(ids) if id in known]
    if box.data is not None:
        if box.data.id not in known:
            rows.append(box.data)
        box.data, box.typed, box.found = None, "", []
    return rows


class TickForm(Form):
    """A thing without a readable label: why it was ticked without a scan, in words or as a photo."""

    reason = Words(_l("Why without a scan"), longest=200, needed=False)
    photos = PhotosField(_l("Photo"))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if right and not self.reason.data and not self.photos.data:
            self.reason.errors = [_("Please say why, or take a photo.")]
            right = False
        return right


class QuantityForm(Form):
    """How many of a batch stand in a room."""

    quantity = Count(_l("How many are here"), low=0, high=MOST)


class UnlabelledForm(Form):
    """Something that stands here and has no label."""

    what = Words(_l("What it is"), longest=80)
    quantity = Count(_l("How many"), high=MOST, default=1)
    photos = PhotosField(_l("Photo"))


class ReasonForm(Form):
    reason = Words(_l("Reason"), longest=200)


class Explained:
    """One difference on the page of reasons, with what was typed for it."""

    def __init__(self, row: Difference, sent: Mapping[str, str] | None, same: str = ""):
        self.row, self.errors = row, []
        usual = next(iter(row.outcomes))
        self.reason, self.outcome, self.category = row.reason, row.outcome or usual, row.category_id
        if sent is not None:
            self.reason = clean(sent.get(f"reason-{row.id}")) or same
            self.outcome = sent.get(f"outcome-{row.id}", self.outcome)
            self.category = _number(sent.get(f"category-{row.id}")) if row.needs_category else None

    @property
    def touched(self) -> bool:
        return bool(self.reason)

    def check(self, categories: Iterable[int]) -> bool:
        if len(self.reason) > 200:
            self.errors.append(_("At most %(max)d characters, please.", max=200))
        if self.outcome not in self.row.outcomes:
            self.errors.append(_("Please choose one."))
        if self.row.needs_category and self.outcome == "enter" and self.category not in categories:
            self.errors.append(_("Please choose the category; the thing gets a card."))
        return not self.errors
