"""Stock-in, entry in the ledger, the voucher and its page for finance."""

import pytest

from app.assets.models import Asset
from app.once import new_key
from app.receiving.models import Entry, Reimbursement, StockIn


def test_the_custodian_stocks_in_enters_and_finance_marks_it_reimbursed(school, finance, phone, brought):
    delivery = brought("stock")
    office, money = phone(school.custodian), phone(finance)
    here = f"/receiving/{delivery.id}"
    assert "Stock in" in office.get(here).text
    assert "总务仓库" in office.get(f"{here}/stock-in").text
    assert office.send(f"{here}/stock-in", {"place": school.places.store.id, "note": "东侧"}).status_code == 303
    assert "Not yet" in money.get(f"{here}/voucher").text
    assert "First comes: entry in the ledger" in money.get(f"{here}/voucher").text
    assert "4 cards" in office.get(f"{here}/entry").text
    assert office.send(f"{here}/entry").status_code == 303
    assert Asset.select().count() == 4
    page = money.get(f"{here}/voucher").text
    assert "All three steps are done" in page
    assert "17,217.00" in page
    assert money.send(f"{here}/reimbursement", {"voucher": "记-118"}).status_code == 303
    assert Reimbursement.get().voucher == "记-118"
    page = money.get(f"{here}/voucher").text
    assert "Reimbursed already" in page
    assert "Mark reimbursed" not in page


@pytest.mark.parametrize(
    ("step", "verb", "at", "words"),
    [
        ("accept", "stock-in", 409, "First comes: acceptance. Then: stock-in."),
        ("accept", "entry", 409, "First comes: acceptance. Then: entry in the ledger."),
        ("stock", "entry", 409, "First comes: stock-in. Then: entry in the ledger."),
        ("enter", "stock-in", 409, "Stock-in is done already: 钱秀英"),
        ("reimburse", "entry", 409, "Entry in the ledger is done already: 钱秀英"),
        ("stock", "acceptance", 409, "Acceptance is done already: 钱秀英"),
    ],
)
def test_a_skipped_or_repeated_step_is_refused_with_its_name(school, phone, brought, step, verb, at, words):
    delivery, browser = brought(step), phone(school.custodian)
    for answer in (
        browser.get(f"/receiving/{delivery.id}/{verb}"),
        browser.send(f"/receiving/{delivery.id}/{verb}", {"place": school.places.store.id}),
    ):
        assert (answer.status_code, words in answer.text) == (at, True)


def test_finance_can_not_skip(finance, phone, brought):
    delivery = brought("enter")
    answer = phone(finance).send(f"/receiving/{delivery.id}/reimbursement")
    assert (answer.status_code, "First comes: entry in the ledger" in answer.text) == (409, True)
    assert Reimbursement.select().count() == 0


def test_finance_sees_but_edits_nothing(school, finance, phone, brought):
    browser = phone(finance)
    for step, verb in (("stock", "stock-in"), ("enter", "entry"), ("accept", "voiding"), ("accept", "acceptance")):
        delivery = brought(step)
        assert browser.get(f"/receiving/{delivery.id}").status_code == 200
        assert browser.send(f"/receiving/{delivery.id}/{verb}", {"place": school.places.store.id}).status_code == 403
    assert browser.send("/assets/add", {}).status_code == 403


@pytest.mark.parametrize("who", ["custodian", "director", "teacher", "principal", "stranger", "card"])
def test_only_finance_marks_it_reimbursed(school, phone, brought, who):
    delivery = brought("reimburse")
    assert phone(getattr(school, who)).send(f"/receiving/{delivery.id}/reimbursement").status_code == 403
    assert Reimbursement.select().count() == 0


@pytest.mark.parametrize("who", ["teacher", "principal", "cleaner"])
def test_only_the_office_stocks_in_and_enters(school, phone, brought, who):
    browser = phone(getattr(school, who))
    assert (
        browser.send(f"/receiving/{brought('stock').id}/stock-in", {"place": school.places.store.id}).status_code == 403
    )
    assert browser.send(f"/receiving/{brought('enter').id}/entry").status_code == 403
    assert Entry.select().count() == 0


@pytest.mark.parametrize("place", ["", "99999", "x", "classroom"])
def test_a_store_room_is_chosen(school, phone, brought, place):
    delivery = brought("stock")
    id = school.places.classroom.id if place == "classroom" else place
    answer = phone(school.custodian).send(f"/receiving/{delivery.id}/stock-in", {"place": id})
    assert (answer.status_code, "Please choose one." in answer.text) == (422, True)
    assert StockIn.select().count() == 0


def test_too_long_a_number_in_the_accounts_is_told(finance, phone, brought):
    delivery = brought("reimburse")
    answer = phone(finance).send(f"/receiving/{delivery.id}/reimbursement", {"voucher": "9" * 41})
    assert (answer.status_code, "At most 40" in answer.text) == (422, True)


def test_the_same_forms_twice_act_once(school, finance, phone, brought):
    delivery = brought("enter")
    office, money, key, other = phone(school.custodian), phone(finance), new_key(), new_key()
    for _each in range(2):
        assert office.send(f"/receiving/{delivery.id}/entry", key=key).status_code == 303
    assert Asset.select().count() == 4
    for _each in range(2):
        assert money.send(f"/receiving/{delivery.id}/reimbursement", key=other).status_code == 303
    assert Reimbursement.select().count() == 1


def test_a_card_tells_which_delivery_it_came_with(school, phone, brought):
    delivery = brought("reimburse")
    page = phone(school.custodian).get(f"/assets/{Asset.select().first().id}").text
    assert f'href="/receiving/{delivery.id}"' in page


# Papers -----------------------------------------------------------------------------------------------------


def test_the_voucher_prints_only_when_all_three_are_done(school, phone, brought):
    browser = phone(school.custodian)
    for step, words in (("accept", "First comes: acceptance"), ("stock", "First comes: stock-in"),
                        ("enter", "prints after this step: entry in the ledger")):  # fmt: skip
        delivery = brought(step)
        answer = browser.get(f"/paper/voucher/{delivery.id}")
        assert (answer.status_code, words in answer.text) == (409, True), step
        assert browser.get(f"/paper/voucher/{delivery.id}.pdf").status_code == 409
    delivery = brought("reimburse")
    page = browser.get(f"/paper/voucher/{delivery.id}").text
    for words in (
        "DZ-2026-0001",
        "RK-2026-0002",
        "17,217.00",
        "清溪文教用品公司",
        "No.2026118",
        "not reimbursed yet",
        "A0202-2026-0001 – 0003",
    ):
        assert words in page, words
    assert "Code of the live record" in page
    assert browser.get(f"/paper/voucher/{delivery.id}.pdf").data.startswith(b"%PDF")


def test_the_acceptance_slip_has_three_copies_and_both_names(school, phone, brought):
    delivery = brought("stock", 投影仪=(2, "外壳破裂"))
    page = phone(school.teacher).get(f"/paper/acceptance/{delivery.id}").text
    for words in ("for finance", "for the office", "for the users", "赵建国", "钱秀英", "外壳破裂", "good in part"):
        assert words in page, words
    assert page.count('<article class="sheet') == 3


def test_the_stock_in_slip_has_three_copies_and_sums(school, phone, brought):
    delivery = brought("enter")
    page = phone(school.custodian).get(f"/paper/stock-in/{delivery.id}").text
    assert page.count('<article class="sheet') == 3
    assert "17,217.00" in page
    assert phone(school.custodian).get(f"/paper/stock-in/{delivery.id}.pdf").status_code == 200


@pytest.mark.parametrize("kind", ["acceptance", "stock-in", "voucher"])
def test_a_stranger_gets_no_paper(school, phone, brought, kind):
    delivery = brought("reimburse")
    assert phone(school.stranger).get(f"/paper/{kind}/{delivery.id}").status_code == 404
    assert phone(school.stranger).get(f"/paper/{kind}/{delivery.id}.pdf").status_code == 404


def test_prices_are_hidden_from_the_second_person(school, phone, brought):
    delivery, browser = brought("reimburse"), phone(school.teacher)
    page = browser.get(f"/receiving/{delivery.id}").text
    assert "投影仪" in page
    for words in ("4,599.00", "清溪文教用品公司", "No.2026118", "财政拨款"):
        assert words not in page, words
        assert words not in browser.get("/receiving/?state=all").text
        assert words not in browser.get(f"/receiving/{delivery.id}/voucher").text
    for kind in ("voucher", "stock-in"):
        assert browser.get(f"/paper/{kind}/{delivery.id}").status_code == 404
