"""Any sequence of all verbs that move, keep, give out or count things, some of them rolled back, some refused, against
a slow and plain reference: nothing is lost, nothing is doubled, and every past day is told as it was. Then the same
by many threads.

The reference keeps a list of what was done and adds it all up from the beginning each time it is asked.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app import clock
from app.assets import keeping, ledger, recut
from app.assets.ledger import Movement
from app.assets.models import Asset, Category, Shelf
from app.custody.models import Custody
from app.db import database, writing
from app.disposals.disposal import Disposal
from app.errors import Refused
from app.people.models import Person
from app.places.models import Place
from app.stocktakes.counting import Seen, count
from app.stocktakes.differences import Difference, Settlement
from app.stocktakes.models import Stocktake
from app.transfers.models import Transfer, Wanted
from tests.conftest import TUESDAY
from tests.helpers import agreed_by_all, at_once, make_school

DAY = timedelta(days=1)
# Things happen at ten, in the first moment of a day, and in its last second: a day is told to the second.
HOURS = (timedelta(), timedelta(hours=-10), timedelta(hours=13, minutes=59, seconds=59))
NUMBERS = st.sampled_from([1, 2, 3, 5, 9, 12, 1, 4, 0])
PICK = st.sampled_from(range(1000))
SELDOM = st.sampled_from([False, False, False, False, True])
NOBODY = (None, None)

Kept = tuple[int | None, int | None]  # keeper, office in charge


class Rolled(Exception):
    """Someone pulls the plug in the middle of an act."""


@dataclass
class Done:
    """One thing that was done, in plain numbers: how many of which card came to (or left) which room, on which day."""

    day: int
    changes: list[tuple[int, int, int]]  # asset, place, more or fewer
    keeper: tuple[int, Kept] | None = None
    undone: bool = False
    rows: list[int] = field(default_factory=list)  # movements, to find it again for a reversal
    kept_before: Kept = NOBODY
    stood_before: "Done | None" = None  # by what that keeper had come to keep it
    stands_for: "Done | None" = None  # a reversal stands for what it brings back


class Reference:
    """What the ledger should say, added up from the first day every time."""

    def __init__(self) -> None:
        self.done: list[Done] = []
        self.hands: list[tuple[int, int, int]] = []  # asset, person, how many: given out and not back
        self.disposed: set[int] = set()

    def held(self, until: int | None = None) -> Counter:
        found: Counter = Counter()
        for each in self.done:
            if until is None or each.day <= until:
                for asset, place, more in each.changes:
                    found[asset, place] += more
        return Counter({key: number for key, number in found.items() if number})

    def total(self, asset: int) -> int:
        return sum(number for (held, _place), number in self.held().items() if held == asset)

    def out(self, asset: int) -> int:
        return sum(number for held, _person, number in self.hands if held == asset)

    def kept(self, asset: int, until: int | None = None) -> Kept:
        found = NOBODY
        for each in self.done:
            if each.keeper and each.keeper[0] == asset and (until is None or each.day <= until):
                found = each.keeper[1]
        return found

    def stands(self, asset: int) -> Done | None:
        """By what the present keeper came to keep it."""
        last = next((each for each in reversed(self.done) if each.keeper and each.keeper[0] == asset), None)
        return last and (last.stands_for or last)


class LedgerMachine(RuleBasedStateMachine):
    """The verbs, as people use them; each may be refused, but never do half of it."""

    school: SimpleNamespace

    @initialize()
    def begin(self) -> None:
        self.outer = database.atomic()
        self.transaction = self.outer.__enter__()
        self.by = self.school.custodian
        self.rooms = [self.school.places.store, self.school.places.classroom, self.school.places.office]
        self.people = [self.school.teacher, self.school.stranger, self.school.counsellor]
        self.offices = [None, None, self.school.office, self.school.teaching]
        self.day, self.book, self.acts, self.counts = 0, Reference(), 0, 0
        kinds = {"A05010203": "桌", "A02020200": "投影仪"}
        self.categories = [Category.create(code=code, name=name) for code, name in kinds.items()]
        self.assets: dict[int, Asset] = {}
        for batch in (True, True, False, False):
            self._new(batch)

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            self.transaction.rollback()
            self.outer.__exit__(None, None, None)
        clock.set_hands(TUESDAY)

    # Cards

    @rule(batch=st.booleans())
    @precondition(lambda self: len(self.assets) < 12)
    def enter_a_card(self, batch: bool) -> None:
        self._new(batch)

    def _new(self, batch: bool) -> None:
        keeper = self.people[len(self.assets) % 3] if not batch else None
        category = self.categories[len(self.assets) % 3 == 2]
        room, quantity = self.rooms[0], 9 if batch else 1
        asset = Asset.add("课桌", category, self.by, place=room, quantity=quantity, is_batch=batch, keeper=keeper)
        self.assets[asset.id] = asset
        self._note([(asset.id, room.id, quantity)], keeper=(asset.id, (keeper and keeper.id, None)))
        self._night()

    # What the office writes by itself

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    def enter_more(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        asset, place = self._asset(pick), self._room(room)
        quantity = quantity if asset.is_batch else 1
        self._try(
            lambda: ledger.post(asset, "entry", self.by, quantity=quantity, target=place, reason="补"),
            lambda: self._note([(asset.id, place.id, quantity)]),
            self._enters(asset, place, quantity), cut,
        )  # fmt: skip

    def _enters(self, asset: Asset, place: Place, quantity: int) -> bool:
        if asset.is_batch:
            return quantity > 0
        last = Movement.select().where(Movement.asset == asset).order_by(Movement.id.desc()).get()
        return not self.book.total(asset.id) and last.source_id == place.id

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    def take_off(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        asset = self._asset(pick)
        place = self._room_of(asset, room)
        self._try(
            lambda: ledger.post(asset, "removal", self.by, quantity=quantity, source=place, reason="坏"),
            lambda: self._note([(asset.id, place.id, -quantity)]),
            0 < quantity <= self._held(asset, place) and self._may_leave(asset, quantity), cut,
        )  # fmt: skip

    @rule(pick=PICK, room=PICK, number=NUMBERS, cut=SELDOM)
    def count(self, pick: int, room: int, number: int, cut: bool) -> None:
        asset, place = self._asset(pick), self._room(room)
        gap = number - self._held(asset, place)
        right = gap == 0 or (self._enters(asset, place, gap) if gap > 0 else self._may_leave(asset, -gap))
        self._try(
            lambda: ledger.count(place, {asset: number}, self.by),
            lambda: self._note([(asset.id, place.id, gap)] if gap else []),
            right and (asset.is_batch or number <= 1), cut,
        )  # fmt: skip

    # What needs others to agree

    @rule(pick=PICK, source=PICK, goal=PICK, quantity=NUMBERS, taker=PICK, office=PICK, stays=SELDOM, cut=SELDOM,
          refused=SELDOM)  # fmt: skip
    def transfer(
        self, pick: int, source: int, goal: int, quantity: int, taker: int, office: int, stays: bool, cut: bool,
        refused: bool,
    ) -> None:  # fmt: skip
        asset, person, charge = self._asset(pick), self.people[taker % 3], self.offices[office % 4]
        here, there = self._room_of(asset, source), None if stays else self._room(goal)
        quantity = quantity if asset.is_batch else 1

        def act() -> None:
            wanted = [Wanted(asset, here, quantity)]
            slip = Transfer.ask(self.by, wanted, reason="换", place=there, taker=person, office=charge)
            if refused:
                slip.refuse(next(ask for ask in slip.asks if ask.state == "waiting" and ask.person_id).person, "不要")
            else:
                agreed_by_all(slip)

        moves = there is not None and here.id != there.id
        whole = stays or not asset.is_batch  # its card goes along
        was = self.book.kept(asset.id)
        becomes = (person.id, charge.id if charge else was[1]) if whole else was
        enough = self.book.total(asset.id) > 0 if stays and asset.is_batch else 0 < quantity <= self._held(asset, here)

        def note() -> None:
            if refused:
                return
            changes = [(asset.id, here.id, -quantity), (asset.id, there.id, quantity)] if moves else []
            self._note(changes, keeper=(asset.id, becomes) if becomes != was else None)
            if not asset.is_batch:  # what someone has in use goes on in the taker's name
                self.book.hands = [(held, person.id if held == asset.id else holder, number)
                                   for held, holder, number in self.book.hands]  # fmt: skip

        self._try(act, note, enough and (moves or becomes != was), cut)

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM, refused=SELDOM)
    def write_off(self, pick: int, room: int, quantity: int, cut: bool, refused: bool) -> None:
        asset = self._asset(pick)
        place = self._room_of(asset, room)
        quantity = quantity if asset.is_batch else 1

        def act() -> None:
            slip = Disposal.ask(asset, self.by, reason="stolen", words="找不到", way="loss", value=100, place=place,
                                quantity=quantity, appraisers=self.people)  # fmt: skip
            if refused:
                return slip.refuse(self.people[0], "还在")
            for person in self.people:
                slip.agree(person, note="确实没有了")
            agreed_by_all(slip).carry_out(self.by, way="loss")

        def note() -> None:
            if refused:
                return
            source = place.id if asset.is_batch else asset.place_id
            self._note([(asset.id, source, -quantity)])
            if not self.book.total(asset.id):
                self.book.disposed.add(asset.id)

        there = 0 < quantity <= (self._held(asset, place) if asset.is_batch else self.book.total(asset.id))
        self._try(act, note, there and (refused or self._may_leave(asset, quantity)), cut)

    @rule(room=PICK, pick=PICK, number=NUMBERS, cut=SELDOM)
    @precondition(lambda self: bool(self.book.held()))
    def stock_take(self, room: int, pick: int, number: int, cut: bool) -> None:
        """One room is counted: all as the ledger says but for one card, which may also have come from elsewhere."""
        place, asset = self._room(room), self._asset(pick)
        held = self._held(asset, place)
        number = number if asset.is_batch else min(number, 1)
        changes = self._counted(asset, place, number)
        missing = max(held - number, 0)

        def note() -> None:
            self._note(changes)
            if missing and not self.book.total(asset.id):
                self.book.disposed.add(asset.id)

        # A single thing that is nowhere has nothing to count by: what was written off answers so, the rest comes back.
        self._try(
            lambda: self._count_the_room(place, {**self._standing(place), asset.id: number}), note,
            not missing or not self.book.out(asset.id), cut,
        )  # fmt: skip

    def _counted(self, asset: Asset, place: Place, number: int) -> list[tuple[int, int, int]]:
        gap = number - self._held(asset, place)
        if not gap:
            return []
        if asset.is_batch or gap < 0:
            return [(asset.id, place.id, gap)]
        if asset.place_id is not None:  # seen here, but the ledger has it elsewhere
            return [(asset.id, asset.place_id, -1), (asset.id, place.id, 1)]
        return [] if asset.id in self.book.disposed else [(asset.id, place.id, 1)]

    def _count_the_room(self, place: Place, numbers: dict[int, int]) -> None:
        team = {"counters": [self.by], "witnesses": [self.people[0]]}
        stocktake = Stocktake.begin("盘点", self.school.director, **team)
        room = stocktake.open_room(place, self.by)
        room.stocktake = stocktake
        for id, number in numbers.items():
            asset = Asset.get_by_id(id)
            self.counts += 1
            if number:
                count(room, self.by, Seen(f"count-{self.counts:08}", asset=asset, quantity=number))
        room.finish(self.by)
        stocktake.sign(self.by)
        stocktake.sign(self.people[0])
        outcomes = {"missing": "remove", "elsewhere": "move", "surplus": "enter"}
        for row in Difference.shown(stocktake):
            row.explain(self.by, "数过", outcomes[row.kind], row.category)
        if Stocktake.get_by_id(stocktake.id).state == "signed":
            agreed_by_all(Settlement.propose(stocktake, self.by))

    def _standing(self, place: Place) -> dict[int, int]:
        return {asset: number for (asset, room), number in self.book.held().items() if room == place.id}

    # From hand to hand

    @rule(pick=PICK, person=PICK, quantity=NUMBERS, cut=SELDOM)
    def hand_out(self, pick: int, person: int, quantity: int, cut: bool) -> None:
        asset, holder = self._asset(pick), self.people[person % 3]
        free = self.book.total(asset.id) - self.book.out(asset.id)
        self._try(
            lambda: Custody.hand_out(asset, holder, self.by, quantity=quantity),
            lambda: self.book.hands.append((asset.id, holder.id, quantity)),
            0 < quantity <= free and (asset.is_batch or quantity == 1), cut,
        )  # fmt: skip

    @rule(pick=PICK, quantity=NUMBERS, cut=SELDOM)
    @precondition(lambda self: bool(self.book.hands))
    def take_back(self, pick: int, quantity: int, cut: bool) -> None:
        held = self.book.hands[pick % len(self.book.hands)]
        asset, holder, number = held
        row = Custody.get(Custody.asset == asset, Custody.person == holder, Custody.quantity == number,
                          Custody.is_open())  # fmt: skip

        def note() -> None:
            self.book.hands.remove(held)
            if number > quantity:
                self.book.hands.append((asset, holder, number - quantity))

        self._try(lambda: row.take_back(self.by, quantity=quantity), note, 0 < quantity <= number, cut)

    # Other cards for the same things

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    @precondition(lambda self: len(self.assets) < 30)
    def to_singles(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        batch = self._asset(pick)
        place = self._room_of(batch, room)
        made: list[Asset] = []

        def note() -> None:
            into = [(single.id, place.id, 1) for single in made]
            self.assets.update({single.id: single for single in made})
            self._note([(batch.id, place.id, -quantity), *into])
            self._same_keeper(batch, made)

        enough = batch.is_batch and 0 < quantity <= self._held(batch, place) and self._may_leave(batch, quantity)
        self._try(lambda: made.extend(recut.to_singles(batch, place, quantity, self.by, "贴码")), note, enough, cut)

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    @precondition(lambda self: len(self.assets) < 30)
    def split_off(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        batch = self._asset(pick)
        place = self._room_of(batch, room)
        made: list[Asset] = []

        def note() -> None:
            self.assets[made[0].id] = made[0]
            self._note([(batch.id, place.id, -quantity), (made[0].id, place.id, quantity)])
            self._same_keeper(batch, made)

        enough = batch.is_batch and 0 < quantity <= self._held(batch, place) and self._may_leave(batch, quantity)
        some_stay = quantity < self.book.total(batch.id)
        self._try(lambda: made.append(recut.split_off(batch, place, quantity, self.by, "分开")), note,
                  enough and some_stay, cut)  # fmt: skip

    @rule(pick=PICK, other=PICK, cut=SELDOM)
    def merge(self, pick: int, other: int, cut: bool) -> None:
        into, gone = self._asset(pick), self._asset(other)
        held = sorted((place, number) for (asset, place), number in self.book.held().items() if asset == gone.id)

        def note() -> None:
            # Each room is a pair of rows of its own, and is reversed on its own.
            for place, number in held:
                self._note([(gone.id, place, -number), (into.id, place, number)], rows=2)

        alike = (into.category_id, self.book.kept(into.id)) == (gone.category_id, self.book.kept(gone.id))
        right = (
            into.is_batch and gone.is_batch and into.id != gone.id and bool(held) and alike
            and into.id not in self.book.disposed and self._may_leave(gone, self.book.total(gone.id))
        )  # fmt: skip
        self._try(lambda: recut.merge(into, gone, self.by, "合"), note, right, cut)

    # What was wrong

    @rule(pick=PICK, cut=SELDOM)
    def reverse(self, pick: int, cut: bool) -> None:
        rows = list(Movement.select(Movement, Asset).join(Asset).where(Movement.kind != "reversal"))
        self._reverse(rows[pick % len(rows)], cut)

    @rule(pick=PICK, cut=SELDOM)
    @precondition(lambda self: Movement.select().where(Movement.kind == "move").exists())
    def reverse_a_transfer(self, pick: int, cut: bool) -> None:
        rows = list(Movement.select(Movement, Asset).join(Asset).where(Movement.kind == "move"))
        self._reverse(rows[-1 - pick % min(len(rows), 3)], cut)

    def _reverse(self, row: Movement, cut: bool) -> None:
        done = next(each for each in self.book.done if row.id in each.rows)
        mirror = [(asset, place, -more) for asset, place, more in done.changes]
        after, leaving, singles = self.book.held(), Counter(), Counter()
        for asset, place, more in mirror:
            after[asset, place] += more
            leaving[asset] -= more
        for (asset, _place), number in after.items():
            singles[asset] += 0 if self.assets[asset].is_batch else number
        whole = all(n >= 0 for n in after.values()) and all(n <= 1 for n in singles.values())
        may = all(self._may_leave(self.assets[asset], n) for asset, n in leaving.items() if n > 0)

        def note() -> None:
            done.undone = True
            self._note(mirror, keeper=self._kept_again(row, done), stands_for=done.stood_before)

        self._try(lambda: ledger.reverse(row, self.by, "错记"), note, not done.undone and whole and may, cut)

    def _kept_again(self, row: Movement, done: Done) -> tuple[int, Kept] | None:
        """A reversed transfer gives a thing back to who kept it, if nobody else got it since."""
        again = row.kind == "move" and done.keeper is not None and self.book.stands(row.asset_id) is done
        return (row.asset_id, done.kept_before) if again else None

    # What must always be true

    @invariant()
    def shelves_are_the_sum_of_all_that_was_done(self) -> None:
        shelves = {(row.asset_id, row.place_id): row.quantity for row in Shelf.select() if row.quantity}
        assert shelves == dict(self.book.held())
        assert list(ledger.differences()) == list(ledger.misplaced()) == list(keeping.differences()) == []

    @invariant()
    def cards_name_the_right_room_keeper_and_office(self) -> None:
        held = self.book.held()
        for asset in Asset.select():
            rooms = [place for (held_asset, place) in held if held_asset == asset.id]
            assert asset.place_id == (rooms[0] if rooms and not asset.is_batch else None)
            assert (asset.keeper_id, asset.office_id) == self.book.kept(asset.id)
            assert (asset.state == "disposed") == (asset.id in self.book.disposed)

    @invariant()
    def hands_hold_what_was_given_to_them(self) -> None:
        rows = Custody.select(Custody.asset, Custody.person, Custody.quantity).where(Custody.is_open())
        assert sorted(rows.tuples()) == sorted(self.book.hands)
        assert all(self.book.out(asset) <= self.book.total(asset) for asset, _person, _number in self.book.hands)

    @rule(back=st.integers(min_value=0, max_value=6), pick=PICK)
    def ask_about_a_past_day(self, back: int, pick: int) -> None:
        day = max(self.day - back, 0)
        date = clock.local(TUESDAY + day * DAY).date()
        held = self.book.held(day)
        told = {(line.id, line.there.id): (line.quantity, _ids(line)) for line in ledger.at(date).lines()}
        assert told == {key: (number, self.book.kept(key[0], day)) for key, number in held.items()}
        for name, key in self._headings(day).items():
            sums: Counter = Counter()
            for (asset, place), number in held.items():
                sums[key(asset, place)] += number
            assert {total.id: total.quantity for total in ledger.at(date).totals(name)} == sums
            for one in sorted(sums, key=str)[pick % 3 :: 3]:
                if one is not None:
                    assert ledger.at(date, **{name: self._row(name, one)}).balance() == sums[one]
        asset = self._asset(pick)
        assert ledger.at(date, asset=asset).balance() == sum(n for (id, _p), n in held.items() if id == asset.id)

    def _headings(self, day: int) -> dict[str, Callable[[int, int], int | None]]:
        """Under which heading a thing in a room stands."""
        return {
            "category": lambda asset, place: self.assets[asset].category_id,
            "office": lambda asset, place: self.book.kept(asset, day)[1],
            "place": lambda asset, place: place,
            "holder": lambda asset, place: self.book.kept(asset, day)[0],
        }

    def _row(self, name: str, id: int) -> Any:
        rows = {"category": self.categories, "office": self.offices[2:], "place": self.rooms, "holder": self.people}
        return next(row for row in rows[name] if row.id == id)

    # Helpers

    def _asset(self, pick: int) -> Asset:
        return Asset.get_by_id(sorted(self.assets)[pick % len(self.assets)])

    def _room(self, pick: int) -> Place:
        return self.rooms[pick % len(self.rooms)]

    def _room_of(self, asset: Asset, pick: int) -> Place:
        """A room, mostly one that holds some of it."""
        holding = [room for room in self.rooms if self._held(asset, room)]
        return holding[pick % len(holding)] if holding and pick % 4 else self._room(pick)

    def _held(self, asset: Asset, place: Place) -> int:
        return self.book.held()[asset.id, place.id]

    def _may_leave(self, asset: Asset, quantity: int) -> bool:
        """What is in someone's hands comes back first."""
        out = self.book.out(asset.id)
        return not out or quantity <= self.book.total(asset.id) - out

    def _same_keeper(self, batch: Asset, cards: list[Asset]) -> None:
        for card in cards:
            self.book.done.append(Done(self.day, [], keeper=(card.id, self.book.kept(batch.id))))

    def _note(self, changes: list, keeper: Any = None, rows: int | None = None, stands_for: Done | None = None) -> None:
        """Write down what was done, with the movements that did it (the first `rows` of the new ones)."""
        known = {row for each in self.book.done for row in each.rows}
        new = [row.id for row in Movement.select(Movement.id).order_by(Movement.id) if row.id not in known][:rows]
        before = (self.book.kept(keeper[0]), self.book.stands(keeper[0])) if keeper else (NOBODY, None)
        self.book.done.append(
            Done(self.day, changes, keeper, rows=new, kept_before=before[0], stood_before=before[1],
                 stands_for=stands_for if keeper else None)
        )  # fmt: skip
        self.book.disposed -= {asset for asset, _place, more in changes if more > 0}

    def _night(self) -> None:
        """Every third act is followed by a night."""
        self.acts += 1
        if self.acts % 3 == 0:
            self.day += 1
            clock.set_hands(TUESDAY + self.day * DAY + HOURS[self.day % 3])

    def _try(self, act: Callable[[], Any], note: Callable[[], Any], right: bool, cut: bool) -> None:
        """Do it if it is right, cut it off in the middle if the plug is pulled; else it must be refused, and
        nothing of it may stay."""
        if not right:
            with pytest.raises(Refused), writing():
                act()
        elif cut:
            with pytest.raises(Rolled):
                self._cut_off(act)
        else:
            act()
            note()
            self._night()

    @staticmethod
    def _cut_off(act: Callable[[], Any]) -> None:
        with writing(), database.atomic():
            act()
            raise Rolled


def _ids(line: Asset) -> Kept:
    return (line.kept_by.id if line.kept_by else None, line.in_charge.id if line.in_charge else None)


def run(school: SimpleNamespace, **how: Any) -> None:
    LedgerMachine.school = school
    run_state_machine_as_test(
        LedgerMachine, settings=settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **how)
    )


def test_random_acts_agree_with_a_slow_reference(school: SimpleNamespace, ctx: None) -> None:
    run(school, max_examples=10, stateful_step_count=40, derandomize=True)


@pytest.mark.slow
def test_many_more_random_acts_agree_with_it(real_app: Flask) -> None:
    with real_app.app_context():
        run(make_school(), max_examples=25, stateful_step_count=50)


# At the same moment --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_threads_that_do_everything_at_once_lose_and_double_nothing(real_app: Flask) -> None:
    """Eight people at once, on a real file, each with a mix of all verbs; refusals are fine, halves are not."""
    with real_app.app_context():
        school = make_school()
        category = Category.create(code="A05010203", name="桌")
        batches = [
            Asset.add("课桌", category, school.custodian, place=school.places.store, quantity=60, is_batch=True)
            for _each in range(3)
        ]  # fmt: skip
        thing = Asset.add("投影仪", category, school.custodian, place=school.places.store, keeper=school.teacher)
    rooms = [school.places.store, school.places.classroom, school.places.office]

    def person(seed: int) -> int:
        """A mix of verbs; returns by how much this one changed the number of things."""
        dice, change = random.Random(seed), 0
        for _step in range(12):
            try:
                change += act(dice)
            except Refused:
                pass
        return change

    def act(dice: random.Random) -> int:
        batch, here, quantity = dice.choice(batches), dice.choice(rooms), dice.randint(1, 4)
        there = dice.choice([room for room in rooms if room != here])
        by = school.custodian
        match dice.randrange(7):
            case 0:
                ledger.post(batch, "entry", by, quantity=quantity, target=here, reason="补")
                return quantity
            case 1:
                ledger.post(batch, "removal", by, quantity=quantity, source=here, reason="坏")
                return -quantity
            case 2:
                agreed_by_all(Transfer.ask(by, [Wanted(batch, here, quantity)], reason="换", place=there,
                                           taker=school.stranger))  # fmt: skip
            case 3:
                agreed_by_all(Transfer.ask(by, [Wanted(thing, here)], reason="换", place=there, taker=school.stranger))
            case 4:
                recut.to_singles(batch, here, quantity, by, "贴码")
            case 5:
                recut.merge(batch, dice.choice(batches), by, "合")
            case 6:
                rows = Movement.select(Movement, Asset).join(Asset).where(Movement.kind << ["split", "merge"])
                ledger.reverse(dice.choice(list(rows) or [None]) or _nothing(), by, "错记")
        return 0

    def _nothing() -> Movement:
        raise Refused("nothing to reverse yet")

    results = at_once(real_app, *[lambda seed=seed: person(seed) for seed in range(8)])
    assert [type(result) for result in results] == [int] * 8, results
    with real_app.app_context():
        things = Shelf.select().where(Shelf.quantity > 0)
        assert sum(row.quantity for row in things) == 181 + sum(results)
        assert list(ledger.differences()) == list(ledger.misplaced()) == list(keeping.differences()) == []
        assert ledger.balance(thing) == 1
        assert Person.get_by_id(school.custodian.id)  # the file is whole
        twice = Movement.select(Movement.reverses).where(Movement.reverses.is_null(False)).tuples()
        assert len(list(twice)) == len(set(twice))
