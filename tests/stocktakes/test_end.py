"""The end: two sign, the count is closed, differences get reasons, are approved, and only then the ledger moves."""

import io

import pytest
from openpyxl import load_workbook

from app import journal
from app.assets import ledger
from app.assets.models import Asset
from app.errors import Refused
from app.stocktakes import numbers
from app.stocktakes.differences import Difference, Settlement
from app.stocktakes.models import Stocktake
from tests.stocktakes.conftest import Counter, begin, finish_and_sign, opened


def gaps(stocktake):
    return sorted((row.kind, row.thing, row.quantity) for row in Difference.shown(stocktake))


def explain_all(stocktake, by, **outcomes):
    for row in Difference.shown(stocktake):
        row.explain(by, "找不到", outcomes.get(row.kind, next(iter(row.outcomes))), row.category)


def test_a_room_that_nobody_opened_is_not_counted_never_missing(counter, things, school):
    for thing in things.projectors:
        counter.sees(thing)
    counter.sees(things.desks, 40)
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    assert gaps(stocktake) == []  # the loudspeaker's store was not opened
    total = numbers.facts(stocktake)["total"]
    assert (total.missing, total.uncounted) == (0, 1)
    assert Stocktake.get_by_id(stocktake.id).state == "settled"


def test_missing_elsewhere_and_surplus(counter, things, school):
    counter.sees(things.projectors[0])
    counter.sees(things.speaker)
    counter.sees(things.desks, 43)
    finish_and_sign(counter.room.stocktake, school)
    names = [each.name for each in things.projectors]
    assert gaps(counter.room.stocktake) == [
        ("elsewhere", "音箱", 1), ("missing", names[1], 1), ("missing", names[2], 1), ("surplus", "课桌", 3),
    ]  # fmt: skip


def test_desks_that_only_moved_are_elsewhere(counter, things, school, ctx):
    for thing in things.projectors:
        counter.sees(thing)
    counter.sees(things.desks, 33)
    for place, quantity in ((school.places.store, 4), (school.places.other_classroom, 2)):
        room = opened(counter.room.stocktake, place, school.teacher)
        Counter(room, school.teacher).sees(things.desks, quantity)
    finish_and_sign(counter.room.stocktake, school)
    found = gaps(counter.room.stocktake)
    assert found == [("elsewhere", "课桌", 2), ("elsewhere", "课桌", 4), ("missing", "课桌", 1), ("missing", "音箱", 1)]
    stocktake = counter.room.stocktake
    explain_all(stocktake, school.custodian)
    Settlement.propose(stocktake, school.custodian).agree(school.director)
    assert ledger.balance(things.desks, school.places.store) == 4
    assert ledger.balance(things.desks, school.places.other_classroom) == 2
    assert ledger.balance(things.desks, school.places.classroom) == 34
    assert list(ledger.differences()) == []


def test_signing_takes_two_and_different_parts(counter, things, school):
    stocktake = counter.room.stocktake
    with pytest.raises(Refused, match="still being counted"):
        stocktake.sign(school.custodian)
    counter.room.finish(school.custodian)
    stocktake.sign(school.custodian)
    with pytest.raises(Refused, match="already signed"):
        stocktake.sign(school.teacher)
    with pytest.raises(Refused, match="team"):
        stocktake.sign(school.director)
    assert Stocktake.get_by_id(stocktake.id).state == "counting"
    stocktake.sign(school.stranger)
    assert Stocktake.get_by_id(stocktake.id).state == "signed"


def test_after_a_signature_nothing_more_is_counted(counter, things, school):
    stocktake = counter.room.stocktake
    counter.room.finish(school.custodian)
    stocktake.sign(school.teacher)
    with pytest.raises(Refused, match="already signed"):
        counter.sees(things.projectors[0])
    stocktake.take_signature_back(school.teacher)
    assert counter.sees(things.projectors[0]).kind == "found"
    stocktake.sign(school.teacher)
    stocktake.sign(school.stranger)
    with pytest.raises(Refused, match="closed"):
        counter.sees(things.projectors[1])
    with pytest.raises(Refused, match="closed"):
        stocktake.take_signature_back(school.teacher)


def test_nothing_is_posted_before_the_approval(counter, things, school, ctx):
    counter.sees(things.speaker)
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    with pytest.raises(Refused, match="want a reason"):
        Settlement.propose(stocktake, school.custodian)
    explain_all(stocktake, school.custodian, missing="remove")
    slip = Settlement.propose(stocktake, school.custodian)
    assert ledger.balance(things.speaker, school.places.store) == 1
    with pytest.raises(Refused):
        slip.agree(school.custodian)
    with pytest.raises(Refused, match="already"):
        Settlement.propose(stocktake, school.custodian)
    slip.agree(school.director)
    assert Asset.get_by_id(things.speaker.id).place == school.places.classroom
    assert ledger.balance(things.desks) == 0
    assert ledger.balance(things.projectors[0]) == 0
    assert Asset.get_by_id(things.projectors[0].id).state == "disposed"
    row = ledger.Movement.of(things.speaker).first()
    assert row.kind == "move"
    assert stocktake.number in row.reason
    assert list(ledger.differences()) == []
    assert list(ledger.misplaced()) == []
    assert journal.about(thing=stocktake).first().action == "stocktakes.settled"


def test_refused_differences_can_be_put_forward_anew(counter, things, school, ctx):
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    explain_all(stocktake, school.custodian)
    Settlement.propose(stocktake, school.custodian).refuse(school.director, "再找一找")
    assert Stocktake.get_by_id(stocktake.id).state == "signed"
    slip = Settlement.propose(Stocktake.get_by_id(stocktake.id), school.custodian)
    slip.agree(school.director)
    assert slip.turn == 2
    assert Stocktake.get_by_id(stocktake.id).state == "settled"


def test_what_is_looked_for_stays_in_the_ledger_and_is_found_again(counter, things, school, ctx):
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    explain_all(stocktake, school.custodian)
    Settlement.propose(stocktake, school.custodian).agree(school.director)
    lost = Asset.get_by_id(things.projectors[0].id)
    assert lost.state == "sought"
    told = journal.about(thing=lost).where(journal.Event.action == "stocktakes.sought").get()
    assert told.facts == {"name": stocktake.name, "reason": "找不到"}
    assert ledger.balance(lost) == 1
    later = begin(school, places=[school.places.classroom])
    Counter(opened(later, school.places.classroom, school.custodian), school.custodian).sees(lost)
    finish_and_sign(later, school)
    explain_all(later, school.custodian)
    Settlement.propose(later, school.custodian).agree(school.director)
    assert Asset.get_by_id(lost.id).state == "in_use"


def test_large_sums_need_the_principal(counter, things, school, app, ctx, monkeypatch):
    monkeypatch.setitem(app.config, "APPROVE_VICE_YUAN", 100_000_000)
    monkeypatch.setitem(app.config, "APPROVE_PRINCIPAL_YUAN", 9_000)
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    explain_all(stocktake, school.custodian, missing="remove")
    slip = Settlement.propose(stocktake, school.custodian)
    assert [ask.role for ask in slip.asks] == ["director", "principal"]
    slip.agree(school.director)
    assert ledger.balance(things.desks) == 40
    slip.agree(school.principal)
    assert ledger.balance(things.desks) == 0


def test_a_lent_thing_is_not_taken_off(counter, things, school):
    from datetime import timedelta

    from app import clock
    from app.custody.models import Custody

    due = clock.today() + timedelta(7)
    row = Custody.shown().where(Custody.asset == things.projectors[0]).first()
    assert row is None
    Custody.create(asset=things.projectors[0], person=school.teacher, kind="loan", exclusive=True, due_on=due)
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    explain_all(stocktake, school.custodian, missing="remove")
    with pytest.raises(Refused, match=school.teacher.name):
        Settlement.propose(stocktake, school.custodian)


def test_something_without_a_label_gets_a_card(counter, things, school, phone):
    from app.stocktakes.counting import note_unlabelled

    note_unlabelled(counter.room, school.custodian, "旧书架", 2, "client-of-the-shelf")
    stocktake = counter.room.stocktake
    finish_and_sign(stocktake, school)
    custodian, url = phone(school.custodian), f"/stocktakes/{stocktake.id}/differences"
    row = Difference.get(Difference.asset.is_null())
    refused = custodian.send(url, {"same": "盘盈", f"outcome-{row.id}": "enter"})
    assert refused.status_code == 422
    assert "category" in refused.text
    assert Difference.open_count(stocktake)
    custodian.send(url, {"same": "盘盈", f"outcome-{row.id}": "enter", f"category-{row.id}": things.other.id})
    assert Difference.open_count(stocktake) == 0
    custodian.send(f"/stocktakes/{stocktake.id}/settlement")
    Settlement.get().agree(school.director)
    shelf = Asset.get(Asset.name == "旧书架")
    assert (shelf.source, ledger.balance(shelf, school.places.classroom)) == ("surplus", 2)


def test_what_a_transfer_moved_meanwhile_is_no_difference(counter, things, school):
    """The ledger itself has moved on since the book was frozen: it agrees with what was seen."""
    Asset.update(place=school.places.store).where(Asset.id == things.projectors[0].id).execute()
    counter.sees(things.projectors[1])
    counter.sees(things.projectors[2])
    counter.sees(things.desks, 40)
    finish_and_sign(counter.room.stocktake, school)
    assert gaps(counter.room.stocktake) == []


def test_called_off_with_a_reason(counter, things, school, phone):
    url = f"/stocktakes/{counter.room.stocktake_id}/end"
    director = phone(school.director)
    assert director.send(url, {"reason": ""}).status_code == 422
    assert phone(school.teacher).send(url, {"reason": "x"}).status_code == 403
    director.send(url, {"reason": "台风停课"})
    assert Stocktake.get().state == "called_off"
    with pytest.raises(Refused, match="called off"):
        counter.sees(things.projectors[0])


def test_by_the_pages(counter, things, school, phone):
    stocktake = counter.room.stocktake
    counter.sees(things.speaker)
    base, room = f"/stocktakes/{stocktake.id}", f"/stocktakes/{stocktake.id}/rooms/{school.places.classroom.id}"
    custodian, witness, director = phone(school.custodian), phone(school.stranger), phone(school.director)
    custodian.send(f"{room}/finish")
    custodian.send(f"{base}/signature")
    assert "signed" in witness.get(f"{base}/signature").text
    witness.send(f"{base}/signature")
    assert custodian.get(f"{base}/differences").status_code == 200
    assert phone(school.teacher).send(f"{base}/differences", {"same": "x"}).status_code == 403
    too_long = custodian.send(f"{base}/differences", {"same": "", f"reason-{Difference.get().id}": "长" * 201})
    assert too_long.status_code == 422
    assert "长" * 201 in too_long.text
    custodian.send(f"{base}/differences", {"same": "账未改 <i>"})
    custodian.send(f"{base}/settlement")
    assert stocktake.name in director.get("/approvals/").text
    for page in ("", "/differences", "/lines", "/lines?show=missing", "/lines?show=elsewhere", "/story", "/signature"):
        assert director.get(base + page).status_code == 200, page
    assert "<i>" not in director.get(f"{base}/differences").text
    for paper in ("stocktake", "stocktake-differences"):
        assert director.get(f"/paper/{paper}/{stocktake.id}").status_code == 200
        assert director.get(f"/paper/{paper}/{stocktake.id}.pdf").data.startswith(b"%PDF")
        assert phone(school.cleaner).get(f"/paper/{paper}/{stocktake.id}").status_code == 404
    assert director.get(f"{room}/sheet").status_code == 200
    assert director.get(f"{room}/sheet.pdf").data.startswith(b"%PDF")
    for file in ("lines", "differences"):
        answer = director.get(f"{base}/{file}.xlsx")
        book = load_workbook(io.BytesIO(answer.data))
        answer.close()
        assert book.active.max_row > 2
        assert "音箱" in str([[c.value for c in row] for row in book.active.rows])
    assert "Amount" not in phone(school.teacher).get(f"{base}/lines").text
