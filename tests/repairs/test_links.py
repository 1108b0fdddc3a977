"""A ticket hands over to the property side: compensation and write-off, linked both ways."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.assets.models import Asset
from app.disposals.compensation import Compensation
from app.disposals.disposal import Disposal
from app.repairs.links import Links, of_damage
from app.repairs.models import Ticket, check_states

WINDOW = {"kind": "doors", "words": "后窗玻璃裂了", "class_property": True, "cause": "accident", "talked": True}


@pytest.fixture
def broken(report: Any, school: SimpleNamespace) -> Ticket:
    """A window of 三(2)班, broken by accident, repaired with a pane for ¥86."""
    ticket = report(**WINDOW)
    ticket.approve(school.director)
    ticket.fix(school.electrician, "replaced", parts=[("玻璃", 1, 8600)])
    return ticket


# Compensation ---------------------------------------------------------------------------------------------------


def test_a_new_record_is_filled_with_class_cause_and_cost(broken: Ticket, phone: Any, school: SimpleNamespace) -> None:
    page = phone(school.custodian).get(f"/disposals/compensations/add?ticket={broken.number}").text
    assert f'value="{broken.number}"' in page
    assert 'value="86.00"' in page
    assert "后窗玻璃裂了" in page
    assert f'selected value="{school.classes.three_two.id}"' in page
    assert 'selected value="accident"' in page
    assert 'selected value="repair"' in page


def test_recorded_and_linked_both_ways(broken: Ticket, phone: Any, school: SimpleNamespace) -> None:
    custodian = phone(school.custodian)
    answer = custodian.send("/disposals/compensations/add", {
        "thing": "后窗玻璃", "ticket": broken.number, "group": school.classes.three_two.id, "cause": "accident",
        "words": "课间碰裂", "basis": "repair", "amount": "86",
    })  # fmt: skip
    record = Compensation.get()
    assert answer.status_code == 303
    assert record.ticket_id == broken.id
    assert record.amount == 8600
    assert f"/repairs/{broken.id}" in custodian.get(f"/disposals/compensations/{record.id}").text
    page = custodian.get(f"/repairs/{broken.id}").text
    assert f"/disposals/compensations/{record.id}" in page
    assert record.number in page
    assert "/disposals/compensations/add" not in page


def test_only_what_people_did_is_handed_over(report: Any, phone: Any, school: SimpleNamespace) -> None:
    worn = report()
    worn.fix(school.electrician, "replaced", cause="wear")
    assert not Links.of(worn, school.custodian).may_compensate
    assert "/disposals/compensations/add" not in phone(school.custodian).get(f"/repairs/{worn.id}").text


def test_wear_brings_no_amount(report: Any, school: SimpleNamespace, ctx: None) -> None:
    worn = report()
    worn.fix(school.electrician, "replaced", cause="wear", parts=[("龙头", 1, 3800)])
    assert not {"amount", "basis"} & set(of_damage(worn))


def test_a_pupils_name_in_the_report_is_not_handed_over(report: Any, school: SimpleNamespace, ctx: None) -> None:
    ticket = report(**{**WINDOW, "words": "王小明同学把玻璃打碎了"})
    assert "words" not in of_damage(ticket)
    assert "王小明" not in str(of_damage(ticket))


def test_a_void_record_can_be_made_anew(broken: Ticket, school: SimpleNamespace, ctx: None) -> None:
    record = Compensation.record(school.custodian, thing="玻璃", cause="accident", words="碰裂", ticket=broken)
    assert not Links.of(broken, school.custodian).may_compensate
    record.make_void(school.custodian, "写错了")
    assert Links.of(broken, school.custodian).may_compensate


def test_teachers_see_the_record_of_their_own_class_only(broken: Ticket, school: SimpleNamespace, phone: Any) -> None:
    record = Compensation.record(
        school.custodian, thing="玻璃", cause="accident", words="碰裂", ticket=broken, group=school.classes.three_two
    )
    assert record.number in phone(school.teacher).get(f"/repairs/{broken.id}").text
    assert Links.of(broken, school.teacher).may_compensate is False
    assert Links.of(broken, school.stranger).compensations == []


# Write-off ------------------------------------------------------------------------------------------------------


@pytest.fixture
def worn_out(report: Any, aircon: Asset, school: SimpleNamespace) -> Ticket:
    return report(asset=aircon, kind="aircon", words="压缩机坏了")


def asked(ticket: Ticket, school: SimpleNamespace, **more: Any) -> Disposal:
    people = [school.electrician, school.teacher, school.counsellor]
    return Disposal.ask(ticket.asset, school.custodian, reason="stolen", words="压缩机坏了，修不划算", way="loss",
                        value=520_000, appraisers=people, ticket=ticket, **more)  # fmt: skip


def test_the_ticket_ends_with_the_write_off_and_each_knows_the_other(
    worn_out: Ticket, school: SimpleNamespace, phone: Any, ctx: None
) -> None:
    slip = asked(worn_out, school)
    assert (worn_out.state, worn_out.disposal_id) == ("written_off", slip.id)
    custodian = phone(school.custodian)
    assert f"/disposals/{slip.id}" in custodian.get(f"/repairs/{worn_out.id}").text
    assert f"/repairs/{worn_out.id}" in custodian.get(f"/disposals/{slip.id}").text


def test_the_form_knows_the_repair_and_its_words(worn_out: Ticket, school: SimpleNamespace, phone: Any) -> None:
    page = phone(school.custodian).get(f"/disposals/ask/{worn_out.asset_id}?ticket={worn_out.number}").text
    assert worn_out.number in page
    assert "压缩机坏了" in page
    assert f"/disposals/ask/{worn_out.asset_id}?ticket={worn_out.number}" in page


def test_a_refused_write_off_leaves_the_ticket_open(worn_out: Ticket, school: SimpleNamespace) -> None:
    from app.errors import Refused

    with pytest.raises(Refused):
        Disposal.ask(worn_out.asset, school.custodian, reason="stolen", words="", way="loss", value=1,
                     appraisers=[school.electrician, school.teacher, school.counsellor], ticket=worn_out)  # fmt: skip
    assert Ticket.get_by_id(worn_out.id).state == "reported"
    assert not Disposal.select().exists()


@pytest.mark.parametrize("ends", ["refused", "withdrawn"])
def test_the_ticket_goes_on_when_the_thing_is_not_written_off(
    worn_out: Ticket, school: SimpleNamespace, ctx: None, ends: str
) -> None:
    worn_out.take(school.electrician)
    slip = asked(worn_out, school)
    if ends == "refused":
        slip.refuse(school.electrician, "压缩机能换")
    else:
        slip.withdraw(school.custodian)
    again = Ticket.get_by_id(worn_out.id)
    assert (again.state, again.worker, again.clock_from) == ("accepted", None, worn_out.clock_from)
    assert list(check_states()) == []
    again.take(school.electrician)


def test_a_ticket_that_can_end_no_more_takes_the_write_off_back_with_it(
    worn_out: Ticket, school: SimpleNamespace, ctx: None
) -> None:
    from app.errors import Refused

    worn_out.send_back(school.director, "没有坏")
    with pytest.raises(Refused):
        asked(worn_out, school)
    assert not Disposal.select().exists()


def test_only_a_thing_of_the_ledger_and_only_by_those_who_may(
    worn_out: Ticket, report: Any, school: SimpleNamespace
) -> None:
    assert Links.of(worn_out, school.custodian).may_write_off
    assert not Links.of(worn_out, school.electrician).may_write_off
    assert not Links.of(report(), school.custodian).may_write_off


def test_links_cost_few_queries(broken: Ticket, school: SimpleNamespace, counted: Any) -> None:
    with counted() as q:
        Links.of(broken, school.custodian)
    assert q.count <= 2
