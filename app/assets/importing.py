"""Property from a sheet: our template, or the finance system's own.

Rows are found again by asset number, number in the finance system or serial number; rows that have none of these by
what they say of the thing. New things are entered by ledger.enter_many(); cards that are there already are brought up
to date, but nothing is moved, counted or handed over by a sheet: where it says otherwise than the ledger, the dry run
tells so and leaves it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form

from app import clock
from app.assets import ledger
from app.assets.columns import COLUMNS, FREE_STATES, Categories, HowMany
from app.assets.finance import WORDS, FinanceCard
from app.assets.ledger import Entering
from app.assets.models import Asset, Category, Shelf
from app.excel.importer import Importer, Line, Report
from app.fields import OneOf, options
from app.people.importing import Staff
from app.people.models import Office
from app.places.importing import Rooms
from app.places.models import Place

CARD = (
    "name", "brand", "model", "serial", "size", "unit", "unit_price", "acquired_on", "source", "supplier", "invoice",
    "fund", "warranty_until", "note",
)  # fmt: skip
ALIKE = ("name", "category", "brand", "model", "acquired_on", "is_batch")  # by which rows without a number are found
FINANCE = tuple(name for name in WORDS if name not in ("original", "area"))
NUMBERS = ("number", "finance_number", "serial")
FUNDS = {"budget": "财政拨款", "other_budget": "非财政拨款"}  # as it is written on a card, whoever imports it
CHUNK = 500
BIGGEST = 100_000  # of a batch


class AssetQuestions(Form):
    """What a sheet of the finance system can't say: where the things are."""

    room = OneOf(
        _l("Things without a room go to"), needed=False, default="",
        description=_l("For sheets without a column for the room, such as those of the finance system."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rooms = Place.rooms().order_by(Place.kind != "store", Place.parent, Place.position, Place.id)
        self.room.choices = options([("", "—"), *((str(room.id), room.full_name) for room in rooms)])


# The import -----------------------------------------------------------------------------------------------------


@dataclass
class Card:
    """What a row of the sheet means: what stands on the card, where and how many, what the finance system adds."""

    facts: dict[str, Any] = field(default_factory=dict)
    finance: dict[str, Any] = field(default_factory=dict)
    place: Place | None = None
    quantity: int | None = None
    state: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    by_serial: bool = False  # found by the serial number alone
    problems: list[tuple[str, str]] = field(default_factory=list)  # (sentence, key)

    @property
    def alike(self) -> tuple[Any, ...]:
        category = self.facts.get("category")
        code = category.code if category is not None else None
        return tuple(code if name == "category" else self.facts.get(name) or "" for name in ALIKE)


class AssetImporter(Importer):
    """Assets from our template or from the finance system's sheet."""

    name, title = "assets", _l("Import property")
    key = NUMBERS
    questions = AssetQuestions
    notes = (
        _l("A new thing gets its number and its label code at once; the label waits in the print basket."),
        _l("A quantity above 1 becomes a batch. For single things with a label each, write a row for each."),
        _l("A sheet moves nothing: room, keeper, office and quantity of what is there already stay as the ledger has "
           "them."),
    )  # fmt: skip
    columns = COLUMNS

    def found_again(self) -> str:
        return _(
            "Rows are found again by asset number, number in the finance system or serial number; rows without any of "
            "them by name, category, brand, model and day of acquiring. The same sheet sent again doubles nothing."
        )

    # Before the comparison: what the rows mean, and which assets they stand for

    def begin(self) -> None:
        self.categories, self.staff, self.rooms = Categories(), Staff(), Rooms()
        self.offices = {office.name: office for office in Office.select()}
        self.default = Place.rooms().where(Place.id == self._given_room()).first() if self._given_room() else None
        # The finance system calls its own number 资产编号: a sheet with its columns and no other number means that one.
        self.from_finance = not any("finance_number" in line for line in self.lines) and any(
            name in line for line in self.lines[:50] for name in FINANCE
        )
        self.cards = {line.number: self._card(line) for line in self.lines}
        self.new: list[Line] = []
        self._match()

    def _given_room(self) -> int | None:
        given = self.given.get("room", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else None

    def _card(self, line: Line) -> Card:
        card = Card({name: line[name] for name in CARD if name in line})
        card.numbers = {name: line[name] for name in NUMBERS if name in line}
        if self.from_finance and "number" in card.numbers:
            card.numbers["finance_number"] = card.numbers.pop("number")
        if "finance_number" in card.numbers:
            card.facts["finance_number"] = card.numbers["finance_number"]
        card.finance = {name: line[name] for name in (*FINANCE, "original") if name in line}
        card.state = line.get("state", "")
        self._look_up(line, card)
        self._reckon(line, card)
        return card

    def _look_up(self, line: Line, card: Card) -> None:
        """Category, room, keeper and office by their words."""
        finds = {
            "category": lambda words: self.categories.find(words, line.get("life_months")),
            "keeper": self.staff.find,
            "office": self._office,
            "place": self.rooms.find,
        }
        for key, find in finds.items():
            if key not in line:
                continue
            try:
                found = find(line[key])
            except ValueError as why:
                card.problems.append((str(why), key))
                continue
            if key == "place":
                card.place = found
            else:
                card.facts[key] = found

    def _office(self, words: str) -> Office:
        if words in self.offices:
            return self.offices[words]
        close = get_close_matches(words, self.offices, 1)
        raise ValueError(
            _("There is no office “%(words)s”; perhaps %(other)s?", words=words[:40], other=close[0])
            if close
            else _("There is no office “%(words)s”; add it under Staff first.", words=words[:40])
        )

    def _reckon(self, line: Line, card: Card) -> None:
        """How many, how kept, at what price each."""
        many = line.get("quantity")
        category = card.facts.get("category")
        if many is not None and (many.hundredths % 100 or (self.from_finance and _is_building(category))):
            if category is None or _is_building(category):
                card.finance["area"], many = many.hundredths, HowMany(100, many.unit)
            else:
                card.problems.append((_("“%(words)s” is not a whole number.", words=many), "quantity"))
        card.quantity = many.hundredths // 100 if many is not None else None
        if card.quantity is not None and card.quantity > BIGGEST:
            card.problems.append((_("Please give a number from %(low)s to %(high)s.", low=1, high=BIGGEST), "quantity"))
        if many is not None and many.unit and "unit" not in line:
            card.facts["unit"] = many.unit
        kind = line.get("kind") or ("batch" if (card.quantity or 1) > 1 else "single")
        card.facts["is_batch"] = kind == "batch"
        if kind == "single" and (card.quantity or 1) > 1:
            card.problems.append((_("One by one means a row for each. Write a row for each, or “batch”."), "kind"))
        self._price(line, card)
        if "fund" not in line and (card.finance.get("budget") or card.finance.get("other_budget")):
            card.facts["fund"] = "、".join(words for name, words in FUNDS.items() if card.finance.get(name))

    @staticmethod
    def _price(line: Line, card: Card) -> None:
        """The whole value and the price of one must not speak against each other."""
        value, price, many = line.get("original"), line.get("unit_price"), card.quantity or 1
        if value is None:
            return
        if price is None:
            card.facts["unit_price"] = round(value / many)
        elif abs(price * many - value) > many:
            card.problems.append((_("Unit price times quantity is not the original value."), "original"))

    def _match(self) -> None:
        """Which assets the rows stand for: first by their numbers, then rows without one by what they say."""
        ids = self._by_numbers()
        assets = {asset.id: asset for asset in _in_pieces(Asset.select(), Asset.id, list(set(ids.values())))}
        self.things: dict[int, Asset] = {number: assets[id] for number, id in ids.items()}
        self._by_what_they_say(set(assets))
        taken = [asset.id for asset in self.things.values()]
        self.shelves: dict[int, dict[int, int]] = defaultdict(dict)
        for row in _in_pieces(Shelf.select().where(Shelf.quantity > 0), Shelf.asset, taken):
            self.shelves[row.asset_id][row.place_id] = row.quantity
        self.finance = {row.asset_id: row for row in _in_pieces(FinanceCard.select(), FinanceCard.asset, taken)}

    def _by_numbers(self) -> dict[int, int]:
        """Row number of the sheet → id of an asset. What speaks for two assets at once is a problem."""
        wanted = {name: list({card.numbers[name] for card in self.cards.values() if name in card.numbers})
                  for name in NUMBERS}  # fmt: skip
        known: dict[str, dict[str, list[int]]] = {name: defaultdict(list) for name in NUMBERS}
        for name in NUMBERS:
            column = getattr(Asset, name)
            for value, id in _in_pieces(Asset.select(column, Asset.id).tuples(), column, wanted[name]):
                known[name][value].append(id)
        # A number that is not ours may be the finance system's, and the other way round.
        swapped = (("number", Asset.finance_number), ("finance_number", Asset.number))
        for name, column in swapped:
            left = [value for value in wanted[name] if value not in known[name]]
            for value, id in _in_pieces(Asset.select(column, Asset.id).tuples(), column, left):
                known[name][value].append(id)
        found = {}
        for number, card in self.cards.items():
            several = [(name, known[name][value]) for name, value in card.numbers.items() if value in known[name]]
            if id := self._one_of(card, several):
                found[number] = id
        return found

    @staticmethod
    def _one_of(card: Card, several: list[tuple[str, list[int]]]) -> int | None:
        certain = [(name, ids[0]) for name, ids in several if name != "serial"]
        if certain:
            if any(id != certain[0][1] for _name, id in certain):
                card.problems.append((_("The two numbers belong to two different things."), certain[1][0]))
            return certain[0][1]
        ids = several[0][1] if several else []
        card.by_serial = bool(ids)
        if len(ids) > 1:
            card.problems.append(
                (_("Several things have this serial number; please write the asset number."), "serial")
            )
        return ids[0] if ids else None

    def _by_what_they_say(self, taken: set[int]) -> None:
        """Rows without a number take assets that are alike: one in the same room first, then any."""
        rows = [(number, card) for number, card in self.cards.items() if not card.numbers and "category" in card.facts]
        names = list({card.facts["name"] for number, card in self.cards.items()
                      if number not in self.things and "name" in card.facts})  # fmt: skip
        pool: dict[tuple[Any, ...], list[Asset]] = defaultdict(list)
        query = Asset.select(Asset, Category).join(Category).order_by(Asset.id)
        for asset in _in_pieces(query, Asset.name, names):
            if asset.id not in taken:
                pool[_alike(asset)].append(asset)
        for same_room in (True, False):
            for number, card in rows:
                if number not in self.things and (several := pool.get(card.alike)):
                    here = [a for a in several if a.place_id == (card.place or self.default or Place(id=0)).id]
                    chosen = (here or ([] if same_room else several) or [None])[0]
                    if chosen is not None:
                        several.remove(chosen)
                        self.things[number] = chosen
        unnumbered = {key: [a for a in several if not a.finance_number] for key, several in pool.items()}
        self.look_alikes = {key: several for key, several in unnumbered.items() if several}

    # The comparison

    def key_of(self, line: Line) -> Any:
        """A row without any number stands for itself."""
        numbers = self.cards[line.number].numbers
        name = next((name for name in NUMBERS if name in numbers), None)
        return (name, numbers[name]) if name else line.number

    def find(self, line: Line) -> Asset | None:
        return self.things.get(line.number)

    def check(self, line: Line) -> None:
        card = self.cards[line.number]
        for sentence, key in card.problems:
            line.wrong(sentence, key)
        if card.facts.get("category") is not None and card.facts["category"].id is None:
            self._say_category(line, card.facts["category"])
        if line.thing is None:
            self._check_new(line, card)
        else:
            self._check_serial(line, card, line.thing)
            self._say_differences(line, card, line.thing)

    def _say_category(self, line: Line, category: Category) -> None:
        if category.code not in self.categories.coming:
            self.categories.coming[category.code] = category.name, category.life_years
            line.remark(
                _("The category %(code)s %(name)s is added.", code=category.code, name=category.name), "category"
            )

    def _check_new(self, line: Line, card: Card) -> None:
        if card.place is None and "place" not in line:
            card.place = self.default
            if card.place is None:
                line.wrong(_("Please say in which room it is, or choose one for all things without a room."), "place")
        if "finance_number" in card.numbers and (several := self.look_alikes.get(card.alike)):
            line.remark(
                _("There is already %(name)s %(number)s, without a number of the finance system. If this is the same "
                  "thing, write its asset number into this row.", name=several[0].name, number=several[0].number),
                "finance_number",
            )  # fmt: skip
        if card.state == "disposed":
            line.wrong(_("Only what the school still has is entered; please take this row out."), "state")

    @staticmethod
    def _check_serial(line: Line, card: Card, asset: Asset) -> None:
        """A thing found by its serial number must not have other numbers than the row."""
        has = {asset.number, asset.finance_number}
        for name, ours in (("number", asset.number), ("finance_number", asset.finance_number)):
            if card.by_serial and name in card.numbers and ours and card.numbers[name] not in has:
                line.wrong(
                    _("The thing with this serial number is %(name)s, number %(number)s.",
                      name=asset.name, number=ours), "serial",
                )  # fmt: skip

    def _say_differences(self, line: Line, card: Card, asset: Asset) -> None:
        """What the sheet says otherwise than the ledger. It stays as it is, and the person is told."""
        shelves = self.shelves.get(asset.id, {})
        if card.place is not None and shelves and card.place.id not in shelves:
            here = self.rooms.by_id.get(next(iter(shelves)))
            line.remark(
                _("It stands in %(place)s by the ledger and stays there; a transfer moves it.",
                  place=here.full_name if here else "—"), "place",
            )  # fmt: skip
        held = sum(shelves.values())
        if card.quantity is not None and card.quantity != held and not (held == 0 and not asset.is_batch):
            line.remark(
                _("The ledger holds %(held)s; enter, take off or count the difference there.", held=held), "quantity"
            )
        for key, words in (("keeper", _("The keeper changes only by a transfer.")),
                           ("office", _("The office in charge changes only by a transfer."))):  # fmt: skip
            if key in card.facts and card.facts[key].id != getattr(asset, f"{key}_id"):
                line.remark(words, key)
        if card.state and card.state != asset.state and not {card.state, asset.state} <= set(FREE_STATES):
            line.remark(
                _("It is %(state)s and stays so; that changes by its own slip.", state=asset.state_word), "state"
            )
        if "kind" in line and card.facts["is_batch"] != asset.is_batch:
            line.remark(_("How it is kept stays as it is; split or merge it on its own page."), "kind")

    def check_all(self, lines: list[Line]) -> None:
        """Numbers of the finance system are given once; and one asset is not two rows."""
        finance: dict[str, int] = {}
        things: dict[int, int] = {}
        for line in lines:
            number = self.cards[line.number].facts.get("finance_number")
            if number and finance.setdefault(number, line.number) != line.number:
                line.wrong(_("Row %(row)s has the same number.", row=finance[number]), "finance_number")
            if line.thing and things.setdefault(line.thing.id, line.number) != line.number and not line.problems:
                line.wrong(_("This is the same as row %(row)s.", row=things[line.thing.id]), "name")

    def differs(self, thing: Asset, line: Line) -> bool:
        return bool(self._changes(thing, line) or self._new_state(thing, line) or self._finance_differs(thing, line))

    def _changes(self, asset: Asset, line: Line) -> dict[str, Any]:
        """What of the card changes. What only a slip may change is not among it."""
        facts = self.cards[line.number].facts
        found = {
            name: value for name, value in facts.items()
            if name not in ("category", "keeper", "office", "is_batch") and getattr(asset, name) != value
        }  # fmt: skip
        category = facts.get("category")
        return found | ({"category": category} if category is not None and category.id != asset.category_id else {})

    def _new_state(self, asset: Asset, line: Line) -> str:
        state = self.cards[line.number].state
        return state if state != asset.state and state in FREE_STATES and asset.state in FREE_STATES else ""

    def _finance_differs(self, asset: Asset, line: Line) -> bool:
        facts, card = self.cards[line.number].finance, self.finance.get(asset.id)
        if card is None:  # the original value alone follows from the price and makes no card of the finance system
            return bool(facts.keys() - {"original"})
        return not card.says(facts)

    # The act

    def add(self, line: Line) -> None:
        self.new.append(line)

    def change(self, thing: Asset, line: Line) -> None:
        self._store_category(line)
        if changes := self._changes(thing, line):
            thing.change(self.by, **changes)
        if state := self._new_state(thing, line):
            thing.set_state(state, self.by)
        self._keep_finance(thing, line)

    def _store_category(self, line: Line) -> None:
        """A category that the sheet brings is added with the first row that names it."""
        category = self.cards[line.number].facts.get("category")
        if category is not None and category.id is None:
            stored = Category.add(category.code, category.name, self.by, life_years=category.life_years)
            category.id = stored.id

    def _keep_finance(self, asset: Asset, line: Line) -> None:
        facts, card = self.cards[line.number].finance, self.finance.get(asset.id)
        if not facts.keys() - {"original"} and card is None:
            return
        card = card or FinanceCard(asset=asset)
        for name, value in facts.items():
            setattr(card, name, value)
        card.person, card.at = self.by.id, clock.now()
        card.save()

    def finish(self, report: Report) -> None:
        """Everything that is new, in one go."""
        batch = _("import of %(day)s", day=clock.today().isoformat())
        entries = []
        for line in self.new:
            self._store_category(line)
            entries.append(self._entering(line, batch))
        ledger.enter_many(entries, self.by, self.tell)
        for line, entering in zip(self.new, entries, strict=True):
            self._keep_finance(entering.asset, line)

    def _entering(self, line: Line, batch: str) -> Entering:
        card = self.cards[line.number]
        asset = Asset(batch=batch, state=card.state or "in_use", **card.facts)
        asset.number = card.numbers.get("number")
        if "unit" not in card.facts:
            asset.unit = "台" if asset.category.code.startswith("A02") else "件"
        return Entering(asset, card.place, card.quantity or 1)


def _is_building(category: Category | None) -> bool:
    return category is not None and category.code.startswith("A01")


def _alike(asset: Asset) -> tuple[Any, ...]:
    return tuple(asset.category.code if name == "category" else getattr(asset, name) or "" for name in ALIKE)


def _in_pieces(query: Any, column: Any, values: list[Any]) -> Iterable[Any]:
    """The rows of a query whose column holds one of many values, asked piece by piece."""
    for at in range(0, len(values), CHUNK):
        yield from query.clone().where(column.in_(values[at : at + CHUNK]))
