"""A kind of check is one file and its checklists: a new one is found by itself, as CONTRIBUTING says in five steps."""

import json
import re
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.config import HERE
from app.inspections import checklists, kinds
from app.inspections.checklists import BUILT_IN, Checklist, install_builtin
from app.inspections.duties import duties_here
from app.inspections.findings import Finding
from app.inspections.kinds import KINDS
from app.inspections.models import Check, Mark
from app.photos.models import Photo
from tests.pictures import jpeg

STEPS = (
    (HERE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## A new kind of check, in five steps")[2]
)
LIFT = {
    "slug": "lift-check", "name": "电梯检查", "name_en": "Lift", "target": "place", "kind": "list", "family": "lift",
    "who": ["director", "custodian"], "kinds": ["office"], "pass_mark": 60,
    "items": [
        {"key": "doors", "name": "门", "name_en": "Doors", "answer": "fine", "section": "轿厢", "section_en": "Car",
         "weight": 3, "photo_on_fail": True, "ticket_kind": "doors"},
        {"key": "alarm", "name": "警铃", "name_en": "Alarm", "answer": "fine", "section": "轿厢", "section_en": "Car",
         "key_item": True, "finding": "hazard"},
        {"key": "load", "name": "限载", "name_en": "Load", "answer": "number", "unit": "千克", "unit_en": "kg",
         "low": 400, "high": 1000, "section": "机房", "section_en": "Motor room", "weight": 2},
        {"key": "firm", "name": "维保单位", "name_en": "Firm", "answer": "choice", "section": "机房",
         "section_en": "Motor room", "choices": [{"words": "在合同期", "words_en": "under contract"},
         {"words": "已过期", "words_en": "run out", "fine": False}]},
        {"key": "words", "name": "备注", "name_en": "Remarks", "answer": "text", "skippable": True},
    ],
}  # fmt: skip


@pytest.fixture
def lift(app: Any, school: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checklist:
    """Steps 1 to 3: a copy of a kind's file with other words, and a checklist that names it."""
    text = (Path(kinds.__path__[0]) / "drinking_water.py").read_text(encoding="utf-8")
    text = text.replace('"drinking_water"', '"lift"').replace("Check the water machine", "Check the lift")
    (tmp_path / "lift.py").write_text(text.replace("finding=", "at_door=True,\n    finding="), encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    for slug, kind in kinds._found().items():
        if slug not in KINDS:
            monkeypatch.setitem(KINDS, slug, kind)
    seeds = tmp_path / "checklists"
    shutil.copytree(BUILT_IN, seeds)
    (seeds / "lift-check.json").write_text(json.dumps(LIFT, ensure_ascii=False), encoding="utf-8")
    monkeypatch.setattr(checklists, "BUILT_IN", seeds)
    with app.app_context():
        install_builtin()
    return Checklist.now("lift-check")


def test_it_is_found_by_itself(lift: Checklist) -> None:
    assert set(KINDS) >= {"lift", "drinking_water"}
    assert lift.rules.slug == "lift"
    assert str(lift.rules.button) == "Check the lift"


def test_the_door_offers_it(ctx: Any, school: Any, lift: Checklist) -> None:
    words = [duty.words for duty in duties_here(school.custodian, school.places.office)]
    assert "Check the lift" in words
    assert "Check the lift" not in [duty.words for duty in duties_here(school.custodian, school.places.store)]


def test_the_editor_offers_it(phone: Any, school: Any, lift: Checklist) -> None:
    page = phone(school.director).get("/inspections/checklists/lift-check/edit").text
    assert '<option selected value="lift">' in page


def answers(lift: Checklist, **other: dict[str, Any]) -> dict[str, Any]:
    fine = {"doors": {"answer": "fine"}, "alarm": {"answer": "fine"}, "load": {"value": "630"},
            "firm": {"answer": "0"}, "words": {"value": "噪声小"}}  # fmt: skip
    data: dict[str, Any] = {"version": lift.version}
    for item in lift.items:
        data |= {f"i{item.id}-{name}": value for name, value in {**fine[item.key], **other.get(item.key, {})}.items()}
    return data


def send(phone: Any, school: Any, code_of: Any, data: dict[str, Any]) -> Any:
    url = f"/inspections/check/{code_of(school.places.office)}/lift-check"
    return phone(school.custodian).send(url, data, content_type="multipart/form-data")


def test_the_form_shows_sections_limits_unit_choices_weight_and_key_item(
    phone: Any, school: Any, lift: Checklist, code_of: Any
) -> None:
    page = phone(school.custodian).get(f"/inspections/check/{code_of(school.places.office)}/lift-check").text
    assert re.findall(r'group-title">([^<]+)</h2>', page) == ["Car", "Motor room"]
    for words in ("400–1000 kg", '<span class="unit">kg</span>', "under contract", "run out", "key item",
                  "counts 3 times", "A failure here needs a photo."):  # fmt: skip
        assert words in page


def test_a_photo_is_forced_when_it_fails(phone: Any, school: Any, lift: Checklist, code_of: Any) -> None:
    data = answers(lift, doors={"answer": "fail", "words": "夹手"})
    refused = send(phone, school, code_of, data)
    assert refused.status_code == 422
    assert "A failure here needs a photo." in refused.text
    assert Check.select().count() == 0
    doors = next(item for item in lift.items if item.key == "doors")
    assert send(phone, school, code_of, {**data, f"i{doors.id}-photos": (BytesIO(jpeg()), "a.jpg")}).status_code == 303
    assert Photo.of(Mark.get(Mark.item == doors))


@pytest.mark.parametrize(
    ("other", "share", "passed"),
    [
        ({}, 100, True),
        ({"load": {"value": "399"}}, 71, True),  # two of seven
        ({"load": {"value": "1000.1"}}, 71, True),
        ({"load": {"value": "400"}}, 100, True),
        ({"firm": {"answer": "1", "words": "去年"}}, 85, True),  # one of seven
        ({"load": {"value": "1"}, "firm": {"answer": "1", "words": "去年"}}, 57, False),  # under the mark of 60
        ({"alarm": {"answer": "fail", "words": "不响"}}, 85, False),  # the key item
    ],
)
def test_weights_limits_and_the_key_item_decide(
    phone: Any, school: Any, lift: Checklist, code_of: Any, other: Any, share: int, passed: bool
) -> None:
    assert send(phone, school, code_of, answers(lift, **other)).status_code == 303
    check = Check.get()
    assert (check.share, check.passed) == (share, passed)


def test_the_result_says_all_of_it(phone: Any, school: Any, lift: Checklist, code_of: Any) -> None:
    bad = {"load": {"value": "300"}, "alarm": {"answer": "fail", "words": "不响"}}
    send(phone, school, code_of, answers(lift, **bad))
    page = phone(school.director).get(f"/inspections/{Check.get().id}").text
    for words in ("not passed", "Car", "Motor room", "300 kg", "400–1000 kg", "counts 2 times", "key item", "不响",
                  "under contract", "噪声小"):  # fmt: skip
        assert words in page


def test_a_failure_opens_what_item_and_kind_say(phone: Any, school: Any, lift: Checklist, code_of: Any) -> None:
    send(phone, school, code_of, answers(lift, alarm={"answer": "fail", "words": "不响"}, load={"value": "300"}))
    found = {row.key: [thing.road for thing in row.things] for row in Finding.with_names()}
    assert found == {"alarm": ["hazard"], "load": ["ticket"]}


def test_book_and_sheet_say_all_of_it(phone: Any, school: Any, lift: Checklist, code_of: Any) -> None:
    send(phone, school, code_of, answers(lift, alarm={"answer": "fail", "words": "不响"}, load={"value": "300"},
                                         firm={"answer": "1", "words": "去年"}))  # fmt: skip
    client, month = phone(school.director), "?period=2026-11"
    page = client.get(f"/inspections/books/lift-check{month}").text
    assert "Car Alarm key item 不响；Motor room Load 300 kg(400–1000 kg)；Motor room Firm run out 去年" in page
    book = load_workbook(BytesIO(client.get(f"/inspections/books/lift-check.xlsx{month}").data))
    rows = [[cell.value for cell in row] for row in book["Item by item"].iter_rows()]
    head, items = rows[0], {row[4]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert set(items) == {"Alarm", "Load", "Firm", "Remarks"}  # what was fine with one tap fills no rows
    assert head[3] == "Section"
    load = items["Load"]
    assert [load[name] for name in ("Section", "Weight", "Reading or answer", "Limits")] == [
        "Motor room",
        2,
        "300 kg",
        "400–1000 kg",
    ]
    assert (items["Alarm"]["Key item"], items["Firm"]["Reading or answer"], items["Remarks"]["Reading or answer"]) == (
        "yes",
        "run out",
        "噪声小",
    )


def test_the_preview_is_what_the_phone_shows(phone: Any, school: Any, lift: Checklist) -> None:
    page = phone(school.director).get("/inspections/checklists/lift-check").text
    for words in ("Car", "Motor room", "400–1000 kg", "counts 3 times", "key item"):
        assert words in page


def test_the_five_steps_name_what_there_is() -> None:
    """The files and fields that CONTRIBUTING names exist."""
    steps = STEPS.partition("\n## ")[0]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE) == list("12345")
    for path in re.findall(r"`((?:app|tests)/[\w./-]+)`", steps):
        assert (HERE.parent / path).exists(), path
    fields = set(kinds.base.Kind.__dataclass_fields__) | set(checklists.HEAD) | set(checklists.ITEM)
    for name in re.findall(r"`([a-z_]+)`", steps):
        known = (
            fields
            | set(checklists.ANSWERS)
            | set(checklists.FINDINGS)
            | {"class", "place", "items", "score", "list", "ticks"}
        )
        assert name in known, name


# A score has sections, steps, floors and key items too -----------------------------------------------------------

WINDOWS = {
    "slug": "windows", "name": "窗", "name_en": "Windows", "target": "place", "kind": "score", "family": "general",
    "who": ["director"], "full": 300, "pass_mark": 200,
    "items": [
        {"key": "glass", "name": "玻璃", "name_en": "Glass", "max": 200, "step": 50, "floor": 50, "section": "外面",
         "section_en": "Outside", "photo_on_fail": True},
        {"key": "sill", "name": "窗台", "name_en": "Sill", "max": 100, "step": 50, "section": "里面",
         "section_en": "Inside", "key_item": True},
    ],
}  # fmt: skip


@pytest.fixture
def windows(school: Any) -> Checklist:
    return Checklist.publish(WINDOWS, school.director)


def test_a_score_stands_under_its_sections(phone: Any, school: Any, windows: Checklist, code_of: Any) -> None:
    page = phone(school.director).get(f"/inspections/check/{code_of(school.places.store)}/windows").text
    assert re.findall(r'group-title">([^<]+)</h2>', page)[:2] == ["Outside", "Inside"]
    assert 'min="0.5"' in page
    assert 'data-floor="50"' in page
    assert "At least 0.5 points stay here." in page


@pytest.mark.parametrize(
    ("glass", "sill", "status", "words"),
    [
        ("0.5", "1", 422, "A deduction here needs a photo."),
        ("0", "1", 422, "At least 0.5 points stay here."),
        ("1.7", "1", 422, "steps of 0.5"),
        ("2", "0", 303, ""),
        ("2", "0.5", 303, ""),
    ],
)
def test_floor_step_photo_and_key_item_of_a_score(
    phone: Any, school: Any, windows: Checklist, code_of: Any, glass: str, sill: str, status: int, words: str
) -> None:
    ids = {item.key: item.id for item in windows.items}
    data = {"version": windows.version}
    for key, points in (("glass", glass), ("sill", sill)):
        data |= {f"i{ids[key]}-points": points, f"i{ids[key]}-words": "脏"}
    answer = phone(school.director).send(f"/inspections/check/{code_of(school.places.store)}/windows", data)
    assert answer.status_code == status
    assert words in answer.text
    if status == 303:
        check = Check.get()
        assert check.passed is (sill != "0")  # two of three would be enough, but the sill is a key item
        page = phone(school.director).get(f"/inspections/{check.id}").text
        assert page.index("Outside") < page.index("Glass") < page.index("Inside") < page.index("Sill")
