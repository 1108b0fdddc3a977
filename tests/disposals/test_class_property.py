"""Class property lists: made from the ledger, counted and signed by two sides, twice a term; then published."""

from datetime import date

import peewee
import pytest

from app import clock, journal
from app.assets.models import Asset
from app.calendar.models import Term
from app.disposals.class_property import (
    ClassProperty,
    Counted,
    Line,
    More,
    Publication,
    Signature,
    term_of,
    term_words,
)
from app.errors import Refused
from app.places.models import ClassGroup
from tests.disposals.conftest import appraise  # noqa: F401 - the things of the room come with it

pytestmark = pytest.mark.usefixtures("ctx")


@pytest.fixture
def group(school, things) -> ClassGroup:
    return school.classes.three_two


@pytest.fixture
def row(school, group) -> ClassProperty:
    return fresh(ClassProperty.begin(group, school.custodian))


def fresh(row) -> ClassProperty:
    return ClassProperty.shown().where(ClassProperty.id == row.id).get()


def sign(row, *people) -> ClassProperty:
    for who in people:
        row = fresh(row)
        row.sign(who, row.mark)
    return fresh(row)


def count_all(row, by, damaged: int = 0) -> ClassProperty:
    row = fresh(row)
    row.count(by, {line.id: Counted(line.opening, damaged) for line in row.lines})
    return fresh(row)


@pytest.mark.parametrize(
    ("day", "term"),
    [
        (date(2026, 8, 1), "2026-1"),
        (date(2027, 1, 31), "2026-1"),
        (date(2027, 2, 1), "2026-2"),
        (date(2027, 7, 31), "2026-2"),
    ],
)
def test_terms(day, term):
    assert term_of(day) == term


@pytest.mark.parametrize(
    ("day", "term"),
    [
        (date(2026, 8, 10), "2025-2"),  # the summer after the second term
        (date(2026, 8, 28), "2026-1"),  # the coming term is near
        (date(2027, 1, 31), "2026-1"),
        (date(2027, 2, 2), "2026-1"),  # the second term begins late this year: by the month it would be over
        (date(2027, 2, 20), "2026-2"),
        (date(2027, 7, 9), "2026-2"),
        (date(2028, 3, 1), "2027-2"),  # nothing is entered for then
    ],
)
def test_the_term_is_that_of_the_calendar(day, term):
    Term.add(None, date(2026, 2, 23), date(2026, 7, 3))
    Term.add(None, date(2026, 9, 1), date(2027, 1, 27))
    Term.add(None, date(2027, 2, 25), date(2027, 7, 2))
    assert term_of(day) == term


def test_terms_in_words():
    assert term_words("2026-2") == "second term of 2026–2027"


def test_a_list_begins_with_what_stands_in_the_room_alike_things_together(school, things, group, row):
    assert [(line.item, line.unit, line.opening, line.good) for line in row.lines] == [
        ("课椅", "把", 40, 40),
        ("新台式机", "台", 1, 1),
    ]
    Asset.add("新台式机", things.young.category, school.custodian, place=school.places.other_classroom)
    Asset.add("新台式机", things.young.category, school.custodian, place=school.places.other_classroom)
    other = ClassProperty.begin(school.classes.three_three, school.custodian)
    assert [(line.item, line.opening) for line in other.lines] == [("新台式机", 2)]


def test_one_list_for_a_class_and_term(school, group, row):
    with pytest.raises(Refused, match="already has a list"):
        ClassProperty.begin(group, school.custodian)
    with pytest.raises(peewee.IntegrityError):
        ClassProperty.create(term=row.term, group=group)


def test_all_classes_at_once_and_again_only_those_without(school, things, group, row):
    assert ClassProperty.begin_all(school.custodian) == 1
    assert ClassProperty.begin_all(school.custodian) == 0
    assert ClassProperty.select().count() == 2


def test_the_class_teacher_and_the_office_count_and_add_what_the_ledger_does_not_know(school, row):
    chairs = row.lines[0]
    row.count(school.teacher, {chairs.id: Counted(39, 38, "一把椅背开裂")}, [More("窗户", "扇", 8, 8)])
    lines = fresh(row).lines
    assert (lines[0].opening, lines[0].good, lines[0].note) == (39, 38, "一把椅背开裂")
    assert (lines[2].item, lines[2].opening) == ("窗户", 8)
    with pytest.raises(Refused, match="class teacher and the office"):
        row.count(school.stranger, {})
    with pytest.raises(Refused, match="no more can be good"):
        row.count(school.teacher, {chairs.id: Counted(3, 4)})


def test_both_sides_sign_by_two_people(school, row):
    row.sign(school.teacher, row.mark)
    with pytest.raises(Refused, match="signed this already"):
        row.sign(school.teacher, row.mark)
    with pytest.raises(Refused, match="signs for the class"):
        row.sign(school.stranger, row.mark)
    row.sign(school.director, row.mark)
    assert fresh(row).stage == "closing"


def test_nobody_signs_for_both(school, group, row):
    """A director who is also class teacher signs for the class; another one signs for the office."""
    group.change(None, teacher=school.director)
    row = fresh(row)
    assert row.sign(school.director, row.mark).side == "teacher"
    assert row.side_of(school.director) is None
    with pytest.raises(peewee.IntegrityError):
        Signature.create(list=row, stage="opening", side="office", by=school.director)


def test_what_was_signed_is_what_was_seen(school, row):
    seen = row.mark
    row.count(school.custodian, {row.lines[0].id: Counted(38, 38)})
    with pytest.raises(Refused, match="changed meanwhile"):
        row.sign(school.teacher, seen)


def test_signed_counts_stay_until_the_office_opens_them_again(school, row):
    row = sign(row, school.teacher)
    with pytest.raises(Refused, match="has signed these counts"):
        row.count(school.custodian, {row.lines[0].id: Counted(1, 1)})
    with pytest.raises(Refused, match="why"):
        row.reopen(school.custodian, "")
    row.reopen(school.custodian, "漏数了窗户")
    assert fresh(row).signatures == []
    assert Signature.get().undone_why == "漏数了窗户"
    row.count(school.teacher, {row.lines[0].id: Counted(40, 39)})
    assert sign(row, school.teacher, school.custodian).stage == "closing"


def test_the_end_of_term_is_counted_whole_before_anyone_signs(school, row):
    row = sign(row, school.teacher, school.custodian)
    with pytest.raises(Refused, match="every line"):
        row.sign(school.teacher, row.mark)
    row = count_all(row, school.teacher, damaged=1)
    assert [(line.opening, line.closing, line.damaged) for line in row.lines] == [(40, 40, 1), (1, 1, 1)]
    row = sign(row, school.custodian, school.teacher)
    assert row.stage == "closed"
    with pytest.raises(Refused, match="signed by both"):
        row.sign(school.director, row.mark)


def test_opening_again_at_the_end_leaves_the_start_signed(school, row):
    row = sign(count_all(sign(row, school.teacher, school.custodian), school.teacher), school.teacher)
    row.reopen(school.director, "还有一把在走廊")
    assert fresh(row).stage == "closing"
    assert len(fresh(row).signatures) == 2


def closed(school, row) -> ClassProperty:
    row = sign(row, school.teacher, school.custodian)
    return sign(count_all(row, school.teacher, damaged=1), school.teacher, school.custodian)


def test_results_are_published_when_every_list_is_signed_and_then_nothing_changes(school, row):
    with pytest.raises(Refused, match="1 list is not signed yet: Grade 3 Class 2"):
        Publication.publish(row.term, school.director)
    row = closed(school, row)
    Publication.publish(row.term, school.director)
    with pytest.raises(Refused, match="already published"):
        Publication.publish(row.term, school.director)
    with pytest.raises(Refused, match="published"):
        row.reopen(school.director, "再改改")
    assert not fresh(row).may_count(school.custodian)


def test_nothing_is_published_of_a_term_without_lists(school):
    with pytest.raises(Refused, match="no lists"):
        Publication.publish("2020-1", school.director)


def test_sums_of_many_lists_are_two_queries(school, row, counted):
    closed(school, row)
    ClassProperty.begin_all(school.custodian)
    rows = list(ClassProperty.shown())
    with counted() as queries:
        ClassProperty.load(rows)
        sums = [(each.sums.opening, each.sums.closing, each.sums.damaged, each.stage) for each in rows]
    assert queries.count == 2
    assert sums == [(41, 41, 2, "closed"), (0, 0, 0, "opening")]
    assert rows[0].sums.rate == pytest.approx(39 / 41)


def test_the_room_tells_it(school, row):
    sign(row, school.teacher)
    told = [event.sentence for event in journal.about(place=row.room_id)]
    assert "signed the property list of Grade 3 Class 2 at the start of term (class teacher)" in told


def test_the_class_keeps_its_list_when_it_moves_up(school, row):
    clock.set_hands(clock.utc(date(2027, 9, 1)))
    assert fresh(row).group.name == "Grade 4 Class 2"
    assert ClassProperty.begin(row.group, school.custodian).term == "2027-1"


def test_the_database_refuses_impossible_counts(row):
    line = row.lines[0]
    for wrong in ({"good": 41}, {"closing": 3}, {"closing": 3, "damaged": 4}, {"opening": -1}):
        with pytest.raises(peewee.IntegrityError):
            Line.update(**wrong).where(Line.id == line.id).execute()
