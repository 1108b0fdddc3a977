"""Once is once: a form sent twice acts once and is answered the same."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, flash, get_flashed_messages, redirect, request, session

from app import clock, once
from app.errors import Refused
from app.once import Submission
from app.people.models import Office
from tests.helpers import at_once

KEY = "a-key-of-sixteen-letters"


def send(app: Flask, data: dict[str, Any], view: Any, path: str = "/x") -> tuple[int, str, str | None]:
    """Send a form to `view`; (status, body, location)."""
    with app.test_request_context(path, method="POST", data=data):
        answer = once.act_once(view)
        return answer.status_code, answer.get_data(as_text=True), answer.location


def add_office() -> Any:
    office = Office.create(name=f"{request.form['name']} {Office.select().count()}")
    return f"made {office.name}"


def test_the_same_form_twice_acts_once_and_is_answered_the_same(app: Flask) -> None:
    form = {once.FIELD: KEY, "name": "总务处"}
    first, second = send(app, form, add_office), send(app, form, add_office)
    assert first == second == (200, "made 总务处 0", None)
    assert Office.select().count() == 1


def test_the_same_key_with_other_words_is_refused_and_changes_nothing(app: Flask) -> None:
    send(app, {once.FIELD: KEY, "name": "总务处"}, add_office)
    with app.app_context(), pytest.raises(Refused) as refused:
        send(app, {once.FIELD: KEY, "name": "教务处"}, add_office)
    assert refused.value.status == 409
    assert Office.select().count() == 1


def test_the_same_key_at_another_address_is_refused(app: Flask) -> None:
    form = {once.FIELD: KEY, "name": "总务处"}
    send(app, form, add_office)
    with pytest.raises(Refused):
        send(app, form, add_office, path="/y")


def test_another_file_is_another_form(app: Flask) -> None:
    def form(content: bytes) -> dict[str, Any]:
        return {once.FIELD: KEY, "name": "a", "list": (BytesIO(content), "list.csv")}

    send(app, form(b"1"), add_office)
    assert send(app, form(b"1"), add_office)[1] == "made a 0"
    with pytest.raises(Refused):
        send(app, form(b"2"), add_office)


def test_a_refused_form_frees_its_key_for_the_corrected_one(app: Flask) -> None:
    def wrong() -> Any:
        Office.create(name="half done")
        return "please check", 422

    assert send(app, {once.FIELD: KEY, "name": ""}, wrong)[0] == 422
    assert Office.select().count() == 0
    assert Submission.select().count() == 0
    assert send(app, {once.FIELD: KEY, "name": "总务处"}, add_office)[0] == 200


def test_a_rule_that_says_no_frees_its_key_too(app: Flask) -> None:
    def refused() -> Any:
        Office.create(name="half done")
        raise Refused("no")

    with pytest.raises(Refused):
        send(app, {once.FIELD: KEY}, refused)
    assert Office.select().count() == 0
    assert Submission.select().count() == 0


def test_an_error_of_ours_frees_its_key_too(app: Flask) -> None:
    def broken() -> Any:
        Office.create(name="half done")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(app, {once.FIELD: KEY}, broken)
    assert Office.select().count() == 0
    assert Submission.select().count() == 0


def test_a_redirect_and_what_was_said_come_again(app: Flask) -> None:
    def view() -> Any:
        Office.create(name="a")
        flash("done", "fine")
        return redirect("/offices/1", 303)

    for _tap in range(2):
        with app.test_request_context("/x", method="POST", data={once.FIELD: KEY}):
            answer = once.act_once(view)
            assert (answer.status_code, answer.location) == (303, "/offices/1")
            assert get_flashed_messages(with_categories=True) == [("fine", "done")]


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "字" * 100_000])
def test_a_form_without_a_proper_key_is_refused(app: Flask, key: str) -> None:
    with app.app_context(), pytest.raises(Refused) as refused:
        send(app, {once.FIELD: key, "name": "a"}, add_office)
    assert refused.value.status == 400
    assert Office.select().count() == 0


def test_a_form_without_any_key_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(Refused):
        send(app, {"name": "a"}, add_office)
    assert Office.select().count() == 0


def test_keys_are_long_and_never_the_same() -> None:
    keys = {once.new_key() for _each in range(1000)}
    assert len(keys) == 1000
    assert all(16 <= len(key) <= 64 for key in keys)


def test_slow_work_is_done_before_the_lock_and_not_for_a_repeat(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    story: list[str] = []
    monkeypatch.setattr(once, "_preparations", [lambda: story.append("prepared")])

    def view() -> Any:
        story.append("acted")
        return "", 204

    send(app, {once.FIELD: KEY}, view)
    send(app, {once.FIELD: KEY}, view)
    assert story == ["prepared", "acted"]


def test_old_answers_are_forgotten(app: Flask) -> None:
    send(app, {once.FIELD: KEY, "name": "a"}, add_office)
    assert once.sweep() == 0
    clock.set_hands(clock.now() + timedelta(days=once.KEPT_DAYS, seconds=1))
    assert once.sweep() == 1


def test_what_is_kept_of_a_form_does_not_tell_its_words(app: Flask) -> None:
    send(app, {once.FIELD: KEY, "name": "王伟的手机号 13800000000"}, lambda: ("", 204))
    assert "13800000000" not in str(list(Submission.select().dicts()))


@pytest.mark.slow
@pytest.mark.parametrize("phones", [2, 8])
def test_at_the_same_moment_one_acts_and_all_hear_the_same(real_app: Flask, phones: int) -> None:
    form = {once.FIELD: KEY, "name": "总务处"}
    answers = at_once(real_app, *[lambda: send(real_app, form, add_office)] * phones)
    assert answers == [(200, "made 总务处 0", None)] * phones
    assert Office.select().count() == 1


@pytest.mark.slow
def test_at_the_same_moment_with_other_words_one_wins_and_one_is_told(real_app: Flask) -> None:
    works = [
        lambda name=name: send(real_app, {once.FIELD: KEY, "name": name}, add_office) for name in ("总务处", "教务处")
    ]
    answers = at_once(real_app, *works)
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "tuple"]
    assert Office.select().count() == 1


def test_every_form_on_a_page_has_its_own_key(app: Flask) -> None:
    from flask import get_template_attribute

    with app.test_request_context():
        session.clear()
        macro = get_template_attribute("_macros.html", "once")
        assert macro() != macro()
        assert 'name="once"' in macro()
