"""The director sends the staff list; who is new gets a first password, shown once."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from app import once
from app.journal import Event
from app.once import Submission
from app.people.importing import Staff
from app.people.models import Office, Person
from tests.sheets import check, rows_of, send

HEAD = ("姓名", "手机号", "部门", "职务", "角色")
NEW = ("王芳", "13900000001", "教务处", "语文教师", "教师")


@pytest.fixture
def school(school: SimpleNamespace, phone: Any) -> SimpleNamespace:
    school.browser = phone(school.director)
    return school


def look(school: SimpleNamespace, *rows: Any) -> Any:
    return check(school.browser, "/people/import", [HEAD, *rows])


def test_new_people_and_their_first_passwords(school: SimpleNamespace) -> None:
    checked = look(school, NEW, ("马超", "139 0000 0002", "后勤组", "厨师", "厨师、保洁员"))
    assert checked.counts == (2, 0, 0, 0)
    assert "The office 后勤组 is opened." in checked.page
    answer = checked.store()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    first = re.findall(r'<td><span class="code">([a-z0-9]{10})</span>', answer.text)
    assert len(first) == 2
    ma = Person.get(Person.phone == "13900000002")
    assert (ma.name, ma.office.name, ma.post, ma.given_roles) == ("马超", "后勤组", "厨师", {"cook", "cleaner"})
    assert {True} == {any(person.has_password(each) for each in first)
                      for person in Person.select().where(Person.phone.startswith("1390"))}  # fmt: skip
    assert ma.must_change
    assert Event.select().where(Event.action == "people.added", Event.person == school.director).count() == 2


def test_first_passwords_are_kept_nowhere(school: SimpleNamespace) -> None:
    checked, key = look(school, NEW), once.new_key()
    first = re.search(r'<td><span class="code">(\w{10})</span>', checked.store(key).text)[1]
    again = checked.store(key)
    assert again.status_code == 303
    assert first not in school.browser.get(again.location).text
    assert Person.select().where(Person.phone == NEW[1]).count() == 1
    row = Submission.get(Submission.key == key)
    assert first not in f"{row.body} {row.said} {row.location}"
    assert first not in str(rows_of(school.browser.get("/people/list.xlsx").data))


def test_the_same_sheet_twice_doubles_nobody(school: SimpleNamespace) -> None:
    look(school, NEW).store()
    assert look(school, NEW).counts == (0, 0, 1, 0)
    checked = look(school, (*NEW[:3], "年级组长", "教师"))
    assert checked.counts == (0, 1, 0, 0)
    answer = checked.store()
    assert answer.status_code == 303
    assert Person.get(Person.phone == NEW[1]).post == "年级组长"


def test_an_empty_cell_leaves_roles_and_office(school: SimpleNamespace) -> None:
    assert look(school, ("李敏", "13800000004", None, None, None)).counts == (0, 0, 1, 0)


def test_a_person_without_a_phone_gets_one(school: SimpleNamespace) -> None:
    person, _first = Person.add("老张")
    look(school, ("老张", "13900000003", None, None, None)).store()
    assert Person.get_by_id(person.id).phone == "13900000003"
    assert Person.select().where(Person.name == "老张").count() == 1


def test_a_namesake_with_another_phone_is_pointed_out(school: SimpleNamespace) -> None:
    checked = look(school, ("李敏", "13900000004", None, None, None))
    assert checked.counts == (1, 0, 0, 0)
    assert "this opens a second account" in checked.page


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((None, "13900000001", None, None, None), "Please fill this in."),
        (("长" * 41, "13900000001", None, None, None), "At most 40 characters"),
        (("王芳", "1390000", None, None, None), "is not a mobile number"),
        (("王芳", "13900000001", None, None, "国王"), "There is no role 国王"),
        (("李敏", None, None, None, None), ""),
        (("郑明", "13900000009", None, None, None), "switched off; switch it on first"),
        (("赵建国", "13800000001", None, None, "教师"), "This is the only director"),
    ],
)
def test_each_problem_is_told_in_words(school: SimpleNamespace, row: Any, words: str) -> None:
    gone, _first = Person.add("郑明", phone="13900000009")
    gone.close(school.director, "调离")
    checked = look(school, row)
    assert checked.wrong == (1 if words else 0), checked.page
    assert words in checked.page
    if words:
        assert checked.store().status_code == 409
        assert not Person.select().where(Person.phone == "13900000001").exists()


def test_two_rows_of_one_person(school: SimpleNamespace) -> None:
    assert "This is the same as row 2." in look(school, NEW, (*NEW[:2], None, None, None)).page
    assert look(school, ("王芳", None, None, None, None), ("王芳", None, None, None, None)).wrong == 2


@pytest.mark.parametrize("words", ["李敏", "13800000004", "李敏 13800000004", "李敏(138-0000-0004)", " 李 敏 "])
def test_someone_by_what_people_write(school: SimpleNamespace, ctx: None, words: str) -> None:
    assert Staff().find(words) == school.teacher


def test_a_name_with_someone_elses_number(school: SimpleNamespace, ctx: None) -> None:
    with pytest.raises(ValueError, match="is the number of 钱秀英"):
        Staff().find("李敏 13800000002")


def test_what_went_out_comes_in_unchanged(school: SimpleNamespace) -> None:
    checked = check(school.browser, "/people/import", io.BytesIO(school.browser.get("/people/list.xlsx").data))
    assert (checked.added, checked.changed, checked.wrong) == (0, 0, 0), checked.page


def test_hostile_names_are_only_words(school: SimpleNamespace) -> None:
    checked = look(school, ("<script>alert(1)</script>", "13900000001", "<b>处</b>", "=1+1", None))
    answer = checked.store()
    assert "<script>alert" not in checked.page + answer.text
    assert Office.select().where(Office.name == "<b>处</b>").exists()


def test_who_may_not(school: SimpleNamespace, phone: Any) -> None:
    for who in (school.custodian, school.teacher, school.principal, school.card, None):
        assert phone(who).get("/people/import").status_code in (303, 403)
        assert send(phone(who), "/people/import", [HEAD, NEW]).status_code in (401, 403)
    assert "/people/import" not in phone(school.custodian).get("/people/").text
    assert "/people/import" in school.browser.get("/people/").text
