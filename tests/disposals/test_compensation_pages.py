"""Pages of compensation: recorded, paid, waived; words of fines are refused where they are typed."""

import pytest

from app.disposals.compensation import Compensation
from app.repairs.models import Ticket


def form(**given) -> dict:
    return {
        "thing": "玻璃窗",
        "cause": "accident",
        "words": "课间撞碎",
        "basis": "repair",
        "amount": "60",
        "group": "0",
        **given,
    }


def test_recorded_for_a_repair_and_paid_by_finance_or_the_office(school, things, phone):
    ticket = Ticket.report(
        school.teacher, place=school.places.classroom, asset=things.young, kind="media", words="屏幕裂了"
    )
    her = phone(school.custodian)
    assert f"/disposals/compensations/add?ticket={ticket.number}" in her.get(f"/repairs/{ticket.id}").text
    page = her.get(f"/disposals/compensations/add?ticket={ticket.number}").text
    assert ticket.number in page
    assert "新台式机" in page
    url = f"/disposals/compensations/add?asset={things.young.id}"
    given = form(ticket=ticket.number, group=school.classes.three_two.id, parents_informed="y")
    answer = her.send(url, given)
    assert answer.status_code == 303
    row = Compensation.get()
    assert (row.ticket_id, row.asset_id, row.amount) == (ticket.id, things.young.id, 6000)
    page = her.get(answer.location).text
    for words in ("Grade 3 Class 2", "60.00", ticket.number, "cost of the repair"):
        assert words in page
    assert her.send(f"/disposals/compensations/{row.id}/payment", {"receipt": ""}).status_code == 422
    assert her.send(f"/disposals/compensations/{row.id}/payment", {"receipt": "0012345"}).status_code == 303
    assert "0012345" in her.get(answer.location).text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"thing": ""}, "Please fill this in."),
        ({"thing": "窗" * 81}, "At most 80 characters"),
        ({"words": "罚款50元"}, "A school can&#39;t fine"),
        ({"words": "王小明同学打碎"}, "Please name no pupil"),
        ({"words": "x" * 1_000_000}, "At most 300 characters"),
        ({"amount": "lots"}, "amount like"),
        ({"amount": ""}, "Please give the amount"),
        ({"basis": ""}, "what the amount is"),
        ({"basis": "double"}, "Please choose one."),
        ({"cause": "wear"}, "nobody pays"),
        ({"ticket": "20990101-001"}, "no repair with this number"),
        ({"group": "999999"}, "Please choose one."),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_nothing_is_stored(school, phone, given, words):
    answer = phone(school.custodian).send("/disposals/compensations/add", form(**given))
    assert answer.status_code == 422
    assert words in answer.text
    assert not Compensation.select().exists()


def test_the_form_says_that_nobody_is_fined_and_no_pupil_named(school, phone):
    page = phone(school.custodian).get("/disposals/compensations/add").text
    assert "A school can't fine." in page
    assert "name no pupil" in page


def test_paid_only_when_the_parents_know_and_waived_with_a_reason(school, phone):
    her = phone(school.custodian)
    first, second = (her.send("/disposals/compensations/add", form()).location for _each in range(2))
    answer = her.send(f"{first}/payment", {"receipt": "12"})
    assert answer.status_code == 422
    assert "parents have to know" in answer.text
    assert her.send(f"{first}/payment", {"receipt": "12", "parents_informed": "y"}).status_code == 303
    assert her.send(f"{second}/dropping", {"kind": "waived", "reason": "按罚款处理"}).status_code == 422
    assert her.send(f"{second}/dropping", {"kind": "waived", "reason": "家庭困难"}).status_code == 303
    assert "家庭困难" in her.get(second).text
    assert her.send(f"{second}/payment", {"receipt": "1", "parents_informed": "y"}).status_code == 409


def test_the_same_form_twice_records_once(school, phone):
    her = phone(school.custodian)
    answers = [her.send("/disposals/compensations/add", form(), key="z" * 22) for _each in range(2)]
    assert answers[0].location == answers[1].location
    assert Compensation.select().count() == 1


@pytest.mark.parametrize("who", ["stranger", "cleaner", "electrician"])
def test_others_see_none_and_record_none(school, phone, who):
    url = phone(school.custodian).send("/disposals/compensations/add", form()).location
    client = phone(getattr(school, who))
    assert client.get(url).status_code == 404
    assert "玻璃窗" not in client.get("/disposals/compensations").text
    assert client.get("/paper/compensation/1").status_code == 404
    assert client.send("/disposals/compensations/add", form()).status_code == 403
    assert client.send(f"{url}/payment", {"receipt": "1"}).status_code == 403


def test_the_class_teacher_reads_those_of_the_own_class(school, phone):
    url = phone(school.custodian).send(
        "/disposals/compensations/add", form(group=school.classes.three_two.id)
    ).location  # fmt: skip
    his = phone(school.teacher)
    assert his.get(url).status_code == 200
    assert his.send(f"{url}/dropping", {"kind": "waived", "reason": "不用"}).status_code == 403


def test_the_list_filters_takes_away_and_costs_the_same(school, phone, counted):
    her = phone(school.custodian)
    her.send("/disposals/compensations/add", form())
    with counted() as few:
        her.get("/disposals/compensations")
    for number in range(5):
        her.send("/disposals/compensations/add", form(thing=f"课桌{number}", group=school.classes.three_two.id))
    with counted() as many:
        page = her.get("/disposals/compensations").text
    assert many.count == few.count
    assert page.count("课桌") == 5
    assert "玻璃窗" not in her.get(f"/disposals/compensations?group={school.classes.three_two.id}").text
    assert "Nothing fits" in her.get("/disposals/compensations?state=paid").text
    assert her.get("/disposals/compensations/list.xlsx?state=open").data.startswith(b"PK")
    assert "课桌3" in her.get("/disposals/compensations/list/print").text


def test_the_paper(school, phone):
    her = phone(school.custodian)
    her.send("/disposals/compensations/add", form(group=school.classes.three_two.id))
    row = Compensation.get()
    page = her.get(f"/paper/compensation/{row.id}").text
    for words in ("Finding on compensation", "玻璃窗", "¥60.00", "fines nobody", "Guardian"):
        assert words in page
    assert her.get(f"/paper/compensation/{row.id}.pdf").data.startswith(b"%PDF")
