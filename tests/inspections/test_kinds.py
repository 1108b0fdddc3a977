"""A kind of check is one file; its checklists are data that name it."""

import json
from datetime import date, timedelta

import pytest

from app import calendar
from app.calendar.models import Term
from app.inspections import shape
from app.inspections.checklists import BUILT_IN, FINDINGS, Checklist
from app.inspections.kinds import GENERAL, KINDS, kind_of
from app.inspections.models import Check
from app.inspections.scoring import Verdict

FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(BUILT_IN.glob("*.json"))}
START, END = date(2026, 9, 1), date(2027, 1, 22)


@pytest.mark.parametrize("slug", FILES)
def test_every_built_in_checklist_is_one_that_the_editor_could_have_made(slug):
    assert shape.problem(FILES[slug]) is None
    assert FILES[slug]["slug"] == slug
    assert FILES[slug]["family"] in KINDS


def test_every_kind_has_a_checklist_but_the_schools_own():
    assert set(KINDS) - {data["family"] for data in FILES.values()} == {GENERAL}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_is_whole(kind):
    assert str(kind.words)
    assert str(kind.button)
    assert kind.finding in FINDINGS
    assert set(kind.cards) <= set(FILES)


def test_an_unknown_family_is_the_schools_own():
    assert kind_of("").slug == kind_of("gone").slug == GENERAL


@pytest.mark.parametrize("slug", FILES)
def test_both_languages_are_complete(slug):
    """What has Chinese words has English ones, and the other way round."""
    for item in FILES[slug]["items"]:
        for name in ("name", "guide", "section", "unit"):
            has_english = bool(item.get(f"{name}_en")) or item.get(name, "").isascii()
            assert bool(item.get(name)) <= has_english, (item["key"], name)
        for row in [*item.get("reasons", ()), *item.get("choices", ())]:
            assert row["words_en"].isascii()


def test_a_patrol_has_the_parts_of_the_school_record():
    parts = {item["section"] for item in FILES["campus-patrol"]["items"]}
    assert parts == {"建筑", "水", "电", "气", "消防", "场地", "安防", "专用室", "其他"}


def test_the_four_protections_are_four():
    assert {item["section"] for item in FILES["four-protections"]["items"]} == {"人防", "物防", "技防", "制度防"}


def test_closing_a_classroom_asks_for_no_seal(school):
    closing = Checklist.now("holiday-closing")
    assert "seal" not in [item.key for item in closing.items_at(school.places.classroom)]
    assert "seal" in [item.key for item in closing.items_at(school.places.store)]


@pytest.mark.parametrize(
    ("slug", "day", "offered"),
    [
        ("holiday_closing", END - timedelta(days=8), False),
        ("holiday_closing", END - timedelta(days=7), True),
        ("holiday_closing", END + timedelta(days=5), True),
        ("holiday_closing", START + timedelta(days=30), False),
        ("term_opening", START - timedelta(days=15), False),
        ("term_opening", START - timedelta(days=14), True),
        ("term_opening", START + timedelta(days=6), True),
        ("term_opening", START + timedelta(days=7), False),
        ("equipment", START + timedelta(days=27), True),
        ("equipment", START + timedelta(days=28), False),
        ("class_hygiene", START + timedelta(days=60), True),
        ("patrol", START + timedelta(days=60), False),
    ],
)
def test_a_door_offers_a_kind_in_its_season(ctx, school, slug, day, offered):
    Term.add(school.director, START, END)
    assert calendar.term_of(START) is not None
    assert KINDS[slug].offered(day) is offered


def test_without_a_term_no_kind_has_a_season(ctx):
    assert not any(kind.offered(START) for kind in KINDS.values() if kind.season)


def verdicts(checklist, place, **other):
    """Everything fine but for `other`."""
    answers = {"fine": Verdict(answer="fine"), "number": Verdict(value="30"), "choice": Verdict(value="0")}
    found = {item.key: answers.get(item.answer, Verdict()) for item in checklist.items_at(place)}
    return found | {key.replace("_", "-"): verdict for key, verdict in other.items()}


def test_what_failed_is_counted_and_a_key_item_fails_the_whole(ctx, school):
    place, bad = school.places.office, Verdict(answer="fail", words="松动", grave=True)
    closing = Checklist.now("holiday-closing")
    snacks = Verdict(answer="fail", words="有零食")
    check = Check.record(closing, place, school.director, verdicts(closing, place, food=snacks))
    assert (check.total, check.failed, check.passed) == (None, 1, True)
    assert check.share == 94
    check = Check.record(closing, place, school.director, verdicts(closing, place, door=bad), again="复查")
    assert (check.failed, check.passed) == (1, False)
    marks = {mark.item.key: mark for mark in check.marks}
    assert (marks["door"].verdict, marks["door"].words, marks["door"].grave) == ("fail", "松动", True)
    assert marks["windows"].verdict == "fine"


def test_a_number_outside_its_limits_fails_by_itself(ctx, school):
    four = Checklist.now("four-protections")
    place = school.places.office
    check = Check.record(four, place, school.director, verdicts(four, place, patrols=Verdict(value="4")))
    [failed] = [mark for mark in check.marks if mark.verdict == "fail"]
    assert (failed.item.key, failed.value, check.failed) == ("patrols", "4", 1)


def test_a_class_whose_property_is_in_a_bad_state_does_not_pass(ctx, school):
    lists = Checklist.now("class-property")
    room = school.places.classroom
    broken = {key: Verdict(value="2", words="损坏") for key in ("furniture", "lectern", "lights")}
    check = Check.record(lists, room, school.director, verdicts(lists, room, **broken))
    assert check.class_group == school.classes.three_two
    assert (check.failed, check.share, check.passed) == (3, 71, False)
