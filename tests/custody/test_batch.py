"""Several labels, one verb, one confirm: /custody/batch."""

from urllib.parse import urlencode

import pytest

from app import clock
from app.assets.models import Asset, Category
from app.custody.models import Custody
from app.once import new_key
from app.places.codes import Label

URL = "/custody/batch"


@pytest.fixture
def ten(school):
    """Ten microscopes with their codes."""
    category = Category.get_or_create(code="A02100000", defaults={"name": "仪器"})[0]
    made = Asset.add_many(10, "显微镜", category, school.custodian, place=school.places.store)
    codes = {label.asset_id: label.code for label in Label.in_use().where(Label.asset.in_(made))}
    return [codes[asset.id] for asset in made]


def listed(page: str) -> list[str]:
    """The codes that a page carries along."""
    return [part.split('"')[0] for part in page.split('name="code" value="')[1:]]


def test_ten_labels_are_scanned_in_a_row_and_lent_by_one_confirm(school, ten, phone):
    browser, codes = phone(school.custodian), []
    for code in ten:  # without JavaScript: each typed code sends the list on
        page = browser.get(f"{URL}?" + urlencode({"verb": "loan", "code": codes, "typed": code}, doseq=True)).text
        codes = listed(page)
    assert codes == ten
    assert not Custody.select().exists()
    answer = browser.send(URL, {"verb": "loan", "person_id": school.teacher.id, "until": "tomorrow", "code": codes})
    assert answer.location.endswith(f"/custody/person/{school.teacher.id}")
    assert Custody.held_by(school.teacher).count() == 10
    assert "Lent to 李敏 until 25/11: 10 things." in browser.get(answer.location).text


def test_one_typed_code_more_is_taken_along_with_the_confirm(school, ten, phone):
    phone(school.custodian).send(
        URL, {"verb": "issue", "person_id": school.teacher.id, "code": ten[:2], "typed": f"{ten[2].lower()} {ten[3]}"}
    )
    assert Custody.select().where(Custody.kind == "issue").count() == 4


def test_a_hand_scanner_types_the_whole_address(school, ten, phone):
    page = phone(school.custodian).get(f"{URL}?" + urlencode({"typed": f"http://localhost/q/{ten[0]}"})).text
    assert listed(page) == [ten[0]]


def test_the_same_label_twice_is_one_line(school, ten, phone):
    page = phone(school.custodian).get(f"{URL}?" + urlencode({"code": ten[:2], "typed": ten[0]}, doseq=True)).text
    assert listed(page) == ten[:2]


def test_a_line_is_taken_off_the_list(school, ten, phone):
    page = phone(school.custodian).get(f"{URL}?" + urlencode({"code": ten[:3], "drop": ten[1]}, doseq=True)).text
    assert listed(page) == [ten[0], ten[2]]


def test_everything_is_taken_back_without_naming_a_person(school, ten, things, phone):
    for code in ten[:3]:
        Custody.hand_out(Label.get_by_id(code).asset, school.teacher, school.custodian)
    Custody.hand_out(things.chairs, school.stranger, school.custodian, quantity=5)
    codes = [*ten[:3], things.codes["chairs"]]
    answer = phone(school.custodian).send(URL, {"verb": "back", "code": codes})
    assert answer.status_code == 303
    assert not Custody.select().where(Custody.is_open()).exists()


def test_each_label_that_does_not_fit_says_why_and_nothing_is_done(school, ten, things, phone):
    Custody.lend(things.projector, school.stranger, school.custodian, due_on=clock.today())
    retired, room, blank = Label.of(asset=things.speaker), Label.of(place=school.places.store), Label.make()
    room = room or Label.make(place=school.places.store)
    retired.retire(school.custodian, "torn")
    gone = Label.get_by_id(ten[9]).asset
    gone.set_state("disposed", school.director)
    bad = {
        things.codes["projector"]: "投影仪 is already lent to 冯伟 (教务处).",
        retired.code: "This label is retired.",
        room.code: "This is the label of a room: 总务仓库.",
        blank.code: "This label is still blank.",
        ten[9]: "disposed of",
        "ABCDEFGH": "This code is mistyped.",
        "<b>": "This code is mistyped.",
    }
    answer = phone(school.custodian).send(
        URL, {"verb": "loan", "person_id": school.teacher.id, "note": "实验课", "code": [*ten[:2], *bad]}
    )
    assert answer.status_code == 422
    for words in bad.values():
        assert words in answer.text
    assert "<b>" not in answer.text
    assert "7 labels do not fit" in answer.text
    assert "实验课" in answer.text
    assert ten[0] in listed(answer.text)
    assert Custody.select().count() == 1


def test_what_is_not_lent_can_not_be_taken_back(school, ten, phone):
    answer = phone(school.custodian).send(URL, {"verb": "back", "code": ten[:1]})
    assert answer.status_code == 422
    assert "This is not lent to anybody." in answer.text


def test_an_unknown_code_is_told_apart_from_a_mistyped_one(school, phone):
    label = Label.make()
    label.delete_instance()
    assert "No label has this code." in phone(school.custodian).get(f"{URL}?typed={label.code}").text


def test_some_of_a_batch_are_lent_with_single_things(school, ten, things, phone):
    chairs = things.codes["chairs"]
    data = {"verb": "loan", "person_id": school.teacher.id, "until": "week", "code": [ten[0], chairs]}
    answer = phone(school.custodian).send(URL, {**data, f"quantity-{chairs}": "11"})
    assert answer.status_code == 422
    assert "Only 10 把 of 折叠椅 are left" in answer.text
    assert phone(school.custodian).send(URL, {**data, f"quantity-{chairs}": "7"}).status_code == 303
    assert Custody.open_of(things.chairs).quantity == 7


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": []}, "Scan or type at least one label."),
        ({"person_id": ""}, "Please fill this in."),
        ({"person_id": "", "person": "查无此人"}, "Nothing fits"),
        ({"verb": "sell"}, "Please choose one."),
        ({"until": "never"}, "Please choose one."),
        ({"day": "2026-11-01"}, "That day has passed."),
        ({"note": "长" * 350_000}, "At most 200 characters"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_the_list_stays(school, ten, phone, wrong, words):
    data = {"verb": "loan", "person_id": school.teacher.id, "until": "week", "code": ten[:2], **wrong}
    answer = phone(school.custodian).send(URL, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert listed(answer.text) == wrong.get("code", ten[:2])
    assert not Custody.select().exists()


def test_only_the_office_uses_it(school, ten, phone):
    data = {"verb": "loan", "person_id": school.teacher.id, "until": "week", "code": ten[:2]}
    for who in (school.teacher, school.principal, school.card):
        assert phone(who).get(URL).status_code == 403
        assert phone(who).send(URL, data).status_code == 403
    assert phone().send(URL, data).status_code == 401
    assert not Custody.select().exists()


def test_the_same_confirm_twice_acts_once(school, ten, phone):
    data, key = {"verb": "issue", "person_id": school.teacher.id, "code": ten[:3]}, new_key()
    browser = phone(school.custodian)
    answers = [browser.send(URL, data, key=key) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Custody.select().count() == 3


def test_the_list_alone_is_sent_when_htmx_asks(school, ten, phone):
    answer = phone(school.custodian).get(f"{URL}?typed={ten[0]}", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="batch"')


def test_ten_labels_cost_no_more_queries_than_one(school, ten, phone, counted):
    browser = phone(school.custodian)
    with counted() as one:
        browser.get(f"{URL}?typed={ten[0]}")
    with counted() as many:
        browser.get(f"{URL}?" + urlencode({"code": ten}, doseq=True))
    assert many.count == one.count <= 6
