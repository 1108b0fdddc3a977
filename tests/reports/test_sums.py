"""The sums are what the ledger says: against a slow reckoning by hand, on many days, by every group."""

from datetime import date, timedelta

import pytest

from app import clock
from app.assets.models import Asset, years_before
from app.custody.models import Custody
from app.repairs.models import Ticket
from app.reports import asked
from app.reports.filters import ReportFilter
from app.reports.groups import GROUPS
from app.reports.holders import holders, how_many
from app.reports.kinds import ALL_GROUPS
from tests.reports.conftest import START

KEYS = {
    "category": lambda asset, _place: asset.category_id,
    "office": lambda asset, _place: asset.office_id,
    "room": lambda _asset, place: place,
    "keeper": lambda asset, _place: asset.keeper_id,
    "source": lambda asset, _place: asset.source,
    "fund": lambda asset, _place: asset.fund,
    "year": lambda asset, _place: str(asset.acquired_on.year) if asset.acquired_on else None,
    "state": lambda asset, _place: asset.state,
}
DAYS = [None, *(START + timedelta(days=days) for days in (-1, 0, 40, 200, 399, 650, 790))]


def sums_of(filter, group, who):
    rows = asked.sums(filter, GROUPS[group], who)
    return {row.keys[0]: (row.cards, row.quantity, row.value) for row in rows}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_sums_by_every_group_on_every_day(school, grown, by_hand, group, day):
    assert sums_of(ReportFilter(on=day), group, school.custodian) == by_hand(KEYS[group], day)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_total_is_the_sum_of_the_groups_and_of_the_lines(school, grown, by_hand, day):
    filter = ReportFilter(on=day)
    total = asked.total(filter, school.custodian)
    assert (total.cards, total.quantity, total.value) == by_hand(lambda *_all: "all", day).get("all", (0, 0, 0))
    for group in ALL_GROUPS:
        rows = asked.sums(filter, GROUPS[group], school.custodian)
        assert sum(row.quantity for row in rows) == total.quantity
        if rows and GROUPS[group].parts:
            assert asked.added(rows) == total
        lines = list(asked.lines(filter, GROUPS[group], school.custodian))
        assert len(lines) == total.lines
        assert sum(line.quantity for line in lines) == total.quantity
        assert sum(line.quantity * (line.unit_price or 0) for line in lines) == total.value


def test_lines_of_a_group_stand_together_in_the_order_of_the_sums(school, grown):
    for group in ALL_GROUPS:
        rows = asked.lines(ReportFilter(), GROUPS[group], school.custodian)
        met = list(dict.fromkeys(keys for keys, _row in asked.in_groups(rows, GROUPS[group])))
        assert met == [row.keys for row in asked.sums(ReportFilter(), GROUPS[group], school.custodian)]


def test_the_filter_narrows_sums_as_it_narrows_the_list(school, grown, by_hand):
    everything = lambda *_all: "all"  # noqa: E731
    some = {
        "fund": "财政拨款", "source": "donated", "state": "idle", "year": 2020, "office": school.office.id,
        "keeper": school.teacher.id, "kind": "batch",
    }  # fmt: skip
    for name, value in some.items():
        keep = {
            "year": lambda asset: asset.acquired_on is not None and asset.acquired_on.year == 2020,
            "office": lambda asset: asset.office_id == school.office.id,
            "keeper": lambda asset: asset.keeper_id == school.teacher.id,
            "kind": lambda asset: asset.is_batch,
        }.get(name, lambda asset, name=name, value=value: getattr(asset, name) == value)
        filter = ReportFilter(**{name: value})
        expected = by_hand(everything, None, keep)["all"]
        assert sums_of(filter, "state", school.custodian) == by_hand(KEYS["state"], None, keep), name
        assert filter.assets(school.custodian).where(Asset.id.in_(standing(grown))).count() == expected[0], name


def standing(grown):
    return [asset.id for asset in grown.assets.values() if asked_quantity(asset)]


def asked_quantity(asset):
    from app.assets.ledger import balance

    return balance(asset)


def test_a_place_counts_only_what_stands_in_it(school, grown, by_hand):
    store = school.places.store
    expected = by_hand(lambda _asset, place: place)[store.id]
    assert sums_of(ReportFilter(place=store.id), "room", school.custodian) == {store.id: expected}
    inside = sums_of(ReportFilter(place=school.places.building.id), "room", school.custodian)
    assert inside == by_hand(lambda _asset, place: place)


def test_what_the_card_leaves_open(school, grown, by_hand):
    for name, keep in {
        "office": lambda asset: asset.office_id is None,
        "keeper": lambda asset: asset.keeper_id is None,
        "fund": lambda asset: not asset.fund,
        "year": lambda asset: asset.acquired_on is None,
    }.items():
        sums = sums_of(ReportFilter(without=name), "state", school.custodian)
        assert sums == by_hand(KEYS["state"], None, keep), name
        past = ReportFilter(without=name, on=date(2026, 3, 1))
        assert sums_of(past, "state", school.custodian) == by_hand(KEYS["state"], date(2026, 3, 1), keep), name


def test_past_the_minimum_life_to_the_day(school, grown, by_hand):
    def old(asset):
        life = asset.category.life_years
        return asset.acquired_on is not None and life > 0 and asset.acquired_on <= years_before(clock.today(), life)

    assert sums_of(ReportFilter(due="life"), "category", school.custodian) == by_hand(KEYS["category"], None, old)
    asset = next(iter(grown.assets.values()))
    asset.change(school.custodian, acquired_on=years_before(clock.today(), asset.category.life_years))
    due = Asset.select().where(Asset.past_life(clock.today()), Asset.id == asset.id)
    assert due.exists()
    asset.change(school.custodian, acquired_on=asset.acquired_on + timedelta(days=1))
    assert not due.exists()


def test_the_end_of_the_warranty_is_near_for_ninety_days(school, grown):
    asset, today = next(iter(grown.assets.values())), clock.today()
    near = Asset.select().where(Asset.warranty_ending(today), Asset.id == asset.id)
    for days, is_near in ((-1, False), (0, True), (90, True), (91, False)):
        asset.change(school.custodian, warranty_until=today + timedelta(days=days))
        assert near.exists() is is_near, days


def test_the_29th_of_february_is_the_28th_in_other_years():
    assert years_before(date(2024, 2, 29), 6) == date(2018, 2, 28)
    assert years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)


# The good-condition rate ---------------------------------------------------------------------------------------


def test_the_rate_counts_state_and_open_reports(school, ctx):
    from app.assets.models import Category, install_builtin

    install_builtin()
    desks = Category.get(Category.code == "A05010203")
    batch = Asset.add("课桌", desks, school.custodian, place=school.places.store, is_batch=True, quantity=40)
    single = Asset.add("讲台", desks, school.custodian, place=school.places.classroom)
    idle = Asset.add("旧讲台", desks, school.custodian, place=school.places.store, state="idle")

    def now():
        (sums,) = asked.sums(ReportFilter(), GROUPS["category"], school.custodian)
        return sums.good, sums.faulty, sums.rest

    assert now() == (42, 0, 0)
    for _each in range(2):
        Ticket.report(school.teacher, place=school.places.store, asset=batch, kind="furniture", words="桌腿断了")
    assert now() == (40, 2, 0)
    ticket = Ticket.report(school.teacher, place=school.places.classroom, asset=single, kind="furniture", words="锁坏")
    second = Ticket.report(school.teacher, place=school.places.classroom, asset=single, kind="furniture", words="门坏")
    assert now() == (39, 3, 0)  # two reports about one thing are one broken thing
    for each in (ticket, second):
        each.take(school.electrician)
        each.fix(school.electrician, "replaced")
    assert now() == (40, 2, 0)
    idle.set_state("repair", school.custodian)
    assert now() == (39, 3, 0)
    idle.set_state("to_dispose", school.custodian)
    assert now() == (39, 2, 1)
    assert asked.total(ReportFilter(), school.custodian).rate == pytest.approx(39 / 42)
    assert asked.Sums().rate is None


# Who holds what ---------------------------------------------------------------------------------------------------


def test_holders_have_what_they_keep_were_issued_and_borrowed(school, grown, by_hand):
    singles = [
        asset for asset in grown.assets.values() if not asset.is_batch and asset.place_id and not asset.unit_price
    ]
    batch = next(asset for asset in grown.assets.values() if asset.is_batch)
    lent = Custody.lend(singles[0], school.stranger, school.custodian, due_on=clock.today() + timedelta(days=2))
    Custody.hand_out(batch, school.stranger, school.custodian, quantity=3)
    kept = by_hand(KEYS["keeper"])[school.teacher.id]

    def now(**filter):
        return {row.id: (row.kept, row.value, row.issued, row.lent, row.late)
                for row in holders(ReportFilter(**filter), school.custodian)}  # fmt: skip

    assert now() == {school.teacher.id: (*kept[1:], 0, 0, 0), school.stranger.id: (0, 0, 3, 1, 0)}
    assert how_many() == 2
    assert now(keeper=school.stranger.id) == {school.stranger.id: (0, 0, 3, 1, 0)}
    assert now(place=singles[0].place_id)[school.stranger.id][3] == 1
    assert school.stranger.id not in now(on=clock.today() - timedelta(days=1))
    clock.set_hands(clock.now() + timedelta(days=4))
    assert now()[school.stranger.id] == (0, 0, 3, 1, 1)
    back = clock.today()
    lent.take_back(school.custodian)
    assert now()[school.stranger.id] == (0, 0, 3, 0, 0)
    assert now(on=back - timedelta(days=1))[school.stranger.id] == (0, 0, 3, 1, 1)


def test_what_came_back_in_part_is_not_counted_twice(school, grown):
    batch = next(asset for asset in grown.assets.values() if asset.is_batch)
    row = Custody.lend(batch, school.stranger, school.custodian, due_on=clock.today() + timedelta(days=9), quantity=5)
    clock.set_hands(clock.now() + timedelta(days=3))
    row.take_back(school.custodian, quantity=2)
    then = ReportFilter(on=clock.today() - timedelta(days=1), keeper=school.stranger.id)
    assert [holder.lent for holder in holders(then, school.custodian)] == [5]
    assert [holder.lent for holder in holders(ReportFilter(keeper=school.stranger.id), school.custodian)] == [3]
