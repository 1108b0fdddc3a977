"""The lists: who sees what, in which order, how many questions they ask the database."""

from datetime import timedelta

import peewee
import pytest

from app import clock, db
from app.places.models import Place
from app.repairs.models import KINDS, Step, Ticket
from app.repairs.views import waiting


def ids(page: str, tickets) -> list[int]:
    """The tickets in the order in which the page shows them."""
    found = [(page.find(f'href="/repairs/{t.id}"'), t.id) for t in tickets]
    return [id for position, id in sorted(found) if position >= 0]


def test_the_electrician_sees_what_is_to_take_urgent_first_then_by_the_time_left(school, phone, report):
    start = clock.now()
    tickets = []
    for hours, urgent in ((2, False), (1, True), (30, False), (5, False)):
        clock.set_hands(start - timedelta(hours=hours))
        tickets.append(report(urgent=urgent))
    clock.set_hands(start)
    page = phone(school.electrician).get("/repairs/").text
    a, b, c, d = (t.id for t in tickets)
    assert ids(page, tickets) == [b, c, d, a]
    assert "6 hours late" in page
    assert "19 hours left" in page
    assert page.count('<svg class="meter') == 4


def test_tabs(school, phone, report):
    to_take, in_work, done = report(), report(), report()
    in_work.take(school.electrician)
    done.fix(school.electrician, "replaced")
    browser, everything = phone(school.electrician), [to_take, in_work, done]
    for tab, ticket in zip(("waiting", "work", "done"), everything, strict=True):
        assert ids(browser.get(f"/repairs/?tab={tab}").text, everything) == [ticket.id]


def test_a_teacher_sees_the_own_reports_and_those_of_the_own_rooms(school, phone, report):
    own_room = report(by=None)
    own = report(place=school.places.toilet)
    called = report(by="electrician", place=school.places.store, caller=school.teacher)
    joined = report(by="stranger", place=school.places.office)
    joined.join(school.teacher)
    others = report(by="stranger", place=school.places.store)
    tickets = [own_room, own, called, joined, others]
    mine = {own_room.id, own.id, called.id, joined.id}
    assert set(ids(phone(school.teacher).get("/repairs/").text, tickets)) == mine
    for ticket in tickets:
        expected = 200 if ticket.id in mine else 404
        assert phone(school.teacher).get(f"/repairs/{ticket.id}").status_code == expected


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("director", {"classroom", "toilet", "office"}), ("custodian", {"classroom", "toilet", "office"}),
        ("principal", {"classroom", "toilet", "office"}), ("electrician", {"classroom", "toilet", "office"}),
        ("teacher", {"classroom"}), ("cleaner", {"toilet"}), ("stranger", {"office"}), ("counsellor", set()),
    ],
)  # fmt: skip
def test_visible_to(school, report, who, sees):
    for place in ("classroom", "toilet", "office"):
        report(by=None, place=getattr(school.places, place))
    seen = {t.place.id for t in Ticket.visible_to(getattr(school, who))}
    assert seen == {getattr(school.places, place).id for place in sees}


def test_cards_and_strangers_see_no_list(school, phone, report):
    from app.people.models import Stranger

    report(by="card")
    assert not Ticket.visible_to(school.card).exists()
    assert not Ticket.visible_to(Stranger()).exists()
    assert phone(school.card).get("/repairs/").status_code == 403


def test_filters(school, phone, report):
    tap = report()
    lamp = report(kind="power", words="灯不亮", place=school.places.toilet, urgent=True)
    lamp.take(school.electrician)
    lamp.fix(school.electrician, "replaced")
    lamp.rework(school.director, "又不亮了")
    both, browser = [tap, lamp], phone(school.director)

    def found(query):
        return ids(browser.get(f"/repairs/?{query}").text, both)

    assert found("kind=power") == [lamp.id]
    assert found("urgent=1") == [lamp.id]
    assert found(f"place={school.places.classroom.id}") == [tap.id]
    assert found(f"building={school.places.building.id}") == [lamp.id, tap.id]
    assert found(f"building={school.places.store.id}") == []
    assert found(f"words={tap.number}") == [tap.id]
    assert found("words=20261124") == [lamp.id, tap.id]
    assert found("words=滴水") == [tap.id]
    assert found("words=二楼男厕") == [lamp.id]
    assert found("words=%25") == []
    assert ids(phone(school.electrician).get("/repairs/?mine=1").text, both) == [lamp.id]
    assert "No ticket fits." in browser.get("/repairs/?words=zzz").text


@pytest.mark.parametrize(
    "query",
    ["tab=x", "only=x", "kind=<b>", "building=abc", "building=" + "9" * 400, "place=-1", "page=x", "page=-3",
     "words=20269999-1", "words=20261124-" + "9" * 90, "words=😀", "words=" + "a" * 5000, "urgent=%00"],
)  # fmt: skip
def test_odd_questions_get_a_list(school, phone, report, query):
    report()
    for who in (school.director, school.electrician, school.teacher):
        assert phone(who).get(f"/repairs/?{query}").status_code == 200


def test_empty_lists_say_so(school, phone):
    assert "Nothing waits here." in phone(school.electrician).get("/repairs/").text
    assert "Scan the label" in phone(school.teacher).get("/repairs/").text
    assert "Nothing was repaired yet." in phone(school.director).get("/repairs/?tab=done").text


def fill(school, count):
    """Many tickets by many people in many places, in every state, as rows."""
    places = [p.id for p in Place.select().where(Place.parent == school.places.floor)]
    people = [school.teacher.id, school.stranger.id, school.cleaner.id, None]
    states = ("reported", "accepted", "taken", "waiting", "reworked", "fixed", "confirmed", "refused")
    now, kinds = clock.now(), list(KINDS)
    tickets = [
        {
            "day": clock.today(), "serial": n, "place": places[n % len(places)], "kind": kinds[n % len(kinds)],
            "words": f"故障 {n}", "urgent": n % 9 == 0, "person": people[n % 4], "state": states[n % 8],
            "why": "parts" if states[n % 8] == "waiting" else "",
            "worker": school.electrician.id if n % 8 > 1 else None,
            "at": now - timedelta(minutes=n), "clock_from": now - timedelta(minutes=n), "last": 1,
            "fixed_at": now if states[n % 8] in ("fixed", "confirmed") else None,
        }
        for n in range(1, count + 1)
    ]  # fmt: skip
    for chunk in peewee.chunked(tickets, 200):
        Ticket.insert_many(chunk).execute()
    steps = [{"ticket": t.id, "serial": 1, "kind": "reported", "at": t.at} for t in Ticket.select(Ticket.id, Ticket.at)]
    for chunk in peewee.chunked(steps, 200):
        Step.insert_many(chunk).execute()


@pytest.mark.parametrize("who", ["director", "electrician", "teacher"])
def test_every_list_asks_as_few_questions_at_two_thousand_as_at_twenty(school, phone, counted, who):
    browser, queries = phone(getattr(school, who)), ("", "?tab=done", "?kind=water", "?only=late")
    counts = []
    for size in (20, 2000):
        fill(school, 20) if size == 20 else fill_more(school, 99)
        row = []
        for query in queries:
            with counted() as asked:
                assert browser.get(f"/repairs/{query}").status_code == 200
            row.append(asked.count)
        counts.append(row)
    for few, many in zip(*counts, strict=True):
        assert few - 1 <= many <= few  # the calendar may be read once
    assert max(counts[0]) <= 7


def fill_more(school, times):
    """The same tickets many times over."""
    last = Ticket.select(peewee.fn.MAX(Ticket.serial)).scalar()
    rows = list(Ticket.select().order_by(Ticket.id).dicts())
    for turn in range(1, times + 1):
        batch = [{**row, "id": None, "serial": row["serial"] + turn * last} for row in rows]
        for row in batch:
            row.pop("id")
        Ticket.insert_many(batch).execute()


def test_one_ticket_with_forty_steps_asks_as_few_as_one_with_two(school, phone, report, counted):
    short, long = report(), report()
    for ticket, turns in ((short, 1), (long, 20)):
        for _each in range(turns):
            ticket.take(school.electrician)
            ticket.wait(school.electrician, "parts")
    browser, counts = phone(school.director), []
    for ticket in (short, long):
        with counted() as asked:
            browser.get(f"/repairs/{ticket.id}")
        counts.append(asked.count)
    assert abs(counts[0] - counts[1]) <= 1  # the calendar may be read once
    assert max(counts) <= 12  # with what the check found that led to it


def test_the_report_page_and_the_receipt_ask_few_questions(school, phone, report, code, counted):
    tickets = [report() for _each in range(8)]
    for who, most in ((None, 5), (school.teacher, 6)):
        browser = phone(who)
        browser.get(f"/repairs/report/{code}")
        with counted() as asked:
            browser.get(f"/repairs/report/{code}")
        assert asked.count <= most, asked.sql
    with counted() as asked:
        phone().get(f"/repairs/receipt/{tickets[0].receipt_secret}")
    assert asked.count <= 4


def plan(query) -> str:
    sql, values = query.sql()
    return " | ".join(row[3] for row in db.database.execute_sql(f"explain query plan {sql}", values).fetchall())


def test_what_every_scan_and_every_home_page_asks_goes_by_an_index(school, report, ctx):
    from app.repairs.lists import nearly_late

    fill(school, 200)
    for query in (
        Ticket.open_at(place=school.places.classroom),
        Ticket.open_at(asset=1),
        Ticket.to_confirm_by(school.teacher),
        Ticket.select().where(nearly_late()),
        Ticket.visible_to(school.teacher),
        Step.select().where(Step.secret == "x"),
    ):
        assert "SCAN t1" not in plan(query), plan(query)


def test_waiting_for_each_role(school, report, app, counted):
    start = clock.now()
    clock.set_hands(start - timedelta(hours=21))
    late = report()
    clock.set_hands(start)
    report(by=None)
    late.take(school.electrician)
    done = report()
    done.fix(school.electrician, "replaced")
    with app.test_request_context():
        cards = {
            who: {(c.words, c.count, c.late) for c in waiting(getattr(school, who))}
            for who in ("electrician", "director", "teacher", "stranger", "card")
        }
        assert cards["electrician"] == {
            ("Repairs to take", 1, False), ("My repairs in work", 1, False),
            ("My repairs, late or nearly late", 1, False),
        }  # fmt: skip
        assert cards["director"] == {("Reports to accept", 1, False), ("Repairs late or nearly late", 1, False)}
        assert cards["teacher"] == {("Fixed, waiting for your word", 1, False)}
        assert cards["stranger"] == cards["card"] == set()
        clock.set_hands(start + timedelta(hours=4))
        assert ("Repairs late or nearly late", 1, True) in {
            (c.words, c.count, c.late) for c in waiting(school.director)
        }
        with counted() as asked:
            waiting(school.director)
        assert asked.count <= 3


def test_each_waiting_card_opens_just_what_it_counts(school, phone, report, app):
    report()
    done = report()
    done.fix(school.electrician, "replaced")
    for who in (school.electrician, school.director, school.teacher):
        with app.test_request_context():
            cards = waiting(who)
        assert cards
        for card in cards:
            page = phone(who).get(card.url).text
            assert len(set(ids(page, Ticket.select()))) == card.count
