"""Making, printing, making anew and cancelling duty cards."""

import re
from datetime import date, timedelta

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from app import clock, journal
from app.db import digest
from app.once import Submission
from app.people.models import DutyCard, SignIn
from tests.people.conftest import text

FORM = {
    "name": "三年级卫生监督岗", "checklists": ["class-hygiene"], "grades": ["3", "4"], "own_class": "0",
    "weekdays": ["1", "2", "3", "4", "5"], "first_start": "07:20", "first_end": "08:10",
    "second_start": "", "second_end": "", "starts_on": "2026-11-24", "ends_on": "2027-01-20",
}  # fmt: skip


def printed_secret(html: str) -> str:
    return re.search(r'class="duty-address">http://localhost/d/([\w-]{24})<', html)[1]


def newest() -> DutyCard:
    return DutyCard.select().order_by(DutyCard.id.desc()).get()


@pytest.mark.parametrize("who", ["counsellor", "director"])
def test_made_and_printed(phone, school, who):
    form = {**FORM, "areas": [school.places.toilet.id], "own_class": school.classes.three_three.id}
    answer = phone(getattr(school, who)).send("/cards/add", {**form, "second_start": "12：00", "second_end": "12:30"})
    assert answer.status_code == 200
    card, html = newest(), text(answer)
    assert card.secret_digest == digest(printed_secret(html))
    assert (card.checklists, card.grades, card.areas) == (["class-hygiene"], [3, 4], [school.places.toilet.id])
    assert card.hours == [["07:20", "08:10"], ["12:00", "12:30"]]
    assert (card.starts_on, card.ends_on) == (date(2026, 11, 24), date(2027, 1, 20))
    assert card.own_class_id == school.classes.three_three.id
    for words in (
        "青禾实验小学",
        "三年级卫生监督岗",
        "class hygiene",
        "Grade 3",
        "二楼男厕",
        "07:20–08:10",
        "Mon to Fri",
    ):
        assert words in html


def test_the_printed_code_is_the_address(phone, school):
    html = text(phone(school.counsellor).send("/cards/add", FORM))
    svg = re.search(r'class="duty-code" viewBox="0 0 (\d+) \d+".*?<path d="([^"]+)"', html)
    assert decoded(int(svg[1]), svg[2]) == f"http://localhost/d/{printed_secret(html)}"


def decoded(size: int, path: str) -> str:
    picture = Image.new("L", (size * 4, size * 4), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        draw.rectangle((int(x) * 4, int(y) * 4, (int(x) + int(run)) * 4 - 1, int(y) * 4 + 3), fill=0)
    return zxingcpp.read_barcode(picture).text


def test_the_secret_is_long_and_kept_nowhere(phone, school):
    page = phone(school.counsellor)
    answer = page.send("/cards/add", FORM)
    secret = printed_secret(text(answer))
    assert len(secret) * 6 >= 128
    assert answer.headers["Cache-Control"] == "no-store"
    kept = [str(row.__data__) for model in (DutyCard, Submission, journal.Event) for row in model.select()]
    assert not any(secret in row for row in kept)
    for url in ("/cards/", f"/cards/{newest().id}"):
        assert secret not in text(page.get(url))


def test_sent_twice_there_is_one_card_and_no_second_look(phone, school):
    page, before = phone(school.counsellor), DutyCard.select().count()
    page.send("/cards/add", FORM, key="the-same-key-twice")
    again = page.send("/cards/add", FORM, key="the-same-key-twice")
    assert (again.status_code, again.location) == (303, f"/cards/{newest().id}")
    assert DutyCard.select().count() == before + 1
    assert "shown for printing once" in text(page.get(again.location))


def test_is_in_the_journal(phone, school):
    phone(school.counsellor).send("/cards/add", FORM)
    event = journal.about(thing=newest()).get()
    assert (event.action, event.person_id) == ("cards.made", school.counsellor.id)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "岗" * 61}, "At most 60 characters"),
        ({"name": "岗" * 350_000}, "At most 60 characters"),
        ({"checklists": []}, "Please choose at least one."),
        ({"checklists": ["made-up"]}, "One of these no longer exists."),
        ({"grades": []}, "Please choose grades or areas"),
        ({"grades": ["7"]}, "One of these no longer exists."),
        ({"grades": ["x"]}, "One of these no longer exists."),
        ({"areas": ["999999"]}, "One of these no longer exists."),
        ({"areas": ["🎈"]}, "One of these no longer exists."),
        ({"own_class": "999999"}, "Please choose one."),
        ({"own_class": "<b>"}, "Please choose one."),
        ({"weekdays": []}, "Please choose at least one."),
        ({"weekdays": ["0"]}, "One of these no longer exists."),
        ({"first_start": ""}, "Please fill this in."),
        ({"first_start": "7 Uhr"}, "Please give a time like 07:20."),
        ({"first_start": "25:00"}, "Please give a time like 07:20."),
        ({"first_end": "07:20"}, "must end after it begins"),
        ({"second_start": "12:00"}, "Please give both times, or neither."),
        ({"second_end": "12:00"}, "Please give both times, or neither."),
        ({"second_start": "12:00", "second_end": "11:00"}, "must end after it begins"),
        ({"second_start": "08:00", "second_end": "09:00"}, "The second time must come after the first."),
        ({"starts_on": "someday"}, "Please give a day like"),
        ({"starts_on": ""}, "Please fill this in."),
        ({"ends_on": "2026-11-23"}, "The last day must come after the first"),
        ({"starts_on": "2026-12-01", "ends_on": "2026-11-30"}, "The last day must come after the first"),
        ({"ends_on": "2028-01-20"}, "A card is valid for a school year at most."),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_is_stored_or_lost(phone, school, change, words):
    before = DutyCard.select().count()
    answer = phone(school.counsellor).send("/cards/add", {**FORM, "name": "<i>岗</i> 🎈", **change})
    html = text(answer)
    assert answer.status_code == 422
    assert words in html
    assert DutyCard.select().count() == before
    if "name" not in change:
        assert 'value="&lt;i&gt;岗&lt;/i&gt; 🎈"' in html
    if "grades" not in change:
        assert re.search(r'name="grades" value="4" checked', html)
    if "first_end" not in change:
        assert 'value="08:10"' in html


@pytest.mark.parametrize("who", ["custodian", "principal", "electrician", "teacher", "cleaner", "stranger"])
def test_who_may_not(phone, school, who):
    page = phone(getattr(school, who))
    for url in ("/cards/", "/cards/add", f"/cards/{school.card.id}"):
        assert page.get(url).status_code == 403
    for url in ("/cards/add", f"/cards/{school.card.id}/print", f"/cards/{school.card.id}/cancellation"):
        assert page.send(url, FORM | {"reason": "x"}).status_code == 403


def test_a_card_and_a_stranger_may_not(phone, school):
    for url in ("/cards/add", f"/cards/{school.card.id}/print", f"/cards/{school.card.id}/cancellation"):
        assert phone(school.card).send(url, FORM | {"reason": "x"}).status_code == 403
        assert phone().send(url, FORM | {"reason": "x"}).status_code == 401
    assert DutyCard.get_by_id(school.card.id).cancelled_at is None


def test_the_form_offers_areas_but_no_classrooms(phone, school, counted):
    page = phone(school.counsellor)
    with counted() as q:
        html = text(page.get("/cards/add"))
    assert "教学楼 二楼 二楼男厕" in html
    assert "201教室" not in html
    assert q.count == 5  # who it is, the areas, the classes, what is retired, the calendar for the end of the term


# Lists and one card --------------------------------------------------------------------------------------------


def test_the_list_shows_duty_hours_and_state(phone, school, counted):
    page = phone(school.counsellor)
    for number in range(8):
        copy(school.card, name=f"岗{number}", areas=[school.places.toilet.id])
    with counted() as q:
        html = text(page.get("/cards/"))
    assert q.count == 4  # who it is, the cards, the names of areas, the calendar
    for words in ("三年级卫生监督岗", "Grade 3", "二楼男厕", "Mon to Fri 07:20–12:30", "on duty now"):
        assert words in html


def copy(card: DutyCard, **change):
    known = {name: getattr(card, name) for name in ("checklists", "grades", "areas", "weekdays", "hours")}
    days = {"starts_on": card.starts_on, "ends_on": card.ends_on}
    return DutyCard.make(**{"by": None, "name": card.name, **known, **days, **change})[0]


def test_cards_that_are_over_have_a_list_of_their_own(phone, school):
    copy(school.card, name="去年的岗", starts_on=date(2025, 9, 1), ends_on=date(2026, 1, 20))
    school.card.cancel(school.counsellor, "lost")
    page = phone(school.counsellor)
    assert "No duty card yet." in text(page.get("/cards/"))
    html = text(page.get("/cards/?over=1"))
    assert "cancelled" in html
    assert "去年的岗" in html


def test_one_card(phone, school):
    html = text(phone(school.counsellor).get(f"/cards/{school.card.id}"))
    for words in ("三年级卫生监督岗", "Grade 3 Class 3", "may not score it", "on duty now", "made the duty card"):
        assert words in html


@pytest.mark.parametrize("url", ["/cards/999999", "/cards/0"])
def test_no_card_is_404(phone, school, url):
    page = phone(school.counsellor)
    assert page.get(url).status_code == 404
    assert page.send(f"{url}/print").status_code == 404
    assert page.send(f"{url}/cancellation", {"reason": "x"}).status_code == 404


# Anew and cancelled --------------------------------------------------------------------------------------------


def test_made_anew_the_old_print_and_its_phones_are_dead(phone, school):
    on_duty = phone(school.card)
    answer = phone(school.counsellor).send(f"/cards/{school.card.id}/print")
    secret = printed_secret(text(answer))
    assert secret != school.card_secret
    assert DutyCard.of_secret(school.card_secret) is None
    assert DutyCard.of_secret(secret) == school.card
    assert on_duty.get("/people/me").status_code == 303
    assert (
        journal.about(thing=school.card).where(journal.Event.action == "cards.remade").get().person == school.counsellor
    )


def test_made_anew_once_only(phone, school):
    page, url = phone(school.counsellor), f"/cards/{school.card.id}/print"
    secret = printed_secret(text(page.send(url, key="the-same-key-twice")))
    assert page.send(url, key="the-same-key-twice").location == f"/cards/{school.card.id}"
    assert DutyCard.of_secret(secret) == school.card


def test_cancelled_with_a_reason_it_signs_its_phones_out(phone, school):
    on_duty, page = phone(school.card), phone(school.counsellor)
    answer = page.send(f"/cards/{school.card.id}/cancellation", {"reason": "<b>lost</b> in the yard"})
    assert answer.location == f"/cards/{school.card.id}"
    assert on_duty.get("/people/me").status_code == 303
    html = text(page.get(answer.location))
    assert "cancelled the duty card: &lt;b&gt;lost&lt;/b&gt; in the yard" in html
    assert "Make anew" not in html
    assert SignIn.select().where(SignIn.card == school.card, SignIn.ended_at.is_null()).count() == 0


@pytest.mark.parametrize(("reason", "words"), [("", "Please fill this in."), ("x" * 201, "At most 200 characters")])
def test_without_a_good_reason_it_stands(phone, school, reason, words):
    answer = phone(school.counsellor).send(f"/cards/{school.card.id}/cancellation", {"reason": reason})
    assert answer.status_code == 422
    assert words in text(answer)
    assert DutyCard.get_by_id(school.card.id).cancelled_at is None


def test_what_is_cancelled_stays_so(phone, school):
    page, url = phone(school.counsellor), f"/cards/{school.card.id}"
    page.send(f"{url}/cancellation", {"reason": "lost"})
    assert page.send(f"{url}/cancellation", {"reason": "lost"}).status_code == 409
    assert page.send(f"{url}/print").status_code == 409


def test_rules_hold_for_cards_made_without_the_page(school):
    from app.errors import Refused

    for change in (
        {"hours": [["08:00", "07:00"]]},
        {"hours": [["07:00", "09:00"], ["08:00", "10:00"]]},
        {"ends_on": clock.today() - timedelta(days=1)},
    ):
        with pytest.raises(Refused):
            copy(school.card, **change)
