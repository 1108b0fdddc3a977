"""A leaver: what is in the name, to whom it goes, who confirms, the boxes, the certificate at zero."""

from datetime import timedelta

import pytest

from app import clock
from app.assets.models import Asset
from app.custody import boxes
from app.custody.boxes import ClearanceBox, ClearanceMark
from app.custody.clearance import Certificate, Clearance, Handover
from app.custody.holdings import holdings
from app.custody.models import Custody
from app.custody.requests import Request
from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from app.places.models import ClassGroup, Grade, Place
from tests.custody.asking import ask, in_days


@pytest.fixture
def leaver(school, things):
    """李敏 holds a projector, keeps the speaker and a room, and is a class teacher and an office head."""
    Custody.hand_out(things.projector, school.teacher, school.custodian)
    Asset.add("钢琴", things.projector.category, school.custodian, place=school.places.office, keeper=school.teacher)
    school.places.office.change(school.director, keeper=school.teacher)
    school.teaching.change(school.director, school.teaching.name, school.teacher)
    return school.teacher


@pytest.fixture
def clearance(school, leaver) -> Clearance:
    boxes.install_builtin()
    return Clearance.open(leaver, school.custodian, last_day=in_days(10), destination="镇中心小学")


def keys(person, *kinds: str) -> list[str]:
    return [each.key for each in holdings(person) if not kinds or each.kind in kinds]


def tick_all(school, clearance: Clearance) -> None:
    for mark in clearance.marks:
        who = school.custodian if mark.box.role == "custodian" else school.director
        if mark.box.role == "finance":
            who = Person.add("金会计", roles=("finance",), phone="13800000099")[0]
        mark.tick(who)


def cleared(school, clearance: Clearance) -> None:
    slip = Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person))
    slip.agree(school.stranger)
    tick_all(school, clearance)


def test_everything_in_the_name_is_listed(school, leaver):
    assert {(each.kind, each.words) for each in holdings(leaver)} == {
        ("custody", "投影仪"),
        ("asset", "钢琴"),
        ("room", "美术办公室"),
        ("class", "Grade 3 Class 2"),
        ("office", "教务处"),
    }
    assert {each.kind for each in holdings(school.principal)} == {"grade"}
    assert {each.kind for each in holdings(school.cleaner)} == {"cleaning"}


def test_open_slips_are_left_too(school, clearance, things):
    row = ask(clearance.person, asset=things.speaker)
    assert [(slip.table, slip.id) for slip in clearance.left.slips] == [("custody_request", row.id)]
    row.agree(school.director)  # agreed to and not fetched
    assert len(clearance.left.slips) == 1
    row.drop(clearance.person, "调走了")
    assert clearance.left.slips == []


def test_the_colleague_confirms_and_only_then_it_changes(school, clearance):
    person = clearance.person
    slip = Handover.ask(clearance, school.stranger, school.custodian, keys(person))
    assert [each.key for each in holdings(person)] == keys(person)  # nothing has changed yet
    assert len(holdings(person)) == 5
    with pytest.raises(Refused, match="This waits for 冯伟"):
        slip.agree(school.cleaner)
    slip.agree(school.stranger)
    assert holdings(person) == []
    assert Custody.open_of(Asset.get(Asset.name == "投影仪")).person == school.stranger
    assert Asset.get(Asset.name == "钢琴").keeper == school.stranger
    assert Place.get_by_id(school.places.office.id).keeper == school.stranger
    assert ClassGroup.get_by_id(school.classes.three_two.id).teacher == school.stranger


def test_when_the_leaver_asks_the_office_agrees_after_the_colleague(school, clearance):
    slip = Handover.ask(clearance, school.stranger, clearance.person, keys(clearance.person, "custody"))
    slip.agree(school.stranger)
    assert slip.state == "open"
    slip.agree(school.custodian)
    assert slip.state == "agreed"
    assert keys(clearance.person, "custody") == []


def test_who_takes_it_over_by_asking_has_agreed(school, clearance):
    """The custodian takes the things back into the own name."""
    slip = Handover.ask(clearance, school.custodian, school.custodian, keys(clearance.person, "asset"))
    assert slip.state == "agreed"
    assert Asset.get(Asset.name == "钢琴").keeper == school.custodian


def test_a_refusal_leaves_everything_where_it_is(school, clearance):
    slip = Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person))
    slip.refuse(school.stranger, "钢琴少一条腿")
    assert len(holdings(clearance.person)) == 5
    assert Handover.ask(clearance, school.cleaner, school.custodian, keys(clearance.person)).state == "open"


def test_the_same_thing_is_not_handed_to_two(school, clearance):
    Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person, "class"))
    with pytest.raises(Refused, match="already waits for 冯伟"):
        Handover.ask(clearance, school.cleaner, school.custodian, keys(clearance.person))


def test_what_came_back_meanwhile_is_passed_over(school, clearance):
    slip = Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person, "custody", "class"))
    Custody.get().take_back(school.custodian)
    slip.agree(school.stranger)
    assert not Custody.select().where(Custody.person == school.stranger).exists()
    assert ClassGroup.get_by_id(school.classes.three_two.id).teacher == school.stranger


def test_nothing_goes_to_someone_who_leaves_too_or_to_the_leaver(school, clearance):
    Clearance.open(school.stranger, school.custodian, last_day=in_days(3))
    with pytest.raises(Refused, match="leaving too"):
        Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person))
    with pytest.raises(Refused, match="Somebody else"):
        Handover.ask(clearance, clearance.person, school.custodian, keys(clearance.person))
    with pytest.raises(Refused, match="Only the office, or the leaver"):
        Handover.ask(clearance, school.cleaner, school.cleaner, keys(clearance.person))


def test_back_to_the_office_or_without_a_successor(school, clearance):
    person = clearance.person
    clearance.leave_open(school.custodian, keys(person, "custody", "room", "class", "office"), "暂无接任")
    assert [each.kind for each in holdings(person)] == ["asset"]
    assert Custody.get().returned.by == school.custodian
    assert Place.get_by_id(school.places.office.id).keeper is None
    with pytest.raises(Refused, match="has to go to somebody"):
        clearance.leave_open(school.custodian, keys(person, "asset"), "x")


def test_a_grade_and_cleaning_pass_on(school, things):
    for leaver, kind in ((school.principal, "grade"), (school.cleaner, "cleaning")):
        row = Clearance.open(leaver, school.custodian, last_day=in_days(5))
        Handover.ask(row, school.counsellor, school.custodian, keys(leaver)).agree(school.counsellor)
        assert holdings(leaver) == [], kind
    assert Grade.get(Grade.entry_year == 2024).administrator == school.counsellor
    assert Place.get_by_id(school.places.toilet.id).cleaner == school.counsellor


def test_no_certificate_while_something_is_left_and_it_says_what(school, clearance):
    with pytest.raises(Refused) as refused:
        clearance.certify(school.custodian)
    for words in ("borrowed or issued\xa0×\xa01", "kept thing\xa0×\xa01", "class teacher\xa0×\xa01", "财务借款"):
        assert words in refused.value.sentence
    assert not Certificate.select().exists()


def test_at_zero_there_is_a_certificate_once(school, clearance):
    cleared(school, clearance)
    certificate = clearance.certify(school.custodian)
    assert certificate.holds
    assert Clearance.shown().where(Clearance.id == clearance.id).get().state == "certified"
    with pytest.raises(Refused, match="certified"):
        clearance.certify(school.director)


def test_nobody_certifies_the_own_clearance(school, things):
    row = Clearance.open(school.custodian, school.director, last_day=in_days(5))
    with pytest.raises(Refused, match="own clearance"):
        row.certify(school.custodian)


def test_the_account_of_a_leaver_is_not_switched_off_and_says_what_is_left(school, clearance):
    Custody.get().take_back(school.custodian)  # no holdings any more: kept things and duties count now
    with pytest.raises(Refused, match=r"kept thing\s×\s1.*keeper of the room\s×\s1.*class teacher\s×\s1"):
        clearance.person.close(school.director, "调离")
    cleared(school, clearance)
    with pytest.raises(Refused, match="certify that first"):
        clearance.person.close(school.director, "调离")
    clearance.certify(school.custodian)
    clearance.person.close(school.director, "调离")
    assert not Person.get_by_id(clearance.person_id).is_active


def test_without_a_clearance_only_holdings_keep_an_account_open(school, leaver):
    with pytest.raises(Refused, match="still holds 1 thing"):
        leaver.close(school.director, "调离")
    Custody.get().take_back(school.custodian)
    leaver.close(school.director, "调离")


def test_a_leaver_gets_nothing_beyond_the_last_day(school, clearance, things):
    with pytest.raises(Refused, match="gets nothing beyond"):
        Custody.hand_out(things.speaker, clearance.person, school.custodian)
    with pytest.raises(Refused, match="gets nothing beyond"):
        Custody.lend(things.speaker, clearance.person, school.custodian, due_on=in_days(11))
    Custody.lend(things.speaker, clearance.person, school.custodian, due_on=in_days(10)).take_back(school.custodian)
    cleared(school, clearance)
    clearance.certify(school.custodian)
    with pytest.raises(Refused, match="certified to hold nothing"):
        Custody.lend(things.speaker, clearance.person, school.custodian, due_on=in_days(1))


def test_a_certificate_is_taken_back_and_a_new_clearance_opened(school, clearance):
    cleared(school, clearance)
    certificate = clearance.certify(school.custodian)
    certificate.revoke(school.director, "漏了一台电脑")
    assert not Certificate.get_by_id(certificate.id).holds
    with pytest.raises(Refused, match="already taken back"):
        Certificate.get_by_id(certificate.id).revoke(school.director, "x")
    assert Clearance.open(clearance.person, school.custodian, last_day=in_days(12)).state == "open"


def test_a_certificate_that_is_no_longer_true_does_not_hold(school, clearance):
    cleared(school, clearance)
    certificate = clearance.certify(school.custodian)
    school.places.store.change(school.director, keeper=clearance.person)
    assert not Certificate.get_by_id(certificate.id).holds


def test_one_open_clearance_a_person(school, clearance):
    with pytest.raises(Refused, match="already open"):
        Clearance.open(clearance.person, school.director, last_day=in_days(9))


def test_cancelled_when_the_person_stays(school, clearance):
    with pytest.raises(Refused, match="say why"):
        clearance.cancel(school.director, " ")
    clearance.cancel(school.director, "留任")
    assert clearance.state == "cancelled"
    with pytest.raises(Refused, match="was cancelled"):
        Handover.ask(clearance, school.stranger, school.custodian, keys(clearance.person))
    Custody.get().take_back(school.custodian)
    clearance.person.close(school.director, "x")  # a cancelled one keeps nobody


# Boxes


def test_a_box_is_ticked_by_whom_the_list_says(school, clearance):
    books = clearance.marks[0]
    with pytest.raises(Refused, match="is ticked by property custodian"):
        books.tick(school.stranger)
    with pytest.raises(Refused, match="is ticked by"):
        books.tick(school.director)
    books.tick(school.custodian, "已还清")
    with pytest.raises(Refused, match="already ticked"):
        clearance.marks[0].tick(school.custodian)
    assert "library books" not in clearance.left.sentence


def test_a_tick_is_taken_back_with_a_reason(school, clearance):
    clearance.marks[0].tick(school.custodian)
    with pytest.raises(Refused, match="say why"):
        clearance.marks[0].untick(school.custodian, "")
    clearance.marks[0].untick(school.custodian, "还有两本")
    assert clearance.marks[0].at is None


def test_the_leaver_never_ticks_the_own_box(school, things):
    boxes.install_builtin()
    row = Clearance.open(school.custodian, school.director, last_day=in_days(5))
    with pytest.raises(Refused, match="is ticked by"):
        row.marks[0].tick(school.custodian)


def test_the_list_is_the_schools_and_holds_for_new_clearances(school, clearance):
    assert boxes.install_builtin() == 0
    box = ClearanceBox.add(school.director, "工会", None, school.counsellor)
    assert "工会" not in clearance.left.sentence
    new = Clearance.open(school.electrician, school.custodian, last_day=in_days(3))
    assert new.marks[-1].box == box
    new.marks[-1].tick(school.counsellor)
    box.change(school.director, "工会", None, school.counsellor, used=False)
    third = Clearance.open(school.counsellor, school.custodian, last_day=in_days(3))
    assert box not in [mark.box for mark in third.marks]
    with pytest.raises(Refused, match="already a box"):
        ClearanceBox.add(school.director, "工会", "director")
    with pytest.raises(Refused, match="who ticks it"):
        ClearanceBox.add(school.director, "宿舍钥匙", None)


def test_everything_is_in_the_journal(school, clearance):
    cleared(school, clearance)
    clearance.certify(school.custodian)
    told = [e.action for e in Event.select().where(Event.noun == "clearance").order_by(Event.id)]
    assert told[:3] == ["clearance.opened", "clearance.handing", "clearance.handed"]
    assert told.count("clearance.ticked") == ClearanceMark.select().count()
    assert told[-1] == "clearance.certified"
    mine = Event.select().where(
        Event.noun == "person", Event.noun_id == clearance.person_id, Event.action ** "clearance%"
    )
    assert mine.count() == 2


def test_late_loans_handed_over_are_due_today(school, things):
    Custody.lend(things.speaker, school.stranger, school.custodian, due_on=in_days(1))
    row = Clearance.open(school.stranger, school.custodian, last_day=in_days(20))
    clock.set_hands(clock.now() + timedelta(days=4))
    slip = Handover.ask(row, school.teacher, school.custodian, keys(school.stranger, "custody"))
    slip.agree(school.teacher)
    assert Custody.open_of(things.speaker).due_on == in_days(4)
    assert not Request.select().exists()
