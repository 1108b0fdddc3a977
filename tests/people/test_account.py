"""The own account: data, phones, language."""

from datetime import timedelta

import peewee
import pytest

from app import clock
from app.people.models import Person, SignIn
from tests.people.conftest import text


def test_shows_the_own_data(phone, school):
    html = text(phone(school.teacher).get("/people/me"))
    for words in ("李敏", "13800000004", "教务处", "班主任", "teacher"):
        assert words in html
    assert "冯伟" not in html


def test_leads_to_what_one_holds(phone, school):
    html = text(phone(school.teacher).get("/people/me"))
    assert "What I hold" in html
    assert 'href="/custody/mine"' in html


def test_lists_the_phones_in_words_with_the_last_day(phone, school, known, sign_in):
    sign_in(phone(), "李敏", headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0"})
    clock.set_hands(clock.now() + timedelta(days=3))
    html = text(phone(school.teacher).get("/people/me"))
    assert "iPhone · 微信" in html
    assert "last used on 24/11" in html
    assert html.count(">this phone<") == 1
    assert "Sign out everywhere" in html


def test_one_phone_needs_no_sign_out_everywhere(phone, school):
    assert "Sign out everywhere" not in text(phone(school.teacher).get("/people/me"))


def test_phones_that_are_out_or_over_are_not_listed(phone, school):
    phone(school.teacher).send("/people/sign-out")
    phone(school.teacher)
    SignIn.update(ends_at=clock.now()).where(SignIn.ended_at.is_null()).execute()
    page = phone(school.teacher)
    assert text(page.get("/people/me")).count("signed in today") == 1


def test_the_day_of_the_last_visit_is_noted_once_a_day(phone, school, counted):
    page = phone(school.teacher)
    clock.set_hands(clock.now() + timedelta(hours=15))  # one in the morning
    with counted() as first:
        page.get("/people/permissions")
    with counted() as second:
        page.get("/people/permissions")
    assert SignIn.get(SignIn.person == school.teacher).seen_on == clock.today()
    assert (first.count, second.count) == (2, 1)


def test_a_database_that_can_not_be_written_keeps_nobody_from_reading(phone, school, monkeypatch):
    page = phone(school.teacher)

    def full(self):
        raise peewee.OperationalError("database or disk is full")

    monkeypatch.setattr(SignIn, "seen", full)
    assert page.get("/people/me").status_code == 200


def test_the_language_is_kept_for_the_account_and_this_phone(phone, school):
    page = phone(school.teacher)
    answer = page.send("/people/me/language", {"language": "zh_Hans_CN"})
    assert (answer.status_code, answer.location) == (303, "/language/zh_Hans_CN?next=/people/me")
    page.get(answer.location)
    assert Person.get_by_id(school.teacher.id).language == "zh_Hans_CN"
    assert 'lang="zh-Hans-CN"' in text(page.get("/people/me")).split("<head>")[0]
    assert 'lang="zh-Hans-CN"' in text(phone(school.teacher).get("/people/me")).split("<head>")[0]  # another phone


@pytest.mark.parametrize("language", ["", "fr", "🎈", "x" * 1_000_000])
def test_an_unknown_language_is_refused(phone, school, language):
    answer = phone(school.teacher).send("/people/me/language", {"language": language})
    assert answer.status_code == 422
    assert "Please choose a language from the list." in text(answer)
    assert Person.get_by_id(school.teacher.id).language is None


def test_takes_two_queries_besides_the_session(phone, school, counted):
    page = phone(school.teacher)
    for _more in range(5):
        phone(school.teacher)
    with counted() as q:
        page.get("/people/me")
    assert q.count == 3  # who it is, the office, the phones


def test_is_kept_nowhere(phone, school):
    assert phone(school.teacher).get("/people/me").headers["Cache-Control"] == "no-store"


def test_a_card_and_a_stranger_have_none(phone, school):
    assert phone(school.card).get("/people/me").status_code == 403
    assert phone().get("/people/me").location == "/people/sign-in?next=/people/me"
