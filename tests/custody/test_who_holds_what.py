"""The lists: who holds what, what I hold, one record, and what waits."""

from datetime import timedelta

import pytest

from app import clock
from app.custody.models import Custody
from app.custody.views import waiting
from app.errors import Refused


@pytest.fixture
def held(school, things):
    """A late loan, a loan due in two days, and an issue; then the clock stands a week later."""
    today = clock.today()
    late = Custody.lend(things.projector, school.teacher, school.custodian, due_on=today + timedelta(2))
    soon = Custody.lend(things.chairs, school.stranger, school.custodian, due_on=today + timedelta(9), quantity=4)
    kept = Custody.hand_out(things.speaker, school.teacher, school.custodian)
    clock.set_hands(clock.now() + timedelta(days=7))
    return late, soon, kept


def test_late_is_a_question_of_the_day(held):
    late, soon, kept = held
    assert list(Custody.overdue()) == [late]
    assert list(Custody.overdue(clock.today() + timedelta(10))) == [late, soon]
    assert late.days_late == 5
    assert (soon.days_late, kept.days_late) == (0, 0)


def test_lateness_is_said_in_words(held, ctx):
    assert [row.due_words for row in held] == ["5 days late", "due in 2 days", "kept in use"]
    assert [row.tone for row in held] == ["late", "soon", ""]


def test_the_list_starts_with_what_is_late_and_ends_with_what_is_kept(school, held, phone):
    page = phone(school.director).get("/custody/").text
    assert page.index("投影仪") < page.index("折叠椅") < page.index("音箱")
    assert "5 days late" in page
    assert "Late 1" in page


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("state=late", {"投影仪"}),
        ("kind=issue", {"音箱"}),
        ("words=lm", {"投影仪", "音箱"}),
        ("words=zdy", {"折叠椅"}),
        ("words=投影", {"投影仪"}),
        ("words=%25", set()),
        ("words=%3Cscript%3E", set()),
        ("state=nonsense&kind=nonsense&office=x&person=-1&page=x", {"投影仪", "折叠椅", "音箱"}),
        ("state=back", set()),
    ],
)
def test_filters_narrow_it_down(school, held, phone, query, seen):
    page = phone(school.director).get(f"/custody/?{query}").text
    assert {name for name in ("投影仪", "折叠椅", "音箱") if name in page} == seen
    assert "<script>" not in page


def test_a_label_code_a_person_and_an_office_find_their_rows(school, held, things, phone):
    browser = phone(school.director)
    assert "投影仪" in browser.get(f"/custody/?words={things.codes['projector'].lower()}").text
    page = browser.get(f"/custody/?person={school.stranger.id}").text
    assert "折叠椅" in page
    assert "投影仪" not in page
    assert "投影仪" not in browser.get(f"/custody/?office={school.office.id}").text
    assert "投影仪" in browser.get(f"/custody/?office={school.teaching.id}").text


def test_what_came_back_has_its_own_list(school, held, phone):
    held[0].take_back(school.custodian)
    page = phone(school.principal).get("/custody/?state=back").text
    assert "投影仪" in page
    assert "back, in good order" in page


def test_who_holds_what_is_for_the_office_and_the_heads_of_school(school, held, phone):
    urls = ("/custody/", f"/custody/person/{school.teacher.id}")
    for url in urls:
        for who in (school.director, school.custodian, school.principal):
            assert phone(who).get(url).status_code == 200
        for who in (school.teacher, school.electrician, school.cleaner, school.card):
            assert phone(who).get(url).status_code == 403
        assert phone().get(url).status_code == 303


def test_my_own_page_shows_mine_and_nothing_else(school, held, phone):
    page = phone(school.teacher).get("/custody/mine").text
    assert "投影仪" in page
    assert "音箱" in page
    assert "5 days late" in page
    assert "折叠椅" not in page
    assert "4,599" not in page
    assert "You hold nothing" in phone(school.cleaner).get("/custody/mine").text
    assert phone(school.card).get("/custody/mine").status_code == 403
    held[0].take_back(school.custodian)
    assert "投影仪" not in phone(school.teacher).get("/custody/mine").text
    assert "投影仪" in phone(school.teacher).get("/custody/mine?past=1").text


def test_a_record_is_seen_by_its_holder_and_the_office(school, held, phone):
    url = f"/custody/{held[0].id}"
    page = phone(school.teacher).get(url).text
    assert "lent 1 台 to 李敏" in page
    assert "4599" not in page
    assert "Renew" not in page
    assert "Renew" in phone(school.custodian).get(url).text
    assert phone(school.principal).get(url).status_code == 200
    assert phone(school.stranger).get(url).status_code == 404
    assert phone(school.card).get(url).status_code == 403
    assert phone().get(url).status_code == 303
    for odd in ("/custody/0", "/custody/999999", f"/custody/{2**70}"):
        assert phone(school.director).get(odd).status_code == 404


def test_a_colleagues_page_tells_what_they_hold_and_gave_back(school, held, phone):
    held[2].take_back(school.custodian, condition="damaged", note="裂")
    page = phone(school.director).get(f"/custody/person/{school.teacher.id}").text
    assert page.index("投影仪") < page.index("音箱")
    assert "1 late" in page
    assert "back, damaged" in page
    empty = phone(school.director).get(f"/custody/person/{school.cleaner.id}").text
    assert "周桂兰 holds nothing" in empty
    assert phone(school.director).get("/custody/person/999999").status_code == 404


def test_what_waits_is_counted_for_office_and_holder(app, school, held):
    with app.test_request_context():
        office = {card.words: (card.count, card.late) for card in waiting(school.custodian)}
        assert office == {"loans are late": (1, True)}
        (mine,) = waiting(school.teacher)
        assert (mine.count, mine.late) == (1, True)
        (theirs,) = waiting(school.stranger)
        assert (theirs.count, theirs.late) == (1, False)
        assert waiting(school.cleaner) == []
        assert waiting(school.card) == []


def test_an_account_is_not_switched_off_while_it_holds_things(school, held, ctx):
    with pytest.raises(Refused, match="李敏 still holds 2 things"):
        school.teacher.close(school.director, "moved away")
    assert school.teacher.is_active
    for row in Custody.held_by(school.teacher):
        row.take_back(school.custodian)
    school.teacher.close(school.director, "moved away")
    assert not school.teacher.is_active


def test_lists_of_two_thousand_rows_cost_a_constant_number_of_queries(school, things, phone, counted):
    urls = {
        "/custody/": school.director, "/custody/?state=late&words=x": school.director, "/custody/mine": school.teacher,
        f"/custody/person/{school.teacher.id}": school.director,
    }  # fmt: skip
    browsers = {url: phone(who) for url, who in urls.items()}
    few = {url: _queries(browser, url, counted) for url, browser in browsers.items()}
    today = clock.today()
    common = {"asset": things.chairs, "person": school.teacher, "exclusive": False, "by": school.custodian}
    rows = [{"kind": "loan", "due_on": today + timedelta(n % 30 - 10), **common} for n in range(2000)]
    Custody.insert_many(rows).execute()
    for url, browser in browsers.items():
        assert "折叠椅" in browser.get(url).text or "words" in url
        assert _queries(browser, url, counted) <= few[url] + 2, url  # labels and photos, once there are rows
        assert few[url] <= 7


def _queries(browser, url, counted) -> int:
    with counted() as queries:
        assert browser.get(url).status_code == 200
    return queries.count


def test_two_thousand_rows_are_paged(school, things, phone):
    common = {"asset": things.chairs, "person": school.teacher, "exclusive": False, "kind": "issue"}
    Custody.insert_many([dict(common) for _each in range(70)]).execute()
    browser = phone(school.director)
    sizes = [browser.get(f"/custody/?page={page}").text.count('<tr class="whole"') for page in (1, 2, 3, 4)]
    assert sizes == [30, 30, 10, 0]
