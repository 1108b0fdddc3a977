"""The pages of transfers: the list, a slip filled by scanning, the slip itself, and who may see which."""

import io

import pytest
from openpyxl import load_workbook

from app import journal
from app.assets.models import Asset
from app.once import new_key
from app.transfers.models import MOST, Transfer, TransferLine
from tests.helpers import agreed_by_all


def slip_form(school, *lines, **change):
    """What 李敏 fills in to send things to the art office."""
    return {
        "place": "美术办公室", "place_id": school.places.office.id, "taker": "", "reason": "换到美术室", "office": "0",
        "line": [line if isinstance(line, str) else f"a{line.id}" for line in lines], **change,
    }  # fmt: skip


def stored():
    return Transfer.select().count(), TransferLine.select().count()


# Asking


def test_a_teacher_asks_on_the_page_and_is_told_who_agrees(school, things, phone, ctx):
    browser = phone(school.teacher)
    answer = browser.send("/transfers/add", slip_form(school, things.projector))
    assert answer.status_code == 303
    slip = Transfer.get()
    page = browser.get(answer.location).text
    for words in (slip.number, "投影仪", "美术办公室", "换到美术室", "冯伟", "done as soon as everybody agreed"):
        assert words in page, words
    assert (slip.applicant, slip.place, slip.taker) == (school.teacher, school.places.office, school.stranger)
    told = [event.sentence for event in journal.about(asset=things.projector.id)]
    assert f"asked to transfer it to {slip.to_words}, slip {slip.number}: 换到美术室" in told


def test_many_things_go_on_one_slip_by_label_and_by_id(school, things, phone):
    codes = f"{things.lectern.label.code}\n{things.desks.label.code}"
    form = slip_form(school, things.projector, place="202教室", place_id=school.places.other_classroom.id, typed=codes,
                     taker="冯伟", taker_id=school.stranger.id)  # fmt: skip
    form[f"n-{things.desks.label.code}"] = "7"
    assert phone(school.custodian).send("/transfers/add", form).status_code == 303
    (slip,) = Transfer.select()
    lines = [(line.asset.name, line.quantity, line.source.name) for line in slip.lines]
    assert lines == [("投影仪", 1, "201教室"), ("讲台", 1, "二楼男厕"), ("课桌", 7, "总务仓库")]


def test_the_list_grows_by_scanning_and_nothing_is_stored(school, things, phone):
    browser = phone(school.teacher)
    code = things.lectern.label.code
    page = browser.get("/transfers/add", query_string={"line": f"a{things.projector.id}", "typed": code, "reason": ""})
    assert f'value="a{things.projector.id}"' in page.text
    assert f'value="{code}"' in page.text
    assert "Send with 2 lines" in page.text
    less = browser.get("/transfers/add", query_string={"line": [f"a{things.projector.id}", code], "drop": code})
    assert "Send with 1 line" in less.text
    assert stored() == (0, 0)


def test_a_room_offers_what_stands_in_it_to_those_who_may_see_it(school, things, phone):
    room = {"from": school.places.classroom.id}
    page = phone(school.teacher).get("/transfers/add", query_string=room).text
    assert f"a{things.projector.id}-{school.places.classroom.id}" in page
    assert "投影仪" not in phone(school.counsellor).get("/transfers/add", query_string=room).text


def test_a_thing_found_in_the_wrong_room_offers_a_transfer(school, things, phone):
    browser, code = phone(school.teacher), things.projector.label.code
    offer = f"/transfers/add?code={code}&amp;found=1"
    assert offer in browser.get(f"/q/{code}").text
    assert offer not in phone(school.card).get(f"/q/{code}").text
    assert offer not in phone().get(f"/q/{code}").text
    page = browser.get(offer.replace("&amp;", "&")).text
    assert "Found in another room" in page
    assert "投影仪" in page
    answer = browser.send("/transfers/add", slip_form(school, code, found="1", reason="Found in another room"))
    assert answer.status_code == 303
    assert Transfer.get().lines[0].asset == things.projector


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": ""}, "Please fill this in."),
        ({"reason": "r" * 1_000_000}, "At most 200 characters"),
        ({"place": "", "place_id": ""}, "Please say where it goes, or who takes it over."),
        ({"place": "202教室", "place_id": "other_classroom"}, "Nobody answers for 202教室"),
        ({"place": "没有的房间", "place_id": ""}, "没有的房间"),
        ({"line": []}, "Scan one label after another"),
        ({"line": ["a99999"]}, "There is no such thing, or you may not see it."),
        ({"line": ["ZZZZZZZZ"]}, "This code is mistyped"),
        ({"line": ["<script>"]}, "Scan one label after another"),
        ({"place": "201教室", "place_id": "classroom"}, "is already in 201教室"),
    ],
)
def test_bad_input_is_told_at_its_place_and_nothing_is_stored(school, things, phone, change, words):
    if change.get("place_id"):
        change = {**change, "place_id": getattr(school.places, change["place_id"]).id}
    answer = phone(school.teacher).send("/transfers/add", slip_form(school, things.projector, **change))
    assert answer.status_code == 422
    assert words in answer.text
    if "reason" not in change:
        assert "换到美术室" in answer.text  # nothing typed is lost
    if "line" not in change:
        assert f'value="a{things.projector.id}"' in answer.text
    assert stored() == (0, 0)


@pytest.mark.parametrize("typed", ["0", "-3", "41", "many", "9" * 400])
def test_more_than_there_is_or_none_is_told_at_the_line(school, things, phone, typed):
    key = f"a{things.desks.id}"
    answer = phone(school.custodian).send("/transfers/add", slip_form(school, key, **{f"n-{key}": typed}))
    assert answer.status_code == 422
    assert "does not hold" in answer.text
    assert stored() == (0, 0)


def test_hostile_words_stay_words(school, things, phone):
    words = "<b>🚀</b> & 'x'"
    answer = phone(school.teacher).send("/transfers/add", slip_form(school, things.projector, reason=words))
    page = phone(school.teacher).get(answer.location).text
    assert "<b>🚀" not in page
    assert "&lt;b&gt;🚀" in page


def test_one_asks_for_no_more_lines_than_a_slip_holds(school, things, phone):
    many = Asset.add_many(MOST + 3, name="凳子", category=things.projector.category, by=school.custodian,
                          place=school.places.classroom)  # fmt: skip
    page = phone(school.custodian).get("/transfers/add", query_string={"asset": [one.id for one in many]})
    assert f"Send with {MOST} lines" in page.text


def test_the_same_form_twice_asks_once(school, things, phone):
    key, browser = new_key(), phone(school.teacher)
    first, second = (browser.send("/transfers/add", slip_form(school, things.projector), key=key) for _time in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert stored() == (1, 1)


# Who


def test_only_those_whom_a_slip_concerns_see_it(school, things, phone, ask):
    slip = ask(things.projector)
    for who in (school.teacher, school.stranger, school.custodian, school.director, school.principal):
        assert phone(who).get(f"/transfers/{slip.id}").status_code == 200, who.name
        assert slip.number in phone(who).get("/transfers/").text, who.name
    for who in (school.electrician, school.counsellor, school.cleaner):
        assert phone(who).get(f"/transfers/{slip.id}").status_code == 404, who.name
        assert phone(who).get(f"/paper/transfer/{slip.id}").status_code == 404, who.name
        assert slip.number not in phone(who).get("/transfers/").text, who.name
    assert phone(school.director).get("/transfers/99999").status_code == 404


def test_a_card_and_someone_signed_out_have_no_transfers(school, things, phone, ask):
    slip = ask(things.projector)
    for url in ("/transfers/", f"/transfers/{slip.id}", "/transfers/add", "/transfers/list.xlsx"):
        assert phone(school.card).get(url).status_code == 403, url
        assert phone().get(url).status_code == 303, url
    assert phone(school.card).send("/transfers/add", slip_form(school, things.lectern)).status_code == 403
    assert phone().send("/transfers/add", slip_form(school, things.lectern)).status_code == 401
    assert stored() == (1, 1)


def test_the_office_in_charge_is_changed_by_the_office_alone(school, things, phone):
    form = {**slip_form(school, things.projector), "office": school.teaching.id}
    assert 'name="office"' not in phone(school.teacher).get("/transfers/add").text
    phone(school.teacher).send("/transfers/add", form)
    assert Transfer.get().office is None
    Transfer.get().withdraw(school.teacher)
    assert phone(school.custodian).send("/transfers/add", form).status_code == 303
    assert Transfer.select().order_by(Transfer.id.desc()).first().office == school.teaching


# The list and the slip


def test_the_list_is_parted_by_state_and_searched(school, things, phone, ask):
    done = agreed_by_all(ask(things.lectern, school.places.toilet, by=school.custodian))
    refused = ask(things.desks, school.places.store, 3, by=school.counsellor)
    refused.refuse(school.stranger, "放不下")
    under_way = ask(things.projector)

    def shown(**query):
        text = phone(school.director).get("/transfers/", query_string=query).text
        return [slip.id for slip in (done, refused, under_way) if slip.number in text]

    assert shown() == shown(state="open") == shown(state="nonsense") == [under_way.id]
    assert shown(state="agreed") == [done.id]
    assert shown(state="refused") == [refused.id]
    assert shown(state="all") == [done.id, refused.id, under_way.id]
    for words in ("讲台", done.number, "二楼男厕"):
        assert shown(state="all", words=words)[:1] == ([done.id] if words != "二楼男厕" else []), words
    assert shown(state="all", words="%") == []
    assert shown(state="all", words="冯伟") == [done.id, refused.id, under_way.id]


def test_the_page_waits_for_one_then_the_other_and_tells_when_it_is_done(school, things, phone, ask):
    slip = ask(things.projector)
    assert "waits for" in phone(school.teacher).get("/transfers/").text
    agreed_by_all(slip)
    page = phone(school.teacher).get(f"/transfers/{slip.id}").text
    assert "In the ledger" in page
    assert f"transfer {slip.number} is done" in page
    assert "Print the slip in three copies" in page
    assert phone(school.teacher).get(f"/paper/transfer/{slip.id}").status_code == 200


def test_the_sheet_holds_a_row_for_each_line_of_what_the_filter_shows(school, things, phone, ask):
    ask(things.projector)
    agreed_by_all(ask(things.desks, school.places.store, 12, by=school.custodian))
    answer = phone(school.director).get("/transfers/list.xlsx", query_string={"state": "agreed"})
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    assert [row[4:6] for row in rows if "课桌" in row or "投影仪" in row] == [("课桌", 12)]


def test_the_thing_s_own_page_names_the_slip_it_is_on(school, things, phone, ask):
    browser = phone(school.teacher)
    page = f"/assets/{things.projector.id}"
    assert f"/transfers/add?asset={things.projector.id}" in browser.get(page).text
    slip = ask(things.projector)
    assert f"/transfers/{slip.id}" in browser.get(page).text
    assert f"/transfers/add?asset={things.projector.id}" not in browser.get(page).text


def test_pages_cost_the_same_for_one_slip_and_for_many(school, things, phone, ask, counted):
    def costs():
        found = []
        for url in ("/transfers/?state=all", f"/transfers/{first.id}", f"/transfers/add?{asked}"):
            with counted() as queries:
                assert browser.get(url).status_code == 200
            found.append(queries.count)
        return found

    browser = phone(school.director)
    first, asked = ask(things.desks, school.places.store, 1, by=school.counsellor), f"asset={things.desks.id}"
    few = costs()
    many = Asset.add_many(12, name="凳子", category=things.projector.category, by=school.custodian,
                          place=school.places.classroom)  # fmt: skip
    for one in many:
        ask(one, by=school.counsellor)
        asked += f"&asset={one.id}"
    assert costs() == few
    assert max(few) <= 10, few
