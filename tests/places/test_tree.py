"""The school as a tree: who sees it, what a search finds, chips for a form."""

import pytest

from app.places.models import Place


def test_rooms_stand_under_building_and_floor_with_class_and_keeper(school, phone):
    Place.add("yard", "操场", None, parent=school.places.school)
    page = phone(school.teacher).get("/places/").text
    order = [page.index(words) for words in ("教学楼", "二楼", "Grade 3 Class 2", "总务仓库", "操场")]
    assert order == sorted(order)
    assert "钱秀英" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [("201", "Grade 3 Class 2"), ("仓库", "总务仓库"), ("zwck", "总务仓库"), ("ZWCK", "总务仓库"), ("厕", "二楼男厕")],
)
def test_a_search_knows_name_number_and_initials(school, phone, words, found):
    page = phone(school.teacher).get("/places/", query_string={"words": words}).text
    assert found in page
    assert page.count('class="cell"') == 1


def test_a_search_knows_the_label_code(school, phone):
    page = phone(school.teacher).get(f"/places/?words={school.places.toilet.label.code.lower()}").text
    assert "二楼男厕" in page
    assert page.count('class="cell"') == 1


@pytest.mark.parametrize("words", ["%", "_", "<b>x</b>", "😀", "没有这个房间"])
def test_a_search_without_a_hit_says_so(school, phone, words):
    page = phone(school.teacher).get("/places/", query_string={"words": words})
    assert page.status_code == 200
    assert "No place fits" in page.text
    assert "<b>x" not in page.text


def test_htmx_gets_the_tree_alone(school, phone):
    part = phone(school.teacher).get("/places/", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="places-tree"')


def test_the_number_of_queries_is_constant(school, phone, counted):
    browser = phone(school.teacher)
    browser.get("/places/")
    with counted() as few:
        browser.get("/places/")
    for number in range(30):
        Place.add("special", f"专用室{number}", None, parent=school.places.floor, keeper=school.teacher)
    with counted() as many:
        browser.get("/places/")
    assert many.count == few.count <= 3
    with counted() as search:
        browser.get("/places/?words=专用")
    assert search.count == few.count


def test_chips_for_a_form(school, phone):
    browser = phone(school.custodian)
    found = browser.get("/places/find?field=place&place=201").text
    assert f'name="place_id" value="{school.places.classroom.id}"' in found
    assert "教学楼 二楼" in found
    assert (
        browser.get("/places/find?field=place&place=").text.strip() == ""
        or "choice" not in browser.get("/places/find?field=place&place=").text
    )
    assert browser.get('/places/find?field="><script>&place=201').status_code == 404
    assert browser.get("/places/find").status_code == 404


def test_cards_and_strangers_have_no_tree(school, phone):
    for url in ("/places/", f"/places/{school.places.store.id}", "/places/classes", "/places/find?field=place"):
        assert phone(school.card).get(url).status_code == 403
        assert phone().get(url).status_code == 303


def test_where_costs_no_further_query(school, counted):
    with counted() as queries:
        assert {room.where for room in Place.rooms()} == {"教学楼 二楼"}
    assert queries.count == 1


def test_within_is_the_place_and_everything_in_it(school):
    rooms = {school.places.classroom, school.places.other_classroom, school.places.toilet, school.places.office,
             school.places.store}  # fmt: skip
    ids = {id for (id,) in school.places.building.within().tuples()}
    assert ids == {room.id for room in rooms} | {school.places.floor.id, school.places.building.id}
    assert [id for (id,) in school.places.store.within().tuples()] == [school.places.store.id]
