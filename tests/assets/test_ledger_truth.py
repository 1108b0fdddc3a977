"""Any sequence of all ledger verbs, some of them rolled back, against a slow and plain reference: nothing is lost,
nothing is doubled, the total of things changes by entries, removals and counts alone. Then the same by many threads.

The reference keeps a list of what was done and adds it all up from the beginning each time it is asked.
"""

import random
from collections import Counter
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
from app.db import database, writing
from app.errors import Refused
from app.people.models import Person
from app.places.models import Place
from app.transfers.models import Transfer, Wanted
from tests.conftest import TUESDAY
from tests.helpers import agreed_by_all, at_once, make_school

DAY = timedelta(days=1)
NUMBERS = st.sampled_from([1, 2, 3, 5, 9, 12, 1, 4, 0])
PICK = st.sampled_from(range(1000))
SELDOM = st.sampled_from([False, False, False, False, True])


class Rolled(Exception):
    """Someone pulls the plug in the middle of an act."""


@dataclass
class Done:
    """One thing that was done, in plain numbers: how many of which card came to (or left) which room, on which day."""

    day: int
    changes: list[tuple[int, int, int]]  # asset, place, more or fewer
    keeper: tuple[int, int | None] | None = None
    undone: bool = False
    rows: list[int] = field(default_factory=list)  # movements, to find it again for a reversal
    kept_before: int | None = None
    stood_before: "Done | None" = None  # by what that keeper had come to keep it
    stands_for: "Done | None" = None  # a reversal stands for what it brings back


class Reference:
    """What the ledger should say, added up from the first day every time."""

    def __init__(self) -> None:
        self.done: list[Done] = []

    def held(self, until: int | None = None) -> Counter:
        found: Counter = Counter()
        for each in self.done:
            if until is None or each.day <= until:
                for asset, place, more in each.changes:
                    found[asset, place] += more
        return Counter({key: number for key, number in found.items() if number})

    def keeper(self, asset: int, until: int | None = None) -> int | None:
        found = None
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
        self.day, self.book = 0, Reference()
        self.category = Category.create(code="A05010203", name="桌")
        self.assets: dict[int, Asset] = {}
        for batch in (True, True, False, False):
            self._new(batch)

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            self.transaction.rollback()
            self.outer.__exit__(None, None, None)
        clock.set_hands(TUESDAY)

    # The verbs

    @rule(batch=st.booleans())
    @precondition(lambda self: len(self.assets) < 12)
    def enter_a_card(self, batch: bool) -> None:
        self._new(batch)

    def _new(self, batch: bool) -> None:
        keeper = self.people[len(self.assets) % 3] if not batch else None
        room, quantity = self.rooms[0], 9 if batch else 1
        asset = Asset.add("课桌", self.category, self.by, place=room, quantity=quantity, is_batch=batch, keeper=keeper)
        self.assets[asset.id] = asset
        self._note([(asset.id, room.id, quantity)], keeper=(asset.id, keeper and keeper.id))

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    def enter_more(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        asset, place = self._asset(pick), self._room(room)
        quantity = quantity if asset.is_batch else 1
        self._try(lambda: ledger.post(asset, "entry", self.by, quantity=quantity, target=place, reason="补"),
                  lambda: self._note([(asset.id, place.id, quantity)]), self._enters(asset, place, quantity), cut)  # fmt: skip

    def _enters(self, asset: Asset, place: Place, quantity: int) -> bool:
        if asset.is_batch:
            return quantity > 0
        last = Movement.select().where(Movement.asset == asset).order_by(Movement.id.desc()).get()
        return not self._total_of(asset) and last.source_id == place.id

    @rule(pick=PICK, room=PICK, quantity=NUMBERS, cut=SELDOM)
    def take_off(self, pick: int, room: int, quantity: int, cut: bool) -> None:
        asset = self._asset(pick)
        place = self._room_of(asset, room)
        self._try(lambda: ledger.post(asset, "removal", self.by, quantity=quantity, source=place, reason="坏"),
                  lambda: self._note([(asset.id, place.id, -quantity)]),
                  0 < quantity <= self._held(asset, place), cut)  # fmt: skip

    @rule(pick=PICK, source=PICK, goal=PICK, quantity=NUMBERS, taker=PICK, cut=SELDOM, refused=SELDOM)
    def transfer(self, pick: int, source: int, goal: int, quantity: int, taker: int, cut: bool, refused: bool) -> None:
        asset = self._asset(pick)
        here, there = self._room_of(asset, source), self._room(goal)
        person = self.people[taker % 3]
        quantity = quantity if asset.is_batch else 1

        def act() -> None:
            slip = Transfer.ask(self.by, [Wanted(asset, here, quantity)], reason="换", place=there, taker=person)
            if refused:
                slip.refuse(next(ask for ask in slip.asks if ask.state == "waiting" and ask.person_id).person, "不要")
            else:
                agreed_by_all(slip)

        moves = here.id != there.id
        new = moves or (not asset.is_batch and self.book.keeper(asset.id) != person.id)
        changes = [(asset.id, here.id, -quantity), (asset.id, there.id, quantity)] if moves else []
        keeper = (asset.id, person.id) if not asset.is_batch and self.book.keeper(asset.id) != person.id else None
        note = (lambda: None) if refused else (lambda: self._note(changes, keeper=keeper))
        self._try(act, note, 0 < quantity <= self._held(asset, here) and new, cut)

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

        self._try(lambda: made.extend(recut.to_singles(batch, place, quantity, self.by, "贴码")), note,
                  batch.is_batch and 0 < quantity <= self._held(batch, place), cut)  # fmt: skip

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

        enough = batch.is_batch and 0 < quantity <= self._held(batch, place) and quantity < self._total_of(batch)
        self._try(lambda: made.append(recut.split_off(batch, place, quantity, self.by, "分开")), note, enough, cut)

    @rule(pick=PICK, other=PICK, cut=SELDOM)
    def merge(self, pick: int, other: int, cut: bool) -> None:
        into, gone = self._asset(pick), self._asset(other)
        changes = [change for (asset, place), number in self.book.held().items() if asset == gone.id
                   for change in ((gone.id, place, -number), (into.id, place, number))]  # fmt: skip

        def note() -> None:
            # Each room is a pair of rows of its own, and is reversed on its own.
            for start in range(0, len(changes), 2):
                self._note(changes[start : start + 2], rows=2)

        alike = self.book.keeper(into.id) == self.book.keeper(gone.id)
        right = into.is_batch and gone.is_batch and into.id != gone.id and bool(changes) and alike
        self._try(lambda: recut.merge(into, gone, self.by, "合"), note, right, cut, ordered=changes)

    @rule(pick=PICK, room=PICK, number=NUMBERS, cut=SELDOM)
    def count(self, pick: int, room: int, number: int, cut: bool) -> None:
        asset, place = self._asset(pick), self._room(room)
        held = self._held(asset, place)
        gap = number - held
        right = gap <= 0 or asset.is_batch or self._enters(asset, place, gap)
        self._try(lambda: ledger.count(place, {asset: number}, self.by),
                  lambda: self._note([(asset.id, place.id, gap)] if gap else []),
                  right and (asset.is_batch or number <= 1), cut)  # fmt: skip

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
        after = self.book.held()
        for asset, place, more in mirror:
            after[asset, place] += more
        singles = Counter()
        for (asset, _place), number in after.items():
            singles[asset] += 0 if self.assets[asset].is_batch else number
        right = not done.undone and all(n >= 0 for n in after.values()) and all(n <= 1 for n in singles.values())

        def note() -> None:
            done.undone = True
            self._note(mirror, keeper=self._kept_again(row, done), stands_for=done.stood_before)

        self._try(lambda: ledger.reverse(row, self.by, "错记"), note, right, cut)

    def _kept_again(self, row: Movement, done: Done) -> tuple[int, int | None] | None:
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
    def cards_name_the_right_room_and_keeper(self) -> None:
        held = self.book.held()
        for asset in Asset.select():
            rooms = [place for (held_asset, place) in held if held_asset == asset.id]
            assert asset.place_id == (rooms[0] if rooms and not asset.is_batch else None)
            assert asset.keeper_id == self.book.keeper(asset.id)

    @rule(back=st.integers(min_value=0, max_value=6))
    def ask_about_a_past_day(self, back: int) -> None:
        day = max(self.day - back, 0)
        book = ledger.at(clock.local(TUESDAY + day * DAY).date())
        lines = list(book.lines())
        told = {(line.id, line.there.id): line.quantity for line in lines}
        assert told == dict(self.book.held(day))
        for line in lines:
            assert (line.kept_by.id if line.kept_by else None) == self.book.keeper(line.id, day)
        for by in ("category", "office", "place", "holder"):
            assert sum(total.quantity for total in book.totals(by)) == sum(told.values()) == book.balance()

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

    def _total_of(self, asset: Asset) -> int:
        return sum(number for (held, _place), number in self.book.held().items() if held == asset.id)

    def _same_keeper(self, batch: Asset, cards: list[Asset]) -> None:
        for card in cards:
            self.book.done.append(Done(self.day, [], keeper=(card.id, self.book.keeper(batch.id))))

    def _note(self, changes: list, keeper: Any = None, rows: int | None = None, stands_for: Done | None = None) -> None:
        """Write down what was done, with the movements that did it (the first `rows` of the new ones)."""
        known = {row for each in self.book.done for row in each.rows}
        new = [row.id for row in Movement.select(Movement.id).order_by(Movement.id) if row.id not in known][:rows]
        before = (self.book.keeper(keeper[0]), self.book.stands(keeper[0])) if keeper else (None, None)
        self.book.done.append(
            Done(self.day, changes, keeper, rows=new, kept_before=before[0], stood_before=before[1],
                 stands_for=stands_for if keeper else None)
        )  # fmt: skip
        if len(self.book.done) % 3 == 0:  # a night passes
            self.day += 1
            clock.set_hands(TUESDAY + self.day * DAY)

    def _try(self, act: Any, note: Any, right: bool, cut: bool, ordered: list | None = None) -> None:
        """Do it if it is right, cut it off in the middle if the plug is pulled; else it must be refused."""
        if not right:
            with pytest.raises(Refused):
                act()
        elif cut:
            with pytest.raises(Rolled), writing(), database.atomic():
                act()
                raise Rolled
        else:
            if ordered is not None:  # a merge goes room by room
                pairs = [ordered[at : at + 2] for at in range(0, len(ordered), 2)]
                ordered[:] = [change for pair in sorted(pairs, key=lambda pair: pair[0][1]) for change in pair]
            act()
            note()


def run(school: SimpleNamespace, **how: Any) -> None:
    LedgerMachine.school = school
    run_state_machine_as_test(
        LedgerMachine, settings=settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **how)
    )


def test_random_acts_agree_with_a_slow_reference(school: SimpleNamespace, ctx: None) -> None:
    run(school, max_examples=15, stateful_step_count=40, derandomize=True)


@pytest.mark.slow
def test_many_more_random_acts_agree_with_it(real_app: Flask) -> None:
    with real_app.app_context():
        run(make_school(), max_examples=60, stateful_step_count=60)


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
