"""Cleaning posts: areas, hours, who stands in, and what the office sees of them."""

from datetime import timedelta

import pytest

from app import clock
from app.errors import Refused
from app.inspections import post_views, posts
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post, PostArea
from app.inspections.models import Check
from app.journal import Event
from app.people.models import Person
from app.places.models import Place

ADD = "/inspections/posts/add"


@pytest.fixture
def second(school):
    who, _first = Person.add("何秀兰", roles=("cleaner",), must_change=False)
    return who


@pytest.fixture
def corridor(school):
    return Place.add("corridor", "二楼走廊", None, parent=school.places.floor)


@pytest.fixture
def post(school, corridor):
    return Post.add(
        school.director, "教学楼二楼", school.cleaner, [school.places.toilet, corridor], [["06:30", "11:00"]]
    )


def filled(places, **fields):
    return {"name": "教学楼二楼", "person": "周桂兰", "areas": [place.id for place in places],
            "first_start": "06:30", "first_end": "11:00", "second_start": "13:00", "second_end": "16:30",
            **fields}  # fmt: skip


def test_the_office_makes_a_post(phone, school, corridor):
    answer = phone(school.director).send(ADD, filled([corridor]))
    post = Post.get()
    assert answer.location.endswith(f"/inspections/posts/{post.id}")
    assert (post.person, post.hours) == (school.cleaner, [["06:30", "11:00"], ["13:00", "16:30"]])
    assert post.places() == [corridor]
    assert Place.get_by_id(corridor.id).cleaner == school.cleaner


def test_the_holder_is_the_cleaner_of_each_area(school, post, corridor):
    assert [place.name for place in posts.areas_of(school.cleaner)] == ["二楼男厕", "二楼走廊"]


@pytest.mark.parametrize(("fields", "words"), [
    ({"name": ""}, "Please fill this in."),
    ({"name": "长" * 61}, "At most 60"),
    ({"areas": []}, "Please choose from 1 to 80 areas."),
    ({"areas": ["999999"]}, "no longer exists"),
    ({"first_end": "06:00"}, "must end after it begins"),
    ({"second_start": "10:00"}, "must come after the first"),
    ({"first_end": "soon"}, "like 07:20"),
    ({"person": "冯冯冯"}, "Nothing fits"),
    ({"note": "x" * 1_000_000}, "At most 200"),
])  # fmt: skip
def test_wrong_input_is_answered_at_its_field(phone, school, corridor, fields, words):
    answer = phone(school.director).send(ADD, filled([corridor], **fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert Post.select().count() == 0


def test_hostile_names_are_shown_as_they_are(phone, school, corridor):
    client = phone(school.director)
    client.send(ADD, filled([corridor], name="<script>🧹"))
    assert "&lt;script&gt;🧹" in client.get("/inspections/posts").text


def test_two_posts_of_one_name_are_refused(phone, school, post):
    answer = phone(school.director).send(ADD, filled([Place.add("yard", "操场", None, parent=school.places.school)]))
    assert answer.status_code == 422
    assert Post.select().count() == 1


def test_an_area_is_of_one_post(school, post, corridor):
    with pytest.raises(Refused, match="belongs to the post"):
        Post.add(school.director, "另一岗", None, [corridor])


def test_other_areas_and_another_holder(school, post, corridor, second):
    post.change(school.director, person=second, places=[corridor])
    assert Place.get_by_id(corridor.id).cleaner == second
    assert Place.get_by_id(school.places.toilet.id).cleaner is None
    given_up = PostArea.get(PostArea.place == school.places.toilet)
    assert given_up.until == clock.today()
    event = Event.get(Event.action == "posts.changed")
    assert event.person == school.director


def test_whoever_stands_in_ticks_the_areas(phone, school, post, second, code_of):
    url = f"/inspections/tick/{code_of(school.places.toilet)}"
    assert phone(second).get(url).status_code == 403
    today = clock.today()
    data = {"substitute": "何秀兰", "first": today.isoformat(), "last": (today + timedelta(days=2)).isoformat()}
    assert phone(school.director).send(f"/inspections/posts/{post.id}/stand-in", data).status_code == 303
    assert phone(second).send(url, {"task": "all"}).status_code == 303
    assert "二楼男厕" in phone(second).get("/inspections/areas").text
    clock.set_hands(clock.now() + timedelta(days=3))
    assert phone(second).get(url).status_code == 403


def test_the_holder_comes_back(phone, school, post, second):
    post.stand_in(school.director, second, clock.today(), clock.today())
    client = phone(school.director)
    assert client.send(f"/inspections/posts/{post.id}/back").status_code == 303
    assert list(Post.of(second)) == []
    assert client.send(f"/inspections/posts/{post.id}/back").status_code == 409


def test_a_stand_in_ends_after_it_begins(phone, school, post, second):
    data = {"substitute": "何秀兰", "first": "2026-11-24", "last": "2026-11-23"}
    answer = phone(school.director).send(f"/inspections/posts/{post.id}/stand-in", data)
    assert answer.status_code == 422
    assert "before the first" in answer.text


def test_a_closed_post_frees_its_areas(phone, school, post, corridor):
    answer = phone(school.director).send(f"/inspections/posts/{post.id}/close", {"reason": "并岗"})
    assert answer.status_code == 303
    assert Place.get_by_id(corridor.id).cleaner is None
    Post.add(school.director, post.name, school.cleaner, [corridor])


def test_once_only(phone, school, corridor):
    client, data = phone(school.director), filled([corridor])
    client.send(ADD, data, key="p" * 22)
    client.send(ADD, data, key="p" * 22)
    assert Post.select().count() == 1


@pytest.mark.parametrize("who", ["cleaner", "teacher", "counsellor", "card"])
def test_others_see_no_posts(phone, school, post, who):
    client = phone(getattr(school, who))
    for page in ("", "/today", "/months", "/add", f"/{post.id}"):
        assert client.get(f"/inspections/posts{page}").status_code == 403
    assert client.send(ADD, filled([])).status_code == 403


def test_leaders_see_posts_but_no_averages(phone, school, post):
    client = phone(school.principal)
    assert client.get("/inspections/posts/today").status_code == 200
    assert client.get("/inspections/posts/months").status_code == 403
    assert client.send(ADD, filled([])).status_code == 403
    assert phone().get("/inspections/posts").status_code == 303


def test_today_by_floor(phone, school, post, code_of):
    phone(school.cleaner).send(f"/inspections/tick/{code_of(school.places.toilet)}", {"task": "all"})
    page = phone(school.custodian).get("/inspections/posts/today").text
    assert "教学楼 二楼" in page
    assert "教学楼二楼, 周桂兰" in page
    assert "every 30s" in page


def test_the_live_piece_alone(phone, school, post):
    answer = phone(school.director).get("/inspections/posts/today", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="live"')


def test_today_costs_the_same_for_many_areas(phone, school, post, counted):
    client = phone(school.director)
    client.get("/inspections/posts/today")
    with counted() as few:
        client.get("/inspections/posts/today")
    for number in range(12):
        Place.add("corridor", f"{number}号走廊", None, parent=school.places.floor, cleaner=school.cleaner)
    client.get("/inspections/posts/today")
    with counted() as many:
        client.get("/inspections/posts/today")
    assert many.count == few.count


def test_the_average_of_a_month(school, post):
    toilet = Checklist.now("toilet")
    first = Check.record(toilet, school.places.toilet, school.director)
    clock.set_hands(clock.now() + timedelta(hours=4))
    second = Check.record(toilet, school.places.toilet, school.director)
    Check.update(total=700).where(Check.id == second.id).execute()
    [row] = post_views.month_of(clock.today().replace(day=1))
    assert (row.checks, row.mean) == (2, (first.total + 700) // 2)


def test_a_check_counts_for_the_post_of_its_day(school, post, corridor):
    Check.record(Checklist.now("toilet"), school.places.toilet, school.director)
    clock.set_hands(clock.now() + timedelta(days=1))
    post.change(school.director, places=[corridor])
    other = Post.add(school.director, "厕所岗", school.cleaner, [school.places.toilet])
    found = {row.post.id: row.checks for row in post_views.month_of(clock.today().replace(day=1))}
    assert found == {post.id: 1, other.id: 0}


def test_the_months_as_page_sheet_and_print(phone, school, post):
    client = phone(school.custodian)
    assert "教学楼二楼" in client.get("/inspections/posts/months?month=2026-11").text
    assert client.get("/inspections/posts/months?month=nonsense").status_code == 200
    assert client.get("/inspections/posts/months/list.xlsx?month=2026-11").status_code == 200
    assert "教学楼二楼" in client.get("/inspections/posts/months/list/print?month=2026-11").text


def test_tasks_of_the_week_and_the_month(phone, school, code_of):
    url, client = f"/inspections/tick/{code_of(school.places.toilet)}", phone(school.cleaner)
    weekly = Checklist.now("cleaner-weekly").items_at(school.places.toilet)[0]
    page = client.get(url).text
    assert weekly.name_en in page
    client.send(url, {"task": str(weekly.id)})
    assert Check.get().slug == "cleaner-weekly"
    [area] = posts.day_at([school.places.toilet], cycles=tuple(posts.CYCLES))
    assert [task.item.key for task in area.week if task.done] == [weekly.key]
    assert area.done == 0
    clock.set_hands(clock.now() + timedelta(days=7))
    [area] = posts.day_at([school.places.toilet], cycles=tuple(posts.CYCLES))
    assert not any(task.done for task in area.week)


def test_the_span_of_a_cycle():
    day = clock.today()  # Tuesday, 24 November 2026
    assert [each.day for each in posts.span("week", day)] == [23, 29]
    assert [each.day for each in posts.span("month", day)] == [1, 30]
    assert posts.span("day", day) == (day, day)


def test_the_cleaners_page_has_three_buttons(phone, school, post):
    page = phone(school.cleaner).get("/inspections/areas").text
    assert "next to clean" in page
    assert "This week and month" in page
    assert "Report damage" in page


def test_a_closed_place_leaves_its_post(school, post, corridor):
    corridor.close(school.director, "改建")
    assert corridor.id not in post.area_ids
