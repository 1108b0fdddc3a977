"""The custodian sends the school's rooms and classes as sheets."""

from types import SimpleNamespace
from typing import Any

import pytest

from app import once
from app.journal import Event
from app.people.models import Person
from app.places.codes import Label
from app.places.importing import Rooms, storey
from app.places.models import ClassGroup, Place
from tests.sheets import check, send

ROOMS = ("楼栋", "楼层", "房间名称", "门牌号", "种类", "负责人", "保洁员")
CLASSES = ("班级", "班主任", "教室")


@pytest.fixture
def school(school: SimpleNamespace, phone: Any) -> SimpleNamespace:
    school.browser = phone(school.custodian)
    return school


def rooms(school: SimpleNamespace, *rows: Any) -> Any:
    return check(school.browser, "/places/import", [ROOMS, *rows])


def classes(school: SimpleNamespace, *rows: Any) -> Any:
    return check(school.browser, "/places/classes/import", [CLASSES, *rows])


def test_new_rooms_with_buildings_and_floors_that_were_missing(school: SimpleNamespace) -> None:
    rows = (
        ("教学楼", "2层", "203教室", "203", "教室", "李敏", "周桂兰"),
        ("综合楼", "一楼", "科学实验室", "101", "专用教室", None, None),
        ("综合楼", "一楼", "走廊", None, "走廊", None, None),
        (None, None, "操场", None, "操场", None, None),
    )
    checked = rooms(school, *rows)
    assert checked.counts == (4, 0, 0, 0), checked.page
    assert "综合楼 is added." in checked.page
    assert "综合楼 一楼 is added." in checked.page
    assert checked.store().status_code == 303
    room = Place.get(Place.name == "203教室")
    assert (room.parent, room.keeper, room.cleaner) == (school.places.floor, school.teacher, school.cleaner)
    lab = Place.get(Place.name == "科学实验室")
    assert (lab.kind, lab.parent.name, lab.parent.parent.name) == ("special", "一楼", "综合楼")
    assert Place.get(Place.name == "操场").parent == school.places.school
    assert Label.of(place=lab.id) is not None
    assert Event.select().where(Event.action == "places.added", Event.person == school.custodian).count() == 6
    assert rooms(school, *rows).counts == (0, 0, 4, 0)


def test_a_known_room_is_changed_not_doubled(school: SimpleNamespace) -> None:
    checked = rooms(school, ("教学楼", "二楼", "201教室", "201", "教室", "钱秀英", None))
    assert checked.counts == (0, 1, 0, 0)
    checked.store()
    assert Place.get(Place.name == "201教室").keeper == school.custodian
    assert Place.select().where(Place.name == "201教室").count() == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("教学楼", "二楼", None, None, "教室", None, None), "Please fill this in."),
        (("教学楼", "二楼", "长" * 61, None, "教室", None, None), "At most 60 characters"),
        (("教学楼", "二楼", "房", None, "飞船", None, None), "“飞船” is not in the list: classroom / special room"),
        ((None, "二楼", "房", None, "教室", None, None), "in which building this floor is"),
        (("教学楼", "二楼", "房", None, "教室", "无名氏", None), "Nobody on the staff is called 无名氏"),
        (("教学楼", "二楼", "总务仓库", None, "仓库", None, None), "is closed; open it again first"),
    ],
)
def test_each_problem_is_told_in_words(school: SimpleNamespace, row: Any, words: str) -> None:
    school.places.store.close(school.custodian, "改建")
    before = Place.select().count()
    checked = rooms(school, row)
    assert checked.wrong == 1
    assert words in checked.page
    assert checked.store().status_code == 409
    assert Place.select().count() == before


def test_the_same_room_twice_in_a_sheet(school: SimpleNamespace) -> None:
    row = ("教学楼", "2楼", "新房", None, "教室", None, None)
    assert (
        "This is the same as row 2." in rooms(school, row, ("教学楼", "二楼", " 新房 ", None, "教室", None, None)).page
    )


@pytest.mark.parametrize("name", ["二楼", "2层", "2F", "第二层", "２楼"])
def test_floors_by_any_name(name: str) -> None:
    assert storey(name) == "#2"


@pytest.mark.parametrize(
    "words",
    ["201教室", "201", "教学楼 二楼 201教室", "教学楼/201", "教学楼201", "二楼201教室", "三(2)班", "三2", "302"],
)
def test_rooms_by_what_people_write(school: SimpleNamespace, ctx: None, words: str) -> None:
    assert Rooms().find(words) == school.places.classroom


def test_a_room_by_its_label(school: SimpleNamespace, ctx: None) -> None:
    assert Rooms().find(Label.of(place=school.places.store.id).code.lower()) == school.places.store


def test_a_name_that_two_rooms_share(school: SimpleNamespace, ctx: None) -> None:
    other = Place.add("building", "综合楼", None, parent=school.places.school)
    Place.add("store", "总务仓库", None, parent=other)
    with pytest.raises(ValueError, match="please write the building too"):
        Rooms().find("总务仓库")
    assert Rooms().find("综合楼 总务仓库").parent == other


# Classes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["四(1)班", "四年级1班", "四1", "401", "2023级1班", "四（一）班"])
def test_a_class_however_it_is_written(school: SimpleNamespace, name: str) -> None:
    checked = classes(school, (name, "李敏", "美术办公室"))
    assert checked.counts == (1, 0, 0, 0), checked.page
    checked.store()
    group = ClassGroup.get(ClassGroup.entry_year == 2023, ClassGroup.number == 1)
    assert (group.teacher, group.room) == (school.teacher, school.places.office)
    assert classes(school, ("2023级(1)班", "李敏", "美术办公室")).counts == (0, 0, 1, 0)


def test_two_classes_change_rooms_in_one_sheet(school: SimpleNamespace) -> None:
    checked = classes(school, ("三(2)班", None, "202教室"), ("三(3)班", None, "201"))
    assert checked.counts == (0, 2, 0, 0), checked.page
    assert checked.store().status_code == 303
    assert ClassGroup.get_by_id(school.classes.three_two.id).room == school.places.other_classroom
    assert ClassGroup.get_by_id(school.classes.three_three.id).room == school.places.classroom


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("11", None, None), "“11” is not a class"),
        (("2015级1班", None, None), "is not at school now"),
        (("四(1)班", "无名氏", None), "Nobody on the staff"),
        (("四(1)班", None, "999"), "There is no room “999”"),
        (("四(1)班", None, "201教室"), "Grade 3 Class 2 already sits in 201教室."),
        (("<b>四</b>", None, None), "is not a class"),
    ],
)
def test_each_problem_of_a_class_in_words(school: SimpleNamespace, row: Any, words: str) -> None:
    before = ClassGroup.select().count()
    checked = classes(school, row)
    assert checked.wrong == 1
    assert words in checked.page
    assert checked.store().status_code == 409
    assert ClassGroup.select().count() == before


def test_one_room_for_two_classes(school: SimpleNamespace) -> None:
    checked = classes(school, ("四1", None, "总务仓库"), ("四2", None, "总务仓库"))
    assert checked.wrong == 1
    assert "Grade 4 Class 1 already sits in 总务仓库." in checked.page


def test_what_went_out_comes_in_unchanged(school: SimpleNamespace) -> None:
    import io

    for listing, address in (
        ("/places/list.xlsx", "/places/import"),
        ("/places/classes/list.xlsx", "/places/classes/import"),
    ):
        checked = check(school.browser, address, io.BytesIO(school.browser.get(listing).data))
        assert (checked.added, checked.changed, checked.wrong) == (0, 0, 0), checked.page
        assert checked.same


def test_once(school: SimpleNamespace) -> None:
    checked, key = rooms(school, ("教学楼", "二楼", "新房", None, "教室", None, None)), once.new_key()
    assert [checked.store(key).status_code, checked.store(key).status_code] == [303, 303]
    assert Place.select().where(Place.name == "新房").count() == 1


def test_who_may_not(school: SimpleNamespace, phone: Any) -> None:
    for who in (school.teacher, school.principal, school.card, None):
        for address in ("/places/import", "/places/classes/import"):
            assert phone(who).get(address).status_code in (303, 403)
            assert send(phone(who), address, [ROOMS]).status_code in (401, 403)
    assert "/places/import" not in phone(school.teacher).get("/places/").text
    assert "/places/import" in school.browser.get("/places/").text


def test_a_closed_account_keeps_no_room(school: SimpleNamespace) -> None:
    person, _first = Person.add("老王", phone="13900000009")
    person.close(school.director, "退休")
    assert "is switched off" in rooms(school, ("教学楼", "二楼", "房", None, "教室", "13900000009", None)).page
