"""A checklist from a file: what it would change is read before anything is stored."""

import json
from io import BytesIO
from typing import Any

import pytest

from app.inspections import shape
from app.inspections.checklists import Checklist
from app.inspections.comparing import Comparison
from app.journal import Event

IMPORT = "/inspections/checklists/import"
ANSWER = "/inspections/checklists/toilet/import"


@pytest.fixture
def toilet() -> Checklist:
    return Checklist.now("toilet")


@pytest.fixture
def changed(toilet: Checklist) -> dict[str, Any]:
    """The toilet's list as another school has it: an item more, one less, one worth more, one in other words."""
    data = toilet.as_data()
    items = {item["key"]: item for item in data["items"]}
    items["bowls"] |= {"max": 250, "guide": "无黄垢、无积便、<b>已冲</b>"}
    del items["tools"]
    items["soap"] = {"key": "soap", "name": "洗手液", "name_en": "Soap", "answer": "points", "step": 50}
    return {**data, "name": "厕所卫生（新）", "items": list(items.values())}


def send(client: Any, raw: bytes) -> Any:
    return client.send(IMPORT, {"file": (BytesIO(raw), "a.json")}, content_type="multipart/form-data")


def as_bytes(data: Any) -> bytes:
    return shape.as_file(data).encode()


def test_it_says_what_would_change_and_stores_nothing(phone: Any, school: Any, changed: Any) -> None:
    answer = send(phone(school.director), as_bytes(changed))
    assert answer.status_code == 200
    for words in (
        "Items that come in", "洗手液", "Items that are left out", "工具、防滑牌", "Bowls", "<del>2</del>",
        "<ins>2.5</ins>", "厕所卫生（新）", "Make this version 2", "&lt;b&gt;已冲&lt;/b&gt;",
    ):  # fmt: skip
        assert words in answer.text
    assert "<b>已冲" not in answer.text.partition("<textarea")[0]
    assert Checklist.now("toilet").version == 1


def test_agreeing_makes_the_new_version_once(phone: Any, school: Any, toilet: Any, changed: Any) -> None:
    client = phone(school.director)
    form = {"version": 1, "text": shape.as_file(changed)}
    answers = [client.send(ANSWER, form, key="i" * 24) for _each in range(2)]
    assert [answer.location for answer in answers] == ["/inspections/checklists/toilet"] * 2
    now = Checklist.now("toilet")
    assert (now.version, now.name) == (2, "厕所卫生（新）")
    assert [item.key for item in now.items][-1] == "soap"
    assert next(item for item in now.items if item.key == "bowls").max == 250
    assert Checklist.get_by_id(toilet.id).replaced_at is not None
    published = Event.select().where(Event.action == "inspections.checklist", Event.person == school.director)
    assert published.count() == 1


def test_the_same_file_does_nothing(phone: Any, school: Any, toilet: Any) -> None:
    client = phone(school.director)
    page = send(client, as_bytes(toilet.as_data())).text
    assert "The file says the same as the checklist" in page
    assert "Make this version" not in page
    answer = client.send(ANSWER, {"version": 1, "text": shape.as_file(toilet.as_data())})
    assert answer.status_code == 409
    assert Checklist.now("toilet").version == 1


def test_what_is_only_written_out_is_the_same(toilet: Any) -> None:
    """A file may name what is usual anyway, such as a weight of 1."""
    data = toilet.as_data()
    data["items"] = [{**item, "weight": 1, "times": 1, "photo_on_fail": item.get("photo_on_fail", False)}
                     for item in data["items"]]  # fmt: skip
    assert not Comparison.of(toilet.as_data(), data)


def test_another_order_is_a_change(toilet: Any) -> None:
    data = toilet.as_data()
    data["items"] = data["items"][::-1]
    found = Comparison.of(toilet.as_data(), data)
    assert found.moved
    assert [found.added, found.removed, found.changed, found.head] == [[], [], [], []]


def test_somebody_saved_it_meanwhile(phone: Any, school: Any, toilet: Any, changed: Any) -> None:
    toilet.revise(school.counsellor, [{"key": "all", "name": "全部", "max": 1000}])
    answer = phone(school.director).send(ANSWER, {"version": 1, "text": shape.as_file(changed)})
    assert answer.status_code == 409
    assert "This is what the file would change now." in answer.text
    assert "全部" in answer.text  # would be left out
    assert Checklist.now("toilet").version == 2


def test_it_can_become_another_checklist(phone: Any, school: Any, changed: Any) -> None:
    """Two schools may each have an own-1 that have nothing to do with each other."""
    answer = phone(school.director).send(ANSWER, {"version": 1, "text": shape.as_file(changed), "as_new": "yes"})
    assert answer.status_code == 200
    assert "Nothing is stored before you save." in answer.text
    assert 'action="/inspections/checklists/new"' in answer.text
    assert "洗手液" in answer.text
    assert Checklist.now("toilet").version == 1


def test_a_new_one_goes_into_the_editor(phone: Any, school: Any, changed: Any) -> None:
    answer = send(phone(school.director), as_bytes({**changed, "slug": "night-school"}))
    assert 'action="/inspections/checklists/new"' in answer.text
    assert Checklist.now("night-school") is None


WHOLE = {"slug": "toilet", "name": "厕所", "target": "place", "kind": "list", "items": [{"key": "a", "name": "甲",
         "answer": "fine"}]}  # fmt: skip
LONG = {**WHOLE, "items": [{"key": "a", "name": "甲", "answer": "fine", "guide": "长" * 60_000}]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**WHOLE, "format": 2}, "newer version"),
        ({**WHOLE, "format": "zongwu"}, "format is unknown"),
        ({**WHOLE, "format": 0}, "format is unknown"),
        ({**WHOLE, "format": True}, "format is unknown"),
        ({**WHOLE, "colour": "red"}, "colour"),
        ({**WHOLE, "name": "甲\x00乙"}, "name"),
        ({**WHOLE, "name": "甲\n乙"}, "name"),
        ({**WHOLE, "name": "\ud800"}, "name"),
        ({**WHOLE, "name": "甲\u202eexe.乙"}, "name"),
        ({**WHOLE, "name": " "}, "name"),
        ({**WHOLE, "name": "长" * 61}, "name"),
        ({**WHOLE, "who": []}, "who may use it"),
        ({**WHOLE, "who": ["emperor"]}, "who"),
        ({**WHOLE, "slug": "../../etc"}, "slug"),
        ({**WHOLE, "items": WHOLE["items"] * 2}, "same key"),
        ({**WHOLE, "items": [{"key": "a", "name": "甲", "answer": "number", "low": float("nan")}]}, "low"),
        ({**WHOLE, "items": [{"key": "a", "name": "甲", "answer": "fine", "weight": 10**400}]}, "weight"),
        (LONG, "too large"),
        ("words", "not a checklist"),
        (None, "not a checklist"),
    ],
)
def test_what_is_no_checklist_is_answered_in_words(phone: Any, school: Any, data: Any, words: str) -> None:
    answer = send(phone(school.director), json.dumps(data).encode())
    assert answer.status_code == 422
    assert words in answer.text.partition('class="error"')[2].partition("</p>")[0]
    assert Checklist.now("toilet").version == 1


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.4", b"\xff\xfe\x00", "甲".encode("gbk"), b"[" * 100_000])
def test_bytes_that_are_no_json(phone: Any, school: Any, raw: bytes) -> None:
    answer = send(phone(school.director), raw)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


@pytest.mark.parametrize("text", ["", "nothing", '{"format": 9}', "[]"])
def test_the_answer_is_read_as_the_file_is(phone: Any, school: Any, text: str) -> None:
    assert phone(school.director).send(ANSWER, {"version": 1, "text": text}).status_code == 422
    assert Checklist.now("toilet").version == 1


def test_a_file_for_another_checklist_is_not_stored_here(phone: Any, school: Any, changed: Any) -> None:
    form = {"version": 1, "text": shape.as_file({**changed, "slug": "public-area"})}
    assert phone(school.director).send(ANSWER, form).status_code == 422
    assert phone(school.director).send("/inspections/checklists/none/import", form).status_code == 404


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "principal", "card", None])
def test_others_import_nothing(phone: Any, school: Any, changed: Any, who: str | None) -> None:
    client = phone(getattr(school, who) if who else None)
    assert client.send(ANSWER, {"version": 1, "text": shape.as_file(changed)}).status_code in (401, 403)
    assert Checklist.now("toilet").version == 1
