"""Label codes: one code names one thing, for ever; a mistyped one is told apart from an unknown one."""

from typing import Any

import peewee
import pytest
from flask import Flask

from app import clock, journal
from app.assets.models import Asset, Category
from app.db import writing
from app.errors import Refused
from app.places import codes
from app.places.codes import ALPHABET, Label, check_character, is_well_formed, new_code, tidy
from app.places.models import Place
from tests.helpers import at_once, make_school

# The characters ---------------------------------------------------------------------------------------------


def test_no_character_looks_like_another() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_new_codes_are_well_formed_and_all_different() -> None:
    made = {new_code() for _each in range(5000)}
    assert len(made) == 5000
    assert all(len(code) == 8 and is_well_formed(code) for code in made)


def test_every_single_wrong_character_is_noticed() -> None:
    for _each in range(40):
        code = new_code()
        for at in range(8):
            for other in ALPHABET.replace(code[at], ""):
                assert not is_well_formed(code[:at] + other + code[at + 1 :])


def test_every_swap_of_two_characters_is_noticed() -> None:
    for _each in range(300):
        code = new_code()
        for a in range(8):
            for b in range(a + 1, 8):
                if code[a] != code[b]:
                    swapped = list(code)
                    swapped[a], swapped[b] = swapped[b], swapped[a]
                    assert not is_well_formed("".join(swapped))


def test_three_of_a_hundred_made_up_codes_pass_and_no_more() -> None:
    """One in 32: the check is for fingers, not against guessers; those are held off by 32⁷ possible codes."""
    import itertools

    passed = sum(is_well_formed(f"000{''.join(tail)}00") for tail in itertools.product(ALPHABET, repeat=3))
    assert passed == 32**3 / 32


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("7k3m9qx2", "7K3M9QX2"),
        (" 7K3M 9QX2 ", "7K3M9QX2"),
        ("7k3m-9qx2", "7K3M9QX2"),
        ("7K3M\u30009QX2\n", "7K3M9QX2"),
        ("oil0u123", "0110V123"),
        ("https://zw.example.edu.cn/q/7k3m9qx2", "7K3M9QX2"),
        ("HTTPS://ZW.EXAMPLE.EDU.CN/Q/7K3M9QX2?from=wechat", "7K3M9QX2"),
        ("", ""),
    ],
)
def test_what_was_typed_or_scanned_is_put_right(typed: str, code: str) -> None:
    assert tidy(typed) == code


@pytest.mark.parametrize("typed", ["", "7K3M9QX", "7K3M9QX2X", "7K3M9QX!", "７K3M9QX2", "😀" * 8, "ı" * 8, "ß" * 4])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert not is_well_formed(tidy(typed))


def test_the_check_character_is_the_same_for_ever() -> None:
    """Labels are on the walls: this function may never change its answers."""
    known = {"0000000": "0", "1000000": "2", "7K3M9QX": "5", "ZZZZZZZ": "C", "ABCDEFG": "1"}
    assert {body: check_character(body) for body in known} == known


# The labels -------------------------------------------------------------------------------------------------


def asset_in(place: Place, by: Any) -> Asset:
    category, _made = Category.get_or_create(code="A02020400", defaults={"name": "投影仪"})
    return Asset.add("投影仪", category, by, place=place)


def test_each_new_thing_has_its_code(app: Flask, school: Any) -> None:
    asset = asset_in(school.places.store, school.custodian)
    assert Label.of(asset=asset).kind == "asset"
    assert Label.of(place=school.places.store).kind == "room"


def test_a_thing_has_one_label_in_use_and_the_database_says_so(app: Flask, school: Any) -> None:
    asset = asset_in(school.places.store, school.custodian)
    for thing in ({"place": school.places.store}, {"asset": asset}):
        with app.app_context(), pytest.raises(Refused):
            Label.make(**thing)
        with pytest.raises(peewee.IntegrityError):
            Label.create(code=new_code(), **thing)


def test_a_label_stands_for_one_thing(school: Any) -> None:
    asset = asset_in(school.places.store, school.custodian)
    with pytest.raises(peewee.IntegrityError):
        Label.create(code=new_code(), place=school.places.store, asset=asset)


def test_a_code_is_never_given_twice(school: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Label.of(place=school.places.store).code
    fresh = new_code()
    offered = iter([taken, taken, fresh])
    monkeypatch.setattr(codes, "new_code", lambda: next(offered))
    assert Label.make().code == fresh


def test_a_blank_is_bound_on_the_spot_and_the_old_label_retires(ctx: None, school: Any) -> None:
    store = school.places.store
    old, blank = Label.of(place=store), Label.make_blanks(1)[0]
    assert blank.is_blank
    blank.bind(school.custodian, place=store)
    assert Label.of(place=store).code == blank.code
    assert Label.get_by_id(blank.code).state == "stuck"
    assert Label.get_by_id(old.code).state == "retired"
    told = [event.sentence for event in journal.about(place=store.id).limit(2)]
    assert told == [
        f"bound the label {blank.code}",
        f"retired the label {old.code}: replaced by {blank.code}",
    ]


def test_a_bound_label_cannot_be_bound_again(ctx: None, school: Any) -> None:
    bound = Label.of(place=school.places.store)
    with pytest.raises(Refused):
        bound.bind(school.custodian, place=school.places.toilet)
    assert Label.get_by_id(bound.code).place_id == school.places.store.id


def test_a_retired_label_is_retired_for_ever(ctx: None, school: Any) -> None:
    label = Label.of(place=school.places.store)
    label.retire(school.custodian, "掉了")
    retired = Label.get_by_id(label.code)
    assert (retired.state, retired.retired_why) == ("retired", "掉了")
    with pytest.raises(Refused):
        label.retire(school.custodian, "again")
    with pytest.raises(Refused):
        retired.bind(school.custodian, place=school.places.store)
    assert Label.make(place=school.places.store).code != label.code


def test_a_blank_can_be_retired_without_a_thing(ctx: None, school: Any) -> None:
    blank = Label.make_blanks(1)[0]
    blank.retire(school.custodian, "印坏了")
    assert Label.get_by_id(blank.code).state == "retired"


def test_the_first_scan_on_the_spot_makes_a_printed_label_stuck(school: Any) -> None:
    label = Label.of(place=school.places.store)
    label.note_scan(school.custodian)
    assert Label.get_by_id(label.code).state == "new"  # nobody can have stuck what was never printed
    Label.update(printed_at=clock.now()).where(Label.code == label.code).execute()
    for _scan in range(2):
        Label.get_by_id(label.code).note_scan(school.custodian)
    assert Label.get_by_id(label.code).state == "stuck"
    assert journal.Event.select().where(journal.Event.action == "labels.stuck").count() == 1


@pytest.mark.slow
def test_two_who_bind_the_same_blank_at_once(real_app: Flask) -> None:
    with real_app.app_context():
        school = make_school()
        blank = Label.make_blanks(1)[0]
    rooms = (school.places.toilet, school.places.office)
    results = at_once(
        real_app, *[lambda room=room: Label.get_by_id(blank.code).bind(school.custodian, place=room) for room in rooms]
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Refused"]
    assert Label.in_use().where(Label.place.in_(rooms)).count() == 2


@pytest.mark.slow
def test_two_new_labels_for_one_thing_at_once(real_app: Flask) -> None:
    with real_app.app_context():
        school = make_school()
        room = school.places.office
        Label.of(place=room).retire(school.custodian, "lost")

    def make() -> str:
        with writing():
            return Label.make(place=room).code

    results = at_once(real_app, make, make, make)
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Refused", "str"]
    assert Label.in_use().where(Label.place == room).count() == 1
