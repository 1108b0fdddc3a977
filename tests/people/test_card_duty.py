"""Scanning a duty card: it shows first, signs a phone in as the card on a tap, and lets go when its time is over."""

from datetime import datetime, timedelta

import pytest

from app import clock, journal
from app.people.models import DutyCard, SignIn, days_in_words
from tests.people.conftest import text

SATURDAY = datetime(2026, 11, 28, 2, 0)


def scan(page, school):
    return page.get(f"/d/{school.card_secret}")


def begin(page, school, **form):
    return page.send(f"/d/{school.card_secret}", form)


def on_duty(page) -> bool:
    """A card is told that it is no person; a phone that is signed out is asked to sign in."""
    return page.get("/people/me").status_code == 403


def sign_ins() -> int:
    return SignIn.select().where(SignIn.card.is_null(False)).count()


def test_a_scan_shows_the_duty_and_signs_nobody_in(phone, school):
    page = phone()
    html = text(scan(page, school))
    for words in ("三年级卫生监督岗", "class hygiene", "Grade 3", "Mon to Fri 07:20–12:30", "Begin duty"):
        assert words in html
    assert html.count('class="button wide"') == 1
    assert sign_ins() == 0
    assert not on_duty(page)


def test_the_secret_goes_to_no_other_page(phone, school):
    answer = scan(phone(), school)
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "/people/sign-in" not in text(answer)


def test_a_tap_signs_the_phone_in_as_the_card_until_the_end_of_the_hours(phone, school):
    page = phone()
    answer = begin(page, school)
    assert (answer.status_code, answer.location) == (303, "/inspections/round")
    row = SignIn.get(SignIn.card == school.card)
    assert (row.person_id, row.ends_at) == (None, datetime(2026, 11, 24, 4, 30))  # 12:30 at the school
    event = journal.about(thing=school.card).get()
    assert (event.action, event.card_id, event.person_id) == ("cards.signed_in", school.card.id, None)
    assert school.card_secret not in str(event.facts)


def test_a_card_is_never_a_person(phone, school):
    page = phone()
    begin(page, school)
    for url in ("/people/me", "/people/", "/people/password", "/cards/", "/people/permissions"):
        assert page.get(url).status_code == 403


def test_two_taps_are_one_duty(phone, school):
    page = phone()
    assert [begin(page, school).status_code for _tap in range(2)] == [303, 303]
    assert sign_ins() == 1
    assert "Go on with the duty" in text(scan(page, school))


@pytest.mark.parametrize("moment", ["04:29:59", "04:30:00"])
def test_when_the_hours_are_over_the_phone_is_out(phone, school, moment):
    page = phone()
    begin(page, school)
    clock.set_hands(datetime.fromisoformat(f"2026-11-24 {moment}"))
    assert on_duty(page) == (moment == "04:29:59")


def test_a_sign_in_that_would_last_longer_ends_with_the_hours_too(phone, school):
    page = phone(school.card)  # lasts a day in its row
    assert on_duty(page)
    clock.set_hands(datetime(2026, 11, 24, 5, 0))
    assert not on_duty(page)
    clock.set_hands(datetime(2026, 11, 24, 2, 0))
    DutyCard.update(ends_on=clock.today() - timedelta(days=1)).execute()
    assert not on_duty(page)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 24, 5, 0), "It is not this card&#39;s time now. Its hours: Mon to Fri 07:20–12:30."),
        (datetime(2026, 11, 23, 23, 0), "It is not this card&#39;s time now."),
        (SATURDAY, "It is not this card&#39;s time now."),
        (datetime(2026, 11, 23, 2, 0), "This duty card is valid from 24/11 to 23/1/2027."),
        (datetime(2027, 2, 1, 2, 0), "This duty card is valid from 24/11/2026 to 23/1."),
    ],
)
def test_outside_its_time_it_says_why(phone, school, moment, words):
    clock.set_hands(moment)
    page = phone()
    answer = scan(page, school)
    assert answer.status_code == 200
    assert words in text(answer)
    assert "Begin duty" not in text(answer)
    answer = begin(page, school)
    assert answer.status_code == 409
    assert words in text(answer)
    assert sign_ins() == 0


def test_a_cancelled_card_says_so(phone, school):
    school.card.cancel(school.counsellor, "lost")
    assert "This duty card was cancelled." in text(scan(phone(), school))
    assert begin(phone(), school).status_code == 409
    assert sign_ins() == 0


def test_an_adult_on_that_phone_is_asked_first(phone, school):
    page = phone(school.teacher)
    html = text(scan(page, school))
    assert "李敏 is signed in on this phone." in html
    assert 'name="leave"' in html
    answer = begin(page, school)  # a form from before the adult signed in
    assert answer.status_code == 409
    assert page.get("/people/me").status_code == 200
    assert begin(page, school, leave="1").status_code == 303
    assert page.get("/people/me").status_code == 403
    assert SignIn.get(SignIn.person == school.teacher).ended_at is not None


def test_another_card_takes_the_phone_over(phone, school):
    other, secret = DutyCard.make(
        "四年级岗", None, checklists=["class-hygiene"], grades=[4], hours=[["07:20", "12:30"]],
        starts_on=clock.today(), ends_on=clock.today(),
    )  # fmt: skip
    page = phone()
    begin(page, school)
    page.send(f"/d/{secret}")
    assert SignIn.get(SignIn.card == school.card).ended_at is not None
    assert SignIn.get(SignIn.card == other).ended_at is None


def test_one_card_on_many_phones(phone, school):
    pages = [phone() for _each in range(3)]
    for page in pages:
        begin(page, school)
    assert sign_ins() == 3
    pages[0].send("/people/sign-out")
    assert [on_duty(page) for page in pages] == [False, True, True]


# Wrong secrets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["x", "x" * 24, "x" * 5000, "🎈", "%00", "' or 1=1 --", "a.b"])
def test_wrong_secrets_are_all_answered_the_same(phone, school, secret):
    answer = phone().get(f"/d/{secret}")
    assert answer.status_code == 404
    assert "This is not a duty card that holds." in text(answer)
    assert phone().send(f"/d/{secret}").status_code == 404
    assert sign_ins() == 0


def test_an_old_print_is_answered_like_a_made_up_one(phone, school):
    school.card.remake(school.counsellor)
    old, made_up = scan(phone(), school), phone().get("/d/" + "x" * 24)
    assert old.status_code == made_up.status_code == 404
    assert "This is not a duty card that holds." in text(old)


def test_the_fingerprint_is_no_secret(phone, school):
    assert phone().get(f"/d/{school.card.secret_digest}").status_code == 404


def test_guessing_is_slowed_down_and_right_cards_still_work(phone, school):
    page = phone()
    answers = [page.get(f"/d/guess{turn}").status_code for turn in range(70)]
    assert answers == [404] * 60 + [429] * 10
    assert page.get("/d/guess", environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 404  # from elsewhere
    assert begin(page, school).status_code == 303


def test_a_foreign_page_can_not_begin_a_duty(phone, school):
    answer = phone().send(f"/d/{school.card_secret}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert sign_ins() == 0


def test_an_old_browser_that_only_names_its_origin_can(phone, school):
    form, url = {"once": "x" * 20}, f"/d/{school.card_secret}"
    answer = phone().post(url, data=form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303


def test_a_scan_takes_few_queries(phone, school, counted):
    page = phone()
    with counted() as q:
        scan(page, school)
    assert q.count == 3  # the card, its class, the calendar


# Hours ---------------------------------------------------------------------------------------------------------


def test_two_times_of_duty(school):
    school.card.hours = [["07:20", "08:10"], ["15:00", "15:40"]]
    at = {
        hour: school.card.window(datetime.fromisoformat(f"2026-11-24 {hour}")) for hour in ("00:00", "01:00", "07:30")
    }
    assert at["00:00"] == (datetime(2026, 11, 23, 23, 20), datetime(2026, 11, 24, 0, 10))
    assert at["01:00"] is None
    assert at["07:30"] == (datetime(2026, 11, 24, 7, 0), datetime(2026, 11, 24, 7, 40))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([1, 2, 3, 4, 5], "Mon to Fri"),
        ([1, 3], "Mon, Wed"),
        ([5, 4], "Thu, Fri"),
        ([1, 2, 3, 5, 6, 7], "Mon to Wed, Fri to Sun"),
        ([], ""),
    ],
)
def test_days_in_words(ctx, days, words):
    assert days_in_words(days) == words
