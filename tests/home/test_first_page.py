"""The first page: what waits for whom, the language, privacy and health."""

import pytest


def test_a_visitor_gets_a_box_for_a_code(phone):
    answer = phone().get("/")
    assert answer.status_code == 200
    assert 'name="code"' in answer.text


@pytest.mark.parametrize(
    "who",
    ["director", "custodian", "electrician", "teacher", "cleaner", "counsellor", "principal", "stranger"],
)
def test_everybody_who_is_signed_in_gets_a_first_page(school, phone, who, counted):
    person = getattr(school, who)
    with counted() as queries:
        answer = phone(person).get("/")
    assert answer.status_code == 200
    assert person.name in answer.text
    assert queries.count <= 26, "two for each noun"


def test_a_duty_card_goes_straight_to_its_round(school, phone):
    answer = phone(school.card).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inspections/round")


def test_each_card_of_the_first_page_opens_its_list(school, phone, app):
    from app.home.views import waiting_for

    for who in (school.director, school.custodian, school.electrician, school.teacher, school.cleaner, school.card):
        browser = phone(who)
        with app.test_request_context():
            cards = waiting_for(who)
        for card in cards:
            assert browser.get(card.url).status_code == 200, (who.name, card)


def test_the_language_is_remembered_on_this_phone(phone):
    browser = phone()
    answer = browser.get("/language/zh_Hans_CN?next=/privacy")
    assert answer.headers["Location"] == "/privacy"
    assert "我们保存什么" in browser.get("/privacy").text
    browser.get("/language/en")
    assert "What we keep and why" in browser.get("/privacy").text
    browser.get("/language/xx")
    assert "What we keep and why" in browser.get("/privacy").text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1"])
def test_the_language_switch_leads_nowhere_else(phone, elsewhere):
    assert phone().get(f"/language/en?next={elsewhere}").headers["Location"] == "/"


def test_health_tells_the_versions(phone):
    answer = phone().get("/healthz")
    assert answer.status_code == 200
    assert set(answer.json) == {"app", "schema", "engine"}
    assert answer.json["engine"].startswith("SQLite 3.")


def test_health_says_503_when_the_database_does_not_answer(phone, monkeypatch):
    from app import db

    def broken() -> str:
        raise OSError("gone")

    monkeypatch.setattr(db, "schema_version", broken)
    assert phone().get("/healthz").status_code == 503


def test_the_language_switch_leads_back_to_where_it_was_tapped(phone):
    answer = phone().get("/language/en", headers={"Referer": "http://localhost/privacy"})
    assert answer.headers["Location"] == "/privacy"
    answer = phone().get("/language/en", headers={"Referer": "http://evil.example/privacy"})
    assert answer.headers["Location"] == "/"


def test_what_every_visitor_sees_alike_is_in_the_visitors_language(school, phone):
    browser = phone()
    browser.get("/language/zh_Hans_CN")
    assert "登录" in browser.get("/privacy").text
    browser.get("/language/en")
    assert "Sign in" in browser.get("/privacy").text
    assert "Sign in" not in phone(school.teacher).get("/privacy").text
