"""The editor of checklists, and a checklist as one file."""

import json
from io import BytesIO

import pytest

from app.inspections import shape
from app.inspections.checklist_forms import Editor
from app.inspections.checklists import Checklist, Item

EDIT = "/inspections/checklists/{}/edit"


def typed(data):
    """What the browser sends for a checklist as it stands in the editor."""
    editor, sent = Editor(data), {"rows": 0}
    for form in (editor.head, *editor.items):
        for field in form:
            if field.type == "BooleanField":
                sent |= {field.name: "y"} if field.data else {}
            elif field.type == "SelectMultipleField":
                sent[field.name] = list(field.data or ())
            else:
                sent[field.name] = field._value() if hasattr(field, "_value") else field.data
    return {name: "" if value is None else value for name, value in sent.items()} | {"rows": len(editor.items)}


@pytest.fixture
def closing():
    return Checklist.now("holiday-closing")


@pytest.mark.parametrize(
    "slug", ["class-hygiene", "holiday-closing", "cleaner-daily", "drinking-water", "class-property", "campus-patrol"]
)
def test_saving_what_nobody_touched_changes_no_word(phone, school, slug):
    before = Checklist.now(slug)
    answer = phone(school.director).send(EDIT.format(slug), {**typed(before.as_data()), "version": before.version})
    assert answer.location == f"/inspections/checklists/{slug}"
    after = Checklist.now(slug)
    assert after.version == before.version + 1
    assert after.as_data() == before.as_data()


def test_a_new_item_and_one_left_out(phone, school, closing):
    data = {**typed(closing.as_data()), "version": closing.version}
    new, position = len(closing.items) + 1, 1
    data |= {f"n{new}-name": "投影幕收起", f"n{new}-order": position, f"n{new}-key_item": "y", "n2-gone": "y"}
    data["n1-order"] = 5
    phone(school.director).send(EDIT.format("holiday-closing"), data)
    items = Checklist.now("holiday-closing").items
    assert len(items) == len(closing.items)
    assert (items[0].name, items[0].key, items[0].key_item) == ("投影幕收起", "item-1", True)
    assert "door" not in [item.key for item in items]
    assert Item.select().where(Item.checklist == closing).count() == len(closing.items)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "长" * 61}, "At most 60 characters"),
        ({"who": []}, "Please choose somebody."),
        ({"kind": "war"}, "Please choose one."),
        ({"n1-answer": "choice", "n1-choices": "只有一个"}, "two choices or more"),
        ({"n1-answer": "number", "n1-low": "9", "n1-high": "1"}, "The upper limit is below"),
        ({"n1-answer": "number", "n1-low": "nine"}, "a number like 37.3"),
        ({"n1-reasons": "没有分数"}, "This line has no points"),
        ({"n1-weight": "1000"}, "from 0 to 100"),
        ({"n1-name": "<script>" + "长" * 100}, "At most 60 characters"),
        ({"n1-answer": "points"}, "A list without points"),
    ],
)
def test_what_can_not_be_is_answered_at_its_field(phone, school, closing, entry, words):
    data = {**typed(closing.as_data()), "version": closing.version, **entry}
    answer = phone(school.director).send(EDIT.format("holiday-closing"), data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>长" not in answer.text
    assert Checklist.now("holiday-closing").version == 1


def test_a_score_must_give_points(phone, school, hygiene):
    data = {**typed(hygiene.as_data()), "version": hygiene.version}
    data |= {f"n{at}-max": "0" for at in range(1, 11)} | {f"n{at}-reasons": "" for at in range(1, 11)}
    answer = phone(school.director).send(EDIT.format("class-hygiene"), data)
    assert answer.status_code == 422
    assert "A score needs points to give." in answer.text


def test_two_who_edit_at_once(phone, school, closing):
    data = {**typed(closing.as_data()), "version": closing.version}
    phone(school.counsellor).send(EDIT.format("holiday-closing"), data)
    answer = phone(school.director).send(EDIT.format("holiday-closing"), {**data, "name": "关门"})
    assert answer.status_code == 409
    assert "Somebody else saved this checklist meanwhile" in answer.text
    assert "关门" in answer.text
    assert Checklist.now("holiday-closing").version == 2


def test_a_checklist_of_the_school_itself(phone, school):
    data = {"rows": 1, "name": "晚托检查", "kind": "list", "family": "general", "target": "place", "who": ["director"],
            "n1-name": "门窗", "n1-answer": "fine", "n1-ticket_kind": "doors", "n1-finding": ""}  # fmt: skip
    client = phone(school.director)
    answer = client.send("/inspections/checklists/new", data)
    assert answer.location == "/inspections/checklists/own-1"
    assert Checklist.now("own-1").items[0].name == "门窗"
    assert client.send("/inspections/checklists/new", data).location == "/inspections/checklists/own-2"
    assert "晚托检查" in client.get("/inspections/checklists").text


def test_an_empty_checklist_is_none(phone, school):
    data = {"rows": 0, "name": "空", "kind": "list", "family": "general", "target": "place", "who": ["director"]}
    answer = phone(school.director).send("/inspections/checklists/new", data)
    assert answer.status_code == 422
    assert "from 1 to 80 items" in answer.text


@pytest.mark.parametrize("slug", ["class-hygiene", "campus-patrol", "cleaner-weekly"])
def test_a_file_taken_and_brought_back_is_the_same(phone, school, slug):
    client = phone(school.director)
    taken = client.get(f"/inspections/checklists/{slug}/file")
    assert taken.headers["Content-Disposition"] == f'attachment; filename="checklist-{slug}-1.json"'
    data = json.loads(taken.data)
    assert shape.problem(data) is None
    answer = client.send("/inspections/checklists/import", {"file": (BytesIO(taken.data), "a.json")},
                         content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == 200
    assert "Nothing is stored before you save." in answer.text
    assert Checklist.now(slug).version == 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"hello", b"[]", b"{}", b'{"items": []}', b"\xff\xfe", b"[" * 100_000, b" " * 400_000,
     b'{"slug":"../x","name":"a","target":"place","kind":"list","items":[{"key":"a","name":"b"}]}',
     b'{"slug":"x","name":"a","target":"place","kind":"list","items":[{"key":"a","name":"b","evil":1}]}',
     b'{"slug":"x","name":"a","target":"place","kind":"list","items":[{"key":"a","name":5}]}'],
)  # fmt: skip
def test_what_is_no_checklist_is_refused_with_words(phone, school, raw):
    before = Checklist.select().count()
    answer = phone(school.director).send("/inspections/checklists/import", {"file": (BytesIO(raw), "a.json")},
                                         content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert Checklist.select().count() == before


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "card", None])
@pytest.mark.parametrize("path", ["new", "import", "class-hygiene/edit", "class-hygiene/file"])
def test_the_editor_is_not_for_everybody(phone, school, who, path):
    answer = phone(getattr(school, who) if who else None).get(f"/inspections/checklists/{path}")
    assert answer.status_code in ((302, 303) if who is None else (403,))


@pytest.mark.parametrize("slug", ["class-hygiene", "campus-patrol", "drinking-water", "cleaner-monthly"])
def test_the_preview_shows_every_item(phone, school, slug):
    page = phone(school.director).get(f"/inspections/checklists/{slug}").text
    assert all(item.name_en in page for item in Checklist.now(slug).items)
    assert 'method="post"' not in page.partition("<main")[2]
