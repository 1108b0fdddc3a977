"""The navigation: who sees which room, and where the reader stands."""

import re

import pytest


def marked(text: str) -> list[tuple[str, str]]:
    """What is marked in the navigation beside the page: address and how."""
    side = text.split('<div class="side">')[1].split("</nav>")[0]
    return re.findall(r'href="([^"]+)" aria-current="(\w+)"', side)


@pytest.mark.parametrize(
    ("page", "stands"),
    [
        ("/", ("/", "page")),
        ("/repairs/", ("/repairs/", "page")),
        ("/repairs/records", ("/repairs/records", "page")),
        ("/repairs/analysis", ("/repairs/", "true")),
        ("/inspections/plans", ("/inspections/", "true")),
        ("/inspections/hazards/add", ("/inspections/hazards", "true")),
        ("/inspections/weeks/rules", ("/inspections/weeks", "true")),
        ("/inspections/posts", ("/inspections/posts/today", "true")),
        ("/people/add", ("/people/", "true")),
        ("/people/me", ("/people/me", "page")),
        ("/labels/sheets", ("/labels/", "true")),
    ],
)
def test_it_says_where_the_reader_stands(phone, school, page, stands):
    answer = phone(school.director).get(page)
    assert answer.status_code == 200
    assert marked(answer.text) == [stands]


def test_it_shows_what_someone_may_enter(phone, school):
    teacher = phone(school.teacher).get("/").text
    assert 'href="/people/"' not in teacher
    assert 'href="/people/me"' in teacher
    assert 'href="/people/"' in phone(school.director).get("/").text
