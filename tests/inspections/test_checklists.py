"""Checklists are data, kept in versions."""

import json

import peewee
import pytest

from app.errors import Refused
from app.inspections import checklists
from app.inspections.checklists import BUILT_IN, Checklist, Item, Slot, install_builtin
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.people.models import CARD_CHECKLISTS
from app.places.models import KINDS
from app.repairs.models import KINDS as REPAIR_KINDS

FILES = sorted(BUILT_IN.glob("*.json"))


def data_of(checklist):
    head = {name: getattr(checklist, name) for name in ("slug", "name", "target", "kind", "full")}
    return {**head, "items": [{"key": "floor", "name": "地面", "max": checklist.full}]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_built_in_files_are_whole(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["name"]
    assert data["name_en"].isascii()
    assert set(data["kinds"]) <= set(KINDS)
    for item in data["items"]:
        assert item["name"]
        assert item["name_en"].isascii()
        assert item.get("guide_en", "").isascii()
        assert item.get("ticket_kind", "other") in REPAIR_KINDS
        for reason in item.get("reasons", ()):
            assert reason["words"]
            assert reason["words_en"].isascii()
            assert 0 < reason["points"] <= item["max"]
            assert reason["points"] % item["step"] == 0


def test_every_school_starts_with_the_checklists_of_its_plan():
    found = {each.slug: each for each in Checklist.in_use()}
    assert set(found) == {
        "class-hygiene", "class-area", "toilet", "public-area", "cleaner-daily", "cleaner-weekly", "cleaner-monthly",
        "campus-patrol", "four-protections", "term-opening", "holiday-closing", "class-property", "drinking-water",
        "room-equipment", "class-hygiene-100",
    }  # fmt: skip
    assert set(found) - {each.slug for each in Checklist.offered()} == {"class-hygiene-100"}  # until it is taken up
    assert [found[slug].full for slug in ("class-hygiene", "toilet", "public-area")] == [1000, 1000, 1000]
    assert len(found["class-hygiene"].items) == 10
    assert found["class-hygiene"].bonus_max == 100
    assert found["cleaner-daily"].kind == "ticks"


def test_installing_again_changes_nothing():
    before = list(Checklist.select(Checklist.id).order_by(Checklist.id).tuples())
    install_builtin()
    assert list(Checklist.select(Checklist.id).order_by(Checklist.id).tuples()) == before
    assert Item.select().count() == sum(len(json.loads(path.read_text())["items"]) for path in FILES)


def test_a_changed_file_becomes_a_new_version(monkeypatch, tmp_path, hygiene):
    data = json.loads((BUILT_IN / "class-hygiene.json").read_text(encoding="utf-8"))
    data["items"][0]["guide"] = "无纸屑"
    (tmp_path / "class-hygiene.json").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setattr(checklists, "BUILT_IN", tmp_path)
    install_builtin()
    now = Checklist.now("class-hygiene")
    assert now.version == 2
    assert now.items[0].guide == "无纸屑"
    assert hygiene.items[0].guide == "无纸屑、污渍、积水"


def test_a_version_of_the_school_is_not_overwritten(monkeypatch, tmp_path, hygiene, school):
    hygiene.revise(school.director, [{"key": "all", "name": "全部", "max": 1000}])
    data = json.loads((BUILT_IN / "class-hygiene.json").read_text(encoding="utf-8"))
    data["items"][0]["guide"] = "无纸屑"
    (tmp_path / "class-hygiene.json").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setattr(checklists, "BUILT_IN", tmp_path)
    install_builtin()
    assert [item.key for item in Checklist.now("class-hygiene").items] == ["all"]


def test_a_check_keeps_the_version_it_was_made_with(hygiene, score, school):
    check = score({"floor": Verdict(50, (0,))})
    hygiene.revise(school.director, [{"key": "all", "name": "全部", "max": 1000}])
    assert Check.get_by_id(check.id).checklist.version == 1
    assert Checklist.now("class-hygiene").version == 2


def test_points_that_do_not_add_up_are_refused(ctx, hygiene):
    wrong = data_of(hygiene)
    wrong["items"][0]["max"] = 900
    with pytest.raises(Refused, match="add up to 10"):
        Checklist.publish(wrong)


def test_the_database_keeps_one_version_in_use(hygiene):
    with pytest.raises(peewee.IntegrityError):
        Checklist.create(slug="class-hygiene", version=9, name="另一份", target="class", kind="score", full=1000)


def test_duty_cards_can_be_made_for_class_hygiene():
    assert "class-hygiene" in CARD_CHECKLISTS


@pytest.mark.parametrize(
    ("hour", "slot"), [("07:00", "morning"), ("11:29", "morning"), ("11:30", "noon"), ("16:00", "afternoon")]
)
def test_a_day_has_three_slots(hour, slot):
    from datetime import time

    from app import clock

    assert Slot.at(clock.utc(clock.today(), time.fromisoformat(hour))).slug == slot


def test_the_counsellor_sees_the_list_and_the_phone_preview(phone, school):
    client = phone(school.counsellor)
    assert "Class hygiene" in client.get("/inspections/checklists").text
    preview = client.get("/inspections/checklists/class-hygiene")
    assert preview.status_code == 200
    assert "Tools corner" in preview.text
    assert 'method="post"' not in preview.text.partition("<main")[2]
    assert "Flush and scrub" in client.get("/inspections/checklists/cleaner-daily").text
    assert client.get("/inspections/checklists/none").status_code == 404


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "electrician"])
def test_checklists_are_not_for_everybody(phone, school, who):
    client = phone(getattr(school, who))
    assert client.get("/inspections/checklists").status_code == 403
    assert client.get("/inspections/checklists/class-hygiene").status_code == 403


def test_names_come_in_the_language_of_the_reader(phone, school):
    client = phone(school.director)
    client.set_cookie("language", "zh_Hans_CN")
    assert "班级卫生" in client.get("/inspections/checklists").text
    client.set_cookie("language", "en")
    page = client.get("/inspections/checklists").text
    assert "Class hygiene" in page
    assert "班级卫生" not in page
