"""Categories: built in, editable, and never overwritten."""

import json
from pathlib import Path

import pytest

from app import journal, seeds
from app.assets.models import Category, install_builtin
from app.once import new_key


def test_the_built_in_ones_are_as_the_standard_and_sound():
    rows = json.loads(Path(seeds.__file__).with_name("categories.json").read_text(encoding="utf-8"))
    codes = [row["code"] for row in rows]
    assert codes == sorted(set(codes))
    assert all(len(code) == 9 and code[:2] == "A0" and code[1:].isdigit() for code in codes)
    assert all(row["name"] and row["name_en"] and 0 <= row["life_years"] <= 50 for row in rows)
    assert {row["code"] for row in rows if not row["checked"]} == {
        "A02010109", "A02021103", "A02021118", "A02061818", "A02061819",
    }  # fmt: skip


def test_installing_again_adds_only_what_is_missing_and_keeps_what_was_edited(school):
    assert install_builtin() > 50
    desks = Category.get(Category.code == "A05010203")
    desks.change(school.custodian, name="课桌类", life_years=10, checked=True)
    Category.delete().where(Category.code == "A05040500").execute()
    assert install_builtin() == 1
    assert install_builtin() == 0
    desks = Category.get_by_id(desks.id)
    assert (desks.name, desks.life_years) == ("课桌类", 10)


def test_the_name_is_in_the_readers_language(school, things, phone):
    browser = phone(school.custodian)
    assert "projectors" in browser.get("/assets/categories").text
    browser.set_cookie("language", "zh_Hans_CN")
    assert "投影仪" in browser.get("/assets/categories").text
    assert "projectors" not in browser.get("/assets/categories").text


def test_a_category_is_added_and_changed(school, things, phone, ctx):
    form = {"code": "A02999999", "name": "其他设备", "name_en": "other", "life_years": "6", "used": "y"}
    browser = phone(school.custodian)
    assert browser.send("/assets/categories/add", form).status_code == 303
    row = Category.get(Category.code == "A02999999")
    assert (row.life_years, row.checked, row.used) == (6, False, True)
    browser.send(f"/assets/categories/{row.id}", {**form, "life_years": "8", "checked": "y"})
    assert (Category.get_by_id(row.id).life_years, Category.get_by_id(row.id).checked) == (8, True)
    event = journal.about(thing=row).first()
    assert event.sentence == "changed the category 其他设备: minimum life, compared"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": ""}, "Please fill this in."),
        ({"code": "A0202 0200"}, "Capital letters and digits only."),
        ({"code": "A02020200"}, "already stands for"),
        ({"code": "A" * 13}, "At most 12"),
        ({"name": "😀" * 61}, "At most 60"),
        ({"name": "a" * 1_000_000}, "At most 60"),
        ({"life_years": "100"}, "from 0 to 99"),
        ({"life_years": "long"}, "whole number"),
    ],
)
def test_bad_input_is_told(school, things, phone, change, words):
    before = Category.select().count()
    form = {"code": "A02999999", "name": "其他设备", "name_en": "keep me", "life_years": "6", **change}
    answer = phone(school.custodian).send("/assets/categories/add", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="keep me"' in answer.text
    assert Category.select().count() == before


def test_a_category_out_of_use_stays_on_its_assets_and_is_not_offered(school, things, phone):
    things.projectors.change(school.custodian, used=False)
    browser, offered = phone(school.custodian), "projectors A02020200"
    assert offered not in browser.get("/assets/add").text
    assert offered in browser.get(f"/assets/{things.projector.id}/edit").text


@pytest.mark.parametrize("who", ["teacher", "principal", "card"])
def test_others_may_not_change(school, things, phone, who):
    form = {"code": "A02999999", "name": "其他设备", "life_years": "6"}
    assert phone(getattr(school, who)).send("/assets/categories/add", form).status_code == 403
    url = f"/assets/categories/{things.projectors.id}"
    assert phone(getattr(school, who)).send(url, form).status_code == 403


def test_the_same_form_twice_adds_once(school, things, phone):
    form, key, browser = (
        {"code": "A02999999", "name": "其他设备", "life_years": "6"},
        new_key(),
        phone(school.custodian),
    )
    for _time in range(2):
        assert browser.send("/assets/categories/add", form, key=key).status_code == 303
    assert Category.select().where(Category.code == "A02999999").count() == 1
