"""Signing in: by name or phone, on to where one wanted to go, with words that tell a guesser nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app import clock, journal
from app.people.models import Person, SignIn
from app.throttle import Attempt
from tests.conftest import PASSWORD
from tests.people.conftest import text, with_password


def test_by_name(phone, known, sign_in):
    page = phone()
    answer = sign_in(page, "李敏")
    assert (answer.status_code, answer.location) == (303, "/")
    assert "李敏" in text(page.get("/people/me"))


@pytest.mark.parametrize("typed", ["13800000004", "138 0000 0004", "+86 138-0000-0004", " 13800000004 "])
def test_by_phone_as_people_write_it(phone, known, sign_in, typed):
    assert sign_in(phone(), typed).status_code == 303


def test_lasts_a_term_on_the_own_phone(phone, known, sign_in, app):
    answer = sign_in(phone(), "李敏")
    row = SignIn.select().order_by(SignIn.id.desc()).get()
    assert row.ends_at == clock.now() + timedelta(days=app.config["SESSION_DAYS"])
    assert "Expires=" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_a_working_day_on_a_shared_computer(phone, known):
    answer = phone().send("/people/sign-in", {"name": "李敏", "password": PASSWORD})  # the box is not ticked
    row = SignIn.select().order_by(SignIn.id.desc()).get()
    assert row.ends_at == clock.now() + timedelta(hours=12)
    assert "Expires=" not in answer.headers["Set-Cookie"]  # and the cookie goes with the browser


def test_a_session_that_is_over_opens_nothing(phone, known, sign_in, app):
    page = phone()
    sign_in(page, "李敏")
    clock.set_hands(clock.now() + timedelta(days=app.config["SESSION_DAYS"]))
    answer = page.get("/people/me")
    assert answer.status_code == 303
    assert answer.location == "/people/sign-in?next=/people/me"


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/q/7K3M9QX2?a=1", "/q/7K3M9QX2?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/ab"),  # the parser drops the line break: one header, one own path
        ("", "/"),
    ],
)
def test_goes_on_only_to_own_pages(phone, known, sign_in, target, leads_to):
    page = phone()
    opened = page.get("/people/sign-in", query_string={"next": target})
    assert "evil" not in re.search(r"<form[^>]*>", text(opened))[0]
    answer = page.post(
        "/people/sign-in",
        query_string={"next": target},
        data={"name": "李敏", "password": PASSWORD, "stay": "y"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert (answer.status_code, answer.location) == (303, leads_to)


def test_a_wrong_password_and_a_wrong_name_are_answered_the_same(phone, known, sign_in):
    wrong, unknown = sign_in(phone(), "李敏", "not the password"), sign_in(phone(), "没有此人", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert without_key(text(wrong)).replace("李敏", "…") == without_key(text(unknown)).replace("没有此人", "…")
    assert "Name or password is not right" in text(wrong)
    assert 'value="李敏"' in text(wrong)  # what was typed is kept
    assert "not the password" not in text(wrong)  # the password is not


def without_key(html: str) -> str:
    return "".join(line for line in html.splitlines(keepends=True) if 'name="once"' not in line)


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("", "", "Please fill this in."),
        ("李敏", "", "Please fill this in."),
        ("", PASSWORD, "Please fill this in."),
        ("李" * 61, PASSWORD, "At most 60 characters"),
        ("李敏", "x" * 129, "At most 128 characters"),
        ("李敏", "x" * 1_000_000, "At most 128 characters"),
        ("<script>alert(1)</script>", "x", "is not right"),
        ("🎈" * 20, "🎈", "is not right"),
        ("李敏\0", "x" * 20, "is not right"),
    ],
)
def test_bad_input_is_told_in_words(phone, known, sign_in, name, password, words):
    before = SignIn.select().count()
    answer = sign_in(phone(), name, password)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "<script>alert" not in text(answer)
    assert SignIn.select().count() == before


def test_missing_fields_and_doubled_fields(phone, known):
    assert phone().send("/people/sign-in", {}).status_code == 422
    assert phone().send("/people/sign-in", {"name": ["李敏", "x"], "password": ["a", "b"]}).status_code == 422


def test_a_namesake_signs_in_by_phone_only(phone, known, sign_in, school):
    twin, _first = Person.add("李敏", roles=("teacher",), phone="13900000001")
    with_password(twin, "another password 26")
    assert sign_in(phone(), "李敏").status_code == 422
    page = phone()
    sign_in(page, "13900000001", "another password 26")
    assert "13900000001" in text(page.get("/people/me"))


def test_an_account_that_is_switched_off_is_answered_like_an_unknown_one(phone, known, sign_in, school):
    known.close(school.director, "left")
    answer = sign_in(phone(), "李敏")
    assert answer.status_code == 422
    assert "Name or password is not right" in text(answer)


def test_someone_who_is_signed_in_goes_on(phone, school):
    answer = phone(school.teacher).get("/people/sign-in?next=/people/me")
    assert (answer.status_code, answer.location) == (303, "/people/me")


def test_signing_in_over_someone_else_ends_their_session(phone, known, sign_in, school):
    page = phone(school.stranger)
    first = SignIn.select().where(SignIn.person == school.stranger).get()
    sign_in(page, "李敏")
    assert SignIn.get_by_id(first.id).ended_at is not None
    assert "李敏" in text(page.get("/people/me"))


def test_signing_in_over_a_duty_card_says_so_and_ends_the_duty(phone, known, sign_in, school):
    page = phone(school.card)
    assert "is on duty with" in text(page.get("/people/sign-in"))
    sign_in(page, "李敏")
    assert SignIn.select().where(SignIn.card == school.card, SignIn.ended_at.is_null(False)).exists()


def test_is_in_the_journal_without_the_password(phone, known, sign_in):
    sign_in(phone(), "李敏", headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0"})
    event = journal.about(thing=known).get()
    assert (event.action, event.person_id, event.device) == ("people.signed_in", known.id, "iPhone · 微信")
    assert PASSWORD not in str(event.facts)


def test_a_try_leaves_neither_name_nor_password_behind(phone, known, sign_in):
    sign_in(phone(), "secret typed in the wrong box", "not the password")
    kept = " ".join(attempt.bucket for attempt in Attempt.select())
    assert "secret" not in kept
    assert "not the" not in kept


def test_is_refused_from_a_foreign_page(phone, known, sign_in):
    answer = sign_in(phone(), "李敏", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_page_is_light_and_asks_the_database_nothing(phone, counted):
    page = phone()
    with counted() as q:
        answer = page.get("/people/sign-in", headers={"Accept-Encoding": "gzip"})
    assert q.count == 0
    assert len(answer.get_data()) < 5000
    assert "htmx" not in text(page.get("/people/sign-in")).split("</head>")[1]


def test_signing_in_leads_back_to_the_page_where_it_was_tapped(phone: Any) -> None:
    page = phone().get("/people/sign-in", headers={"Referer": "http://localhost/privacy"})
    assert "next=/privacy" in page.text
    assert "next=" not in phone().get("/people/sign-in", headers={"Referer": "http://evil.example/privacy"}).text
    assert "next=" not in phone().get("/people/sign-in", headers={"Referer": "http://localhost/people/password"}).text
