"""The editor of checklists, and a checklist as one file."""

import html
import json
import re
from io import BytesIO

import pytest

from app.inspections import scoring, shape
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
    assert json.loads(taken.data)["format"] == shape.FORMAT
    assert shape.read(taken.data) == Checklist.now(slug).as_data()
    answer = client.send("/inspections/checklists/import", {"file": (BytesIO(taken.data), "a.json")},
                         content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == 200
    assert "The file says the same as the checklist" in answer.text
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


# Another order, more rows, a look at it: nothing is stored, and JavaScript is not needed --------------------------


def names_in(page):
    return re.findall(r'class="item-name">([^<]+)<', page)


def at_editor(client, slug, **sent):
    before = Checklist.now(slug)
    return client.send(EDIT.format(slug), {**typed(before.as_data()), "version": before.version, **sent})


def test_an_item_goes_up_and_down(phone, school, closing):
    client = phone(school.director)
    first = [item.name for item in closing.items]
    page = at_editor(client, "holiday-closing", do="down-1").text
    assert names_in(page)[:3] == [first[1], first[0], first[2]]
    page = at_editor(client, "holiday-closing", do="up-3").text
    assert names_in(page)[:3] == [first[0], first[2], first[1]]
    page = at_editor(client, "holiday-closing", do="up-1").text
    assert names_in(page)[: len(first)] == first
    assert Checklist.now("holiday-closing").version == 1


def test_the_new_order_is_what_is_saved(phone, school, closing):
    client = phone(school.director)
    page = at_editor(client, "holiday-closing", do="down-1").text
    orders = {f"n{number}-order": value for number, value in re.findall(r'name="n(\d+)-order"[^>]*value="(\d+)"', page)}
    assert len(orders) == len(closing.items) + 3
    at_editor(client, "holiday-closing", **orders)
    saved = [item.name for item in Checklist.now("holiday-closing").items]
    assert saved[:2] == [closing.items[1].name, closing.items[0].name]


def test_leaving_out_can_be_taken_back(phone, school, closing):
    client = phone(school.director)
    page = at_editor(client, "holiday-closing", do="gone-2").text
    assert "left out" in page
    assert "take it back in" in page
    page = at_editor(client, "holiday-closing", **{"do": "gone-2", "n2-gone": "y"}).text
    assert "take it back in" not in page


def test_more_empty_rows_until_there_are_enough(phone, school, closing):
    client = phone(school.director)
    page = at_editor(client, "holiday-closing", do="more").text
    assert f'name="rows" value="{len(closing.items) + 6}"' in page
    page = at_editor(client, "holiday-closing", do="more", rows=83).text
    assert 'name="rows" value="83"' in page


def test_a_look_at_it_stores_nothing(phone, school, closing):
    client = phone(school.director)
    page = at_editor(client, "holiday-closing", **{"do": "look", "n1-name": "窗户<b>", "n1-weight": "5"}).text
    look = page.partition('id="look"')[2].partition("</section>")[0]
    assert "窗户&lt;b&gt;" in look or "Windows shut and locked" in look
    assert "counts 5 times" in look
    assert 'name="i1-answer"' in look
    assert Checklist.now("holiday-closing").version == 1
    assert at_editor(client, "class-hygiene", do="look").text.count('data-max="100"') > 3
    assert 'class="tick-box"' in at_editor(client, "cleaner-daily", do="look").text


def test_a_look_at_what_can_not_be_says_why(phone, school, hygiene):
    answer = at_editor(phone(school.director), "class-hygiene", **{"do": "look", "n1-max": "1.03"})
    assert answer.status_code == 422
    assert 'id="look"' not in answer.text


def test_a_wish_that_makes_no_sense_is_passed_over(phone, school, closing):
    for wish in ("up-999", "war", "gone-", "down-x" * 1000):
        assert at_editor(phone(school.director), "holiday-closing", do=wish).status_code == 200


def test_nothing_typed_is_lost(phone, school, closing):
    """Every field holds something wrong or new, and each stands there again."""
    sent = {
        "name": "长" * 61, "name_en": "English <i>", "pass_mark": "many", "bonus_max": "x1",
        "n1-name": "名" * 61, "n1-name_en": "e" * 81, "n1-guide": "导" * 201, "n1-section": "节" * 41,
        "n1-weight": "heavy",
        "n1-order": "third", "n1-max": "1.03", "n1-step": "zero", "n1-floor": "-4",
        "n1-reasons": "没有分数\n第二行 | x",
        "n1-choices": "一\n- 二", "n1-low": "deep", "n1-high": "above", "n1-unit": "长" * 13,
        "n1-times": "often", "n1-answer": "number", "n1-ticket_kind": "power", "n1-finding": "hazard",
        "n1-kinds": ["office", "store"], "n1-photo_on_fail": "y", "n15-name": "新的一项",
    }  # fmt: skip
    answer = at_editor(phone(school.director), "holiday-closing", **sent)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    for name, value in sent.items():
        for each in value if isinstance(value, list) else [value]:
            assert each in page or name.endswith("photo_on_fail"), name
    row = answer.text.partition('id="row-1"')[2].partition('id="row-2"')[0]
    assert re.search(r'name="n1-photo_on_fail"[^>]*checked|checked[^>]*name="n1-photo_on_fail"', row)
    assert '<option selected value="hazard">' in row
    assert row.count('name="n1-kinds" value="office" checked') == 1
    assert Checklist.now("holiday-closing").version == 1


@pytest.mark.parametrize("limit", [0.0001, 30, 37.3, 1234567.5, 123456789, -12])
def test_limits_stand_as_they_were_typed(phone, school, limit):
    """A large or small limit comes back without an exponent, and is saved as it was."""
    water = Checklist.now("drinking-water")
    items = [
        {**item, "low": limit, "high": None} if item["key"] == "tds" else item for item in water.as_data()["items"]
    ]
    Checklist.publish({**water.as_data(), "items": items})
    page = phone(school.director).get(EDIT.format("drinking-water")).text
    assert f'value="{scoring.as_typed(limit)}"' in page
    assert "e+" not in scoring.as_typed(limit)
    assert at_editor(phone(school.director), "drinking-water").location == "/inspections/checklists/drinking-water"
    assert next(item for item in Checklist.now("drinking-water").items if item.key == "tds").low == limit


def test_no_browser_holds_the_form_back(phone, school, closing):
    """A browser does not send a form whose folded parts it finds wanting, and can't say why: the server answers."""
    page = phone(school.director).get(EDIT.format("holiday-closing")).text.partition("<main")[2]
    assert re.search(r"<form[^>]*method=.post.[^>]* novalidate", page)
    empty = re.findall(r'<select[^>]*>\s*<option[^>]*value=""', page)
    assert empty
    assert not [each for each in empty if " required" in each]


@pytest.mark.parametrize("who", ["teacher", "cleaner", "card"])
def test_the_buttons_are_not_for_everybody(phone, school, closing, who):
    assert at_editor(phone(getattr(school, who)), "holiday-closing", do="look").status_code == 403
