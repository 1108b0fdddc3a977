"""The one page of what waits for me, the card on the first page, and the parts that slips show."""

import pytest
from flask import render_template_string
from flask_login import login_user

from app.approvals.models import Ask, waiting_asks
from app.approvals.views import waiting


def test_it_lists_what_waits_with_two_buttons(phone, slips, school):
    slip = slips.ask(school.teacher, words="实验室钥匙", wants="director")
    html = phone(school.director).get("/approvals/").text
    ask = slip.asks[0]
    assert "实验室钥匙" in html
    assert "asked by 李敏" in html
    assert f'action="/approvals/{ask.id}/agreement"' in html
    assert f'href="/approvals/{ask.id}/refusal?next=/approvals/"' in html
    assert f'href="/approvals/?slip={slip.id}"' in html


def test_nothing_waits(phone, slips, school):
    assert "Nothing waits for your agreement." in phone(school.director).get("/approvals/").text


def test_only_what_waits_for_me(phone, slips, school):
    slips.ask(school.teacher, words="一", wants="custodian,director")
    done = slips.ask(school.teacher, words="二", wants="director")
    done.agree(school.director)
    slips.ask(school.stranger, words="三", keeper=school.teacher)
    director, teacher = (phone(who).get("/approvals/").text for who in (school.director, school.teacher))
    assert ">一<" not in director
    assert ">二<" not in director
    assert ">三<" not in director
    assert ">三<" in teacher


def test_a_name_is_only_text(phone, slips, school):
    slips.ask(school.teacher, words="<b>😀</b>" * 20, wants="director")
    html = phone(school.director).get("/approvals/").text
    assert "<b>😀" not in html
    assert "&lt;b&gt;😀" in html


@pytest.mark.parametrize("many", [1, 25])
def test_the_page_asks_the_database_the_same_for_one_and_many(phone, slips, school, counted, many):
    for _each in range(many):
        slips.ask(school.teacher, wants="director")
    browser = phone(school.director)
    with counted() as queries:
        assert browser.get("/approvals/").text.count("/agreement") == many
    assert queries.count <= 9


def test_it_is_paged(phone, slips, school):
    for number in range(35):
        slips.ask(school.teacher, words=f"钥匙{number}", wants="director")
    browser = phone(school.director)
    first, second = (browser.get(f"/approvals/?page={page}").text for page in (1, 2))
    assert first.count("/agreement") == 30
    assert second.count("/agreement") == 5
    assert "page=2" in first
    assert 'name="next" value="/approvals/?page=2"' in second


def test_only_what_waits_is_read(slips, school, app):
    """Ten thousand answers of earlier years cost nothing: the index holds only what waits."""
    sql, params = waiting_asks(school.director).sql()
    plan = Ask._meta.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
    assert any("ask_waiting" in row[3] for row in plan), plan


def test_the_card_on_the_first_page(phone, slips, school, counted):
    slips.ask(school.teacher, wants="director")
    slips.ask(school.teacher, wants="director")
    with phone(school.director) as browser:
        browser.get("/")
        with counted() as queries:
            (card,) = waiting(school.director)
        assert (card.words, card.count, card.icon, card.url) == ("to agree", 2, "thumbs-up", "/approvals/")
        assert queries.count <= 2
        assert waiting(school.cleaner) == []
        assert waiting(school.card) == []
    assert 'href="/approvals/"' in phone(school.director).get("/").text


PAGE = '{% from "approvals/_asks.html" import asks, answer with context %}{{ asks(slip) }}|{{ answer(slip) }}'


@pytest.fixture
def shown(app):
    """The parts of a slip's page as someone sees them: (asks, buttons)."""

    def look(slip, who) -> tuple[str, str]:
        with app.test_request_context("/keys/1"):
            login_user(who)
            left, _bar, right = render_template_string(PAGE, slip=type(slip).get_by_id(slip.id)).partition("|")
            return left, right.strip()

    return look


def test_a_slip_shows_who_agreed_and_who_is_waited_for(slips, school, shown):
    slip = slips.ask(school.teacher, wants="custodian,director,principal")
    slip.agree(school.custodian, note="可以")
    left, buttons = shown(slip, school.director)
    assert "钱秀英" in left
    assert "可以" in left
    assert "Step 2" in left
    assert "comes later" in left
    assert "/agreement" in buttons
    assert "Withdraw" not in buttons
    assert shown(slip, school.principal)[1] == ""
    assert "Withdraw" in shown(slip, school.teacher)[1]
    assert "/agreement" not in shown(slip, school.teacher)[1]


def test_a_slip_shows_why_it_was_refused(slips, school, shown):
    slip = slips.ask(school.teacher, wants="director")
    slip.refuse(school.director, "<i>太多</i>")
    left, buttons = shown(slip, school.director)
    assert "&lt;i&gt;太多&lt;/i&gt;" in left
    assert buttons == ""
