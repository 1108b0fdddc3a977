"""The pages: who may, one filter for page, sheet and print, where sums lead to, constant queries, many rows."""

import io
import re
import time
from datetime import timedelta

import openpyxl
import peewee
import pytest

from app import clock
from app.assets.keeping import Keeping
from app.assets.models import Asset, Category, Shelf
from app.custody.models import Custody
from app.reports.columns import rate_words
from app.reports.kinds import REPORTS
from tests.reports.conftest import words_of

ROADS = ("/reports/{}", "/reports/{}.xlsx", "/reports/{}/print", "/reports/{}.pdf")
FILTERS = (
    "", "by=office", "by=room", "by=year&on=2026-01-31", "by=fund&source=donated", "lines=1",
    "lines=1&by=room&kind=batch",
    "by=state&year=2020", "without=fund", "lines=1&on=2025-12-01&by=source",
)  # fmt: skip


def cells_of(page):
    """The table of a page: rows of texts, with what stands over the whole width left out."""
    table = re.search(r"<tbody>(.*?)</table>", page, re.DOTALL)
    if table is None:
        return []
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table[1], re.DOTALL)
    found = [[tidy(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]
    return [row for row in found if len(row) > 1]


def tidy(cell):
    return re.sub(r"<[^>]+>", "", cell).replace("&amp;", "&").strip()


def sheet_of(answer):
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    return rows[0], rows[1:]


def paper_of(page):
    """The headings of the table of a print page, and its rows but for the names of groups; sums are marked."""
    table = re.search(r'<table class="rows.*?</table>', page, re.DOTALL)[0]
    body = table[table.index("<tbody>") :]
    rows = [
        ("sum" in attributes, [tidy(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)])
        for attributes, row in re.findall(r"<tr([^>]*)>(.*?)</tr>", body, re.DOTALL)
        if "heading" not in attributes
    ]
    return [tidy(head) for head in re.findall(r"<th[^>]*>(.*?)</th>", table, re.DOTALL)], rows


# Who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("road", ROADS)
def test_the_office_leaders_and_finance_may_others_may_not(school, grown, finance, phone, road):
    url = road.format("ledger")
    for who in (school.director, school.custodian, school.principal, finance):
        assert phone(who).get(url).status_code == 200
    for who in (school.teacher, school.electrician, school.cleaner, school.card):
        assert phone(who).get(url).status_code == 403
    assert phone().get(url).status_code == 303


@pytest.mark.parametrize("road", ROADS)
def test_finance_does_not_read_who_borrowed_what(grown, finance, phone, road):
    assert phone(finance).get(road.format("holders")).status_code == 403
    assert "Who holds what" not in phone(finance).get("/reports/").text


@pytest.mark.parametrize("road", ROADS)
def test_a_report_that_does_not_exist(school, phone, road):
    assert phone(school.director).get(road.format("nothing")).status_code == 404


def test_without_the_right_to_prices_no_road_tells_one(school, grown, phone, monkeypatch):
    from app.people import permissions

    no_prices = permissions.Permission("", frozenset({"finance"}))
    monkeypatch.setitem(permissions.PERMISSIONS, "assets.value", no_prices)
    browser = phone(school.custodian)
    for slug in REPORTS:
        for lines in ("", "?lines=1"):
            page = browser.get(f"/reports/{slug}{lines}").text + browser.get(f"/reports/{slug}/print{lines}").text
            heads, _rows = sheet_of(browser.get(f"/reports/{slug}.xlsx{lines}"))
            assert not {"Value (yuan)", "Unit price", "Source of funds"} & {*heads}, slug
            assert "3,560.00" not in page
            assert "¥" not in page


# The index ---------------------------------------------------------------------------------------------------------


def test_every_report_is_a_card_with_its_number(school, grown, by_hand, phone):
    page = tidy(phone(school.custodian).get("/reports/").text)
    ((cards, things, _value),) = by_hand(lambda *_all: "all").values()
    for words in (f"{things:,}", f"on {cards} cards", "Idle things", "Good-condition rate", "Warranty ends soon"):
        assert words in page
    assert '/reports/"' in phone(school.custodian).get("/").text
    assert '/reports/"' not in phone(school.teacher).get("/").text


# One filter, three dresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", REPORTS)
@pytest.mark.parametrize("query", FILTERS)
def test_page_sheet_and_print_say_the_same(school, grown, phone, slug, query):
    Custody.hand_out(next(iter(grown.assets.values())), school.stranger, school.custodian, quantity=1)
    browser = phone(school.custodian)
    page = cells_of(browser.get(f"/reports/{slug}?{query}").text)
    heads, rows = sheet_of(browser.get(f"/reports/{slug}.xlsx?{query}"))
    printed_heads, paper = paper_of(browser.get(f"/reports/{slug}/print?{query}").text)
    if not rows:
        assert page == []
        assert len(paper) == 1  # the sentence that there is nothing
        return
    lines = "lines=1" in query and slug != "holders"
    on_paper = [row for is_sum, row in paper if not is_sum]
    on_page = page if lines else page[:-1]  # the last is the total
    assert on_page == on_paper[: len(on_page)]  # of lines a page shows fifty
    assert len(on_page) == min(len(rows), 50) if lines else len(on_page) == len(rows)
    assert len(on_paper) == len(rows)
    assert len({*heads} - {*printed_heads}) == (1 if lines and "year" not in query else 0)  # the group's own column
    for row, printed in zip(rows, on_paper, strict=True):
        said = {head: said_of(value, head) for value, head in zip(row, heads, strict=True)}
        assert [said[head] or "0" for head in printed_heads] == [words or "0" for words in printed]
    if not lines:
        assert [row for is_sum, row in paper if is_sum] == page[-1:]


def said_of(value, head):
    """How a cell of the sheet is said on the page."""
    if value is None:
        return ""
    if "(yuan)" in head or "price" in head:
        return f"{value:,.2f}"
    if "rate" in head:
        return rate_words(value)
    if "Years" in head:
        return f"{value:.1f}"
    return str(value.date()) if hasattr(value, "date") else f"{value:,}" if isinstance(value, int) else str(value)


def test_what_was_asked_stands_on_the_page_and_on_paper(school, grown, phone):
    browser, query = phone(school.custodian), f"office={school.office.id}&on=2026-01-31&source=bought"
    page, paper = browser.get(f"/reports/ledger?{query}").text, browser.get(f"/reports/ledger/print?{query}").text
    for words in ("as it stood on 2026-01-31", "总务处", "bought"):
        assert words in page
        assert words in paper
    assert f"/reports/ledger.xlsx?office={school.office.id}&amp;source=bought&amp;on=2026-01-31" in page


def test_the_sums_lead_to_the_things_themselves(school, grown, by_hand, phone):
    browser = phone(school.custodian)
    for by in ("category", "office", "room", "source", "fund", "year", "state"):
        page = browser.get(f"/reports/ledger?by={by}").text
        sums = {row[0]: row for row in cells_of(page)}
        links = re.findall(r'href="(/assets/\?[^"]+)">([^<]+)</a>', page)
        assert len(links) == len(sums) - 1, by
        for url, name in links:
            cards = next(int(cell) for cell in sums[name][1:] if cell.isdigit())
            count, number, more = 0, 1, True
            while more:
                shown = browser.get(f"{url.replace('&amp;', '&')}&page={number}").text
                count += len(re.findall(r'class="whole-link"', shown))
                more, number = 'rel="next"' in shown, number + 1
            assert count == cards, (by, name)


def test_for_a_past_day_the_sums_lead_to_the_lines_of_that_day(school, grown, phone):
    browser = phone(school.custodian)
    page = browser.get("/reports/ledger?by=fund&on=2025-06-30").text
    links = re.findall(r'href="(/reports/ledger\?[^"]*lines=1[^"]*)">([^<]+)</a></th>', page)
    sums = {row[0]: row for row in cells_of(page)}
    for url, name in links:
        lines = cells_of(browser.get(url.replace("&amp;", "&")).text)
        assert len({line[0] for line in lines}) == int(sums[name][1])
    assert links


@pytest.mark.parametrize(
    "query",
    ["on=2026-13-40", "on=2099-01-01", "on=" + "9" * 300, "category=abc", "year=99999", "by=nonsense", "fund=%00",
     "due=x",
     "without=<b>", "place=999999", "source=%F0%9F%98%80", "page=99999", "lines=2", "words=" + "很" * 500],
)  # fmt: skip
def test_nonsense_is_left_out_or_finds_nothing(school, grown, phone, query):
    for slug in REPORTS:
        assert phone(school.custodian).get(f"/reports/{slug}?{query}").status_code == 200
        assert phone(school.custodian).get(f"/reports/{slug}/print?{query}").status_code == 200


def test_an_empty_school_has_empty_reports(school, phone):
    browser = phone(school.custodian)
    assert browser.get("/reports/").status_code == 200
    for slug in REPORTS:
        assert "Nothing fits." in browser.get(f"/reports/{slug}").text
        assert browser.get(f"/reports/{slug}.pdf").data.startswith(b"%PDF")


def test_hostile_names_are_words_and_never_formulas(school, grown, phone):
    asset = next(iter(grown.assets.values()))
    asset.change(school.custodian, name="=HYPERLINK(1)<b>😀" + "长" * 40, fund="+1")
    browser = phone(school.custodian)
    page = browser.get("/reports/ledger?lines=1&fund=%2B1").text
    assert "<b>😀" not in page
    assert "&lt;b&gt;😀" in page
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/reports/ledger.xlsx?lines=1").data)).active
    assert all(cell.data_type != "f" for row in book.iter_rows() for cell in row)
    assert browser.get("/reports/ledger.pdf?lines=1").data.startswith(b"%PDF")


def test_the_chart_is_zero_based_and_says_what_it_shows(school, grown, phone):
    page = phone(school.custodian).get("/reports/ledger?by=state").text
    svg = re.search(r"<svg viewBox.*?</svg>", page, re.DOTALL)[0]
    lengths = [float(length) for length in re.findall(r'class="bar" y="21" width="([\d.]+)"', svg)]
    values = [float(value.replace(",", "")) for value in re.findall(r'text-anchor="end">([\d,.]+)<', svg)]
    assert lengths[0] == 340
    for length, value in zip(lengths, values, strict=True):
        assert length == pytest.approx(340 * value / values[0], abs=0.1)


def test_the_words_of_the_ledger_as_pdf(school, grown, phone):
    answer = phone(school.custodian).get("/reports/ledger.pdf?by=room&lines=1")
    words = words_of(answer.data)
    for name in ("校产00", "Subtotal", "Total", "Made out by", school.custodian.name, "201教室", "青禾实验小学"):
        assert name in words


def test_a_hundred_per_cent_is_said_only_of_all():
    assert [rate_words(rate) for rate in (1.0, 9_999 / 10_000, 0.95, 0.29, 0.0)] == [
        "100.0%",
        "99.9%",
        "95.0%",
        "29.0%",
        "0.0%",
    ]


# Growth ---------------------------------------------------------------------------------------------------------------


def fill(school, count):
    """Many more assets, straight into the tables: the question is how the pages cope, not how they got in."""
    category = Category.select().first()
    first = (Asset.select(peewee.fn.MAX(Asset.id)).scalar() or 0) + 1
    places = [place.id for place in vars(school.places).values() if place.is_room]
    rows = [
        {"id": number, "number": f"X-{number:06}", "name": f"电脑{number}", "words": "", "category": category.id,
         "unit": "台", "unit_price": 1000, "place": places[number % len(places)], "keeper": school.teacher.id,
         "office": school.office.id, "state": "in_use", "acquired_on": clock.today() - timedelta(days=number % 4000)}
        for number in range(first, first + count)
    ]  # fmt: skip
    for batch in peewee.chunked(rows, 500):
        Asset.insert_many(batch).execute()
        shelves = [(row["id"], row["place"], 1) for row in batch]
        Shelf.insert_many(shelves, fields=[Shelf.asset, Shelf.place, Shelf.quantity]).execute()
        kept = [(row["id"], row["keeper"], row["office"], clock.now() - timedelta(days=900)) for row in batch]
        Keeping.insert_many(kept, fields=[Keeping.asset, Keeping.person, Keeping.office, Keeping.at]).execute()


PAGES = (
    "/reports/", "/reports/ledger", "/reports/ledger?by=room", "/reports/ledger?lines=1",
    "/reports/ledger?on=2026-03-01",
    "/reports/condition?by=office", "/reports/holders", "/reports/life?lines=1&by=year", "/reports/warranty",
    "/reports/ledger.xlsx", "/reports/ledger/print?by=room", "/reports/ledger.xlsx?lines=1",
    "/reports/ledger/print?lines=1",
)  # fmt: skip


def test_the_number_of_queries_is_constant(school, grown, phone, counted):
    browser = phone(school.custodian)
    browser.get("/reports/")

    def queries(url):
        with counted() as asked:
            assert browser.get(url).status_code == 200
        return asked.count

    few = {url: queries(url) for url in PAGES}
    fill(school, 300)
    assert {url: queries(url) for url in PAGES} == few
    assert max(few.values()) <= 14


def test_from_two_to_twenty_thousand_a_page_grows_no_faster_than_its_rows(school, grown, phone):
    """Sums have to look at every row once; a page of lines must not. Ten times the rows, at most so many times the
    time, with room for a busy machine."""
    browser = phone(school.custodian)

    def seconds(url):
        return min(timed(browser, url) for _each in range(3))

    fill(school, 2_000)
    small = {url: seconds(url) for url in PAGES[:9]}
    fill(school, 18_000)
    for url, before in small.items():
        assert seconds(url) < max(25 * before, 1.0), url


def timed(browser, url):
    started = time.perf_counter()
    assert browser.get(url).status_code == 200
    return time.perf_counter() - started


def test_too_many_lines_to_print_are_refused_in_words(school, grown, phone, monkeypatch):
    monkeypatch.setattr("app.reports.papers.MOST_LINES", 20)
    for road in ("/print", ".pdf"):
        answer = phone(school.custodian).get(f"/reports/ledger{road}?lines=1")
        assert answer.status_code == 409
        assert "at most 20 are printed at once" in answer.text
    assert phone(school.custodian).get("/reports/ledger.pdf").status_code == 200
