"""Pages of class property, as the class teacher, the office, the director and a stranger see them."""

import pytest

from app.disposals.class_property import ClassProperty, Line, Publication
from tests.disposals.test_class_property import closed, count_all, fresh, group, row, sign  # noqa: F401 - fixtures


def sheet(row, first: str = "n", **given) -> dict:  # noqa: F811
    """The form of the page as it stands."""
    found = {}
    for line in fresh(row).lines:
        found |= {f"n-{line.id}": line.opening, f"of-{line.id}": line.good, f"note-{line.id}": ""}
    return {**found, **given}


def test_the_office_makes_all_lists_at_once(school, things, phone):
    her = phone(school.custodian)
    assert "2 classes have no list yet." in her.get("/disposals/classes").text
    assert her.send("/disposals/classes").status_code == 303
    assert ClassProperty.select().count() == 2
    page = her.get("/disposals/classes").text
    assert "Grade 3 Class 2" in page
    assert "no list yet" not in page


def test_a_class_teacher_goes_straight_to_the_own_list_and_counts(school, row, phone):  # noqa: F811
    his = phone(school.teacher)
    assert his.get("/disposals/classes").location == f"/disposals/classes/{row.id}"
    assert "课椅" in his.get(f"/disposals/classes/{row.id}").text
    chairs = row.lines[0].id
    given = {f"n-{chairs}": "39", f"of-{chairs}": "38", "more-item-0": "窗户", "more-n-0": "8", "more-unit-0": "扇"}
    assert his.send(f"/disposals/classes/{row.id}/counts", sheet(row, **given)).status_code == 303
    lines = fresh(row).lines
    assert (lines[0].opening, lines[0].good, lines[2].item, lines[2].good) == (39, 38, "窗户", 8)


@pytest.mark.parametrize(
    ("number", "of_these", "words"),
    [
        ("", "1", "whole number"),
        ("-1", "0", "whole number"),
        ("x", "0", "whole number"),
        ("9" * 30, "1", "whole number"),
        ("3", "4", "No more can be good"),
    ],
)
def test_a_wrong_count_stands_at_its_line_and_nothing_is_lost(school, row, phone, number, of_these, words):  # noqa: F811
    chairs, computer = row.lines[0].id, row.lines[1].id
    given = {f"n-{chairs}": number, f"of-{chairs}": of_these, f"note-{computer}": "<i>键盘缺键</i>"}
    answer = phone(school.teacher).send(f"/disposals/classes/{row.id}/counts", sheet(row, **given))
    assert answer.status_code == 422
    assert words in answer.text
    assert "&lt;i&gt;键盘缺键&lt;/i&gt;" in answer.text
    assert Line.get_by_id(chairs).opening == 40


def test_a_line_without_a_name_and_a_note_too_long_are_told(school, row, phone):  # noqa: F811
    chairs = row.lines[0].id
    given = {"more-n-0": "3", f"note-{chairs}": "长" * 201}
    answer = phone(school.teacher).send(f"/disposals/classes/{row.id}/counts", sheet(row, **given))
    assert answer.status_code == 422
    assert "Please say what it is." in answer.text
    assert "At most 200 characters" in answer.text


def test_both_sign_on_their_own_phones(school, row, phone):  # noqa: F811
    his, url = phone(school.teacher), f"/disposals/classes/{row.id}"
    assert his.send(f"{url}/signatures", {"seen": "stale"}).status_code == 409
    assert his.send(f"{url}/signatures", {"seen": row.mark}).status_code == 303
    assert his.send(f"{url}/signatures", {"seen": row.mark}).status_code == 409
    assert "has signed these counts" in his.send(f"{url}/counts", sheet(row)).text
    assert phone(school.director).send(f"{url}/signatures", {"seen": row.mark}).status_code == 303
    assert fresh(row).stage == "closing"


def test_the_office_opens_it_again_with_a_reason(school, row, phone):  # noqa: F811
    sign(row, school.teacher)
    her, url = phone(school.custodian), f"/disposals/classes/{row.id}/reopening"
    assert her.send(url, {"reason": ""}).status_code == 422
    assert her.send(url, {"reason": "漏数"}).status_code == 303
    assert phone(school.teacher).send(url, {"reason": "漏数"}).status_code == 403


@pytest.mark.parametrize("who", ["stranger", "cleaner"])
def test_another_classs_list_is_not_theirs(school, row, phone, who):  # noqa: F811
    client = phone(getattr(school, who))
    for suffix in ("", "/counts", "/signatures"):
        url = f"/disposals/classes/{row.id}{suffix}"
        assert (client.send(url) if suffix else client.get(url)).status_code == 404
    assert client.get(f"/paper/class-property/{row.id}").status_code == 404
    assert "no list of a class of yours" in client.get("/disposals/classes").text


def test_results_are_for_all_staff_once_the_director_published_them(school, row, phone):  # noqa: F811
    anyone, director = phone(school.stranger), phone(school.director)
    url = f"/disposals/classes/results?term={row.term}"
    closed(school, row)
    number = row.term.replace("-", "")
    assert anyone.get(url).status_code == 404
    assert anyone.get(f"/disposals/classes/lines.xlsx?term={row.term}").status_code == 404
    assert anyone.get(f"/paper/class-property-results/{number}").status_code == 404
    assert phone(school.custodian).send(url).status_code == 403
    assert "Confirm and publish" in director.get(url).text
    assert director.send(url).status_code == 303
    assert Publication.select().count() == 1
    page = anyone.get(url).text
    assert "95.1%" in page
    assert "Grade 3 Class 2" in page
    assert "95.1%" in anyone.get(f"/paper/class-property-results/{number}").text
    assert anyone.get(f"/disposals/classes/lines.xlsx?term={row.term}").data.startswith(b"PK")
    assert director.get("/disposals/classes/results?term=nonsense").status_code == 200
    assert director.get("/paper/class-property-results/7").status_code == 404


def test_printed_for_the_door_in_two_copies_with_all_four_signatures(school, row, phone):  # noqa: F811
    closed(school, row)
    page = phone(school.teacher).get(f"/paper/class-property/{row.id}").text
    for words in ("Class property list", "课椅", "李敏", "钱秀英", "first term of 2026–2027"):
        assert words in page
    assert phone(school.teacher).get(f"/paper/class-property/{row.id}.pdf").data.startswith(b"%PDF")


def test_what_waits_and_where_the_room_shows_it(school, row, phone):  # noqa: F811
    his = phone(school.teacher)
    assert "class property lists to sign" in his.get("/").text
    assert f"/disposals/classes/{row.id}" in his.get(f"/places/{school.places.classroom.id}").text
    assert "class property lists to sign" not in phone(school.stranger).get("/").text
    sign(row, school.teacher, school.custodian)
    assert "class property lists to sign" not in his.get("/").text  # the end of term is not counted yet
    count_all(row, school.custodian)
    assert "class property lists to sign" in his.get("/").text


def test_the_page_of_a_term_costs_the_same_with_more_classes(school, row, phone, counted):  # noqa: F811
    her = phone(school.custodian)
    with counted() as few:
        her.get("/disposals/classes")
    ClassProperty.begin_all(school.custodian)
    with counted() as many:
        her.get("/disposals/classes")
    assert many.count == few.count
