"""One ticket: class property, the director's queue, more time, contractors, twins, the talk."""

import gzip
from datetime import timedelta

import pytest

from app import calendar, clock
from app.journal import Event
from app.repairs.models import Extension, Outside, Step, Ticket

from .conftest import HOSTILE, label_of
from .test_report import picture

MANAGER = ("assignment", "approval", "extension/grant", "extension/denial", "contractor/approval")


def page_of(browser, ticket):
    return browser.get(f"/repairs/{ticket.id}").text


# Class property ---------------------------------------------------------------------------------------------


def test_the_class_teacher_applies_with_the_report_and_one_tap_approves(school, phone, code):
    browser = phone(school.teacher)
    assert "I talked with the class about it" in browser.get(f"/repairs/report/{code}").text
    form = {"kind": "furniture", "words": "桌面划坏", "class_property": "y"}
    answer = browser.send(f"/repairs/report/{code}", form)
    assert answer.status_code == 422
    assert "Please tap the cause." in answer.text
    assert "桌面划坏" in answer.text
    assert not Ticket.select().exists()
    assert browser.send(f"/repairs/report/{code}", {**form, "cause": "misuse", "talked": "y"}).status_code == 303
    ticket = Ticket.get()
    assert (ticket.state, ticket.cause, ticket.talked, ticket.class_group) == (
        "applied", "misuse", True, school.classes.three_two,
    )  # fmt: skip
    director = phone(school.director)
    assert "桌面划坏" in director.get("/repairs/queue").text
    answer = director.send(f"/repairs/{ticket.id}/approval", {"from": "queue"})
    assert answer.headers["Location"] == "/repairs/queue"
    assert Ticket.get().state == "accepted"
    assert Event.select().where(Event.action == "repairs.approved").count() == 1


def test_a_colleague_finds_it_and_the_class_teacher_applies(school, phone, code):
    assert "李敏, the class teacher, applies" in phone(school.stranger).get(f"/repairs/report/{code}").text
    form = {"kind": "doors", "words": "玻璃裂了", "class_property": "y"}
    phone(school.stranger).send(f"/repairs/report/{code}", form)
    ticket, teacher = Ticket.get(), phone(school.teacher)
    assert ticket.state == "noticed"
    assert "玻璃裂了" in teacher.get("/repairs/?only=apply").text
    assert "Apply for the repair" in page_of(teacher, ticket)
    assert teacher.send(f"/repairs/{ticket.id}/application", {}).status_code == 422
    assert teacher.send(f"/repairs/{ticket.id}/application", {"cause": "<b>"}).status_code == 422
    assert phone(school.stranger).send(f"/repairs/{ticket.id}/application", {"cause": "wear"}).status_code == 403
    assert teacher.send(f"/repairs/{ticket.id}/application", {"cause": "accident", "talked": "y"}).status_code == 303
    assert (Ticket.get().state, Ticket.get().talked) == ("applied", True)


def test_the_office_approves_without_an_application_but_says_the_cause(school, phone, report):
    ticket, director = report(by="stranger", class_property=True), phone(school.director)
    assert director.send(f"/repairs/{ticket.id}/approval").status_code == 422
    assert director.send(f"/repairs/{ticket.id}/approval", {"cause": "wear"}).status_code == 303
    assert Ticket.get().state == "accepted"


def test_visitors_and_cards_are_not_asked_about_class_property(school, phone, code):
    for who in (None, school.card):
        assert "class_property" not in phone(who).get(f"/repairs/report/{code}").text
    form = {"kind": "doors", "words": "玻璃裂了", "class_property": "y", "cause": "intent"}
    phone().send(f"/repairs/report/{code}", form)
    assert Ticket.get().state == "reported"
    assert Ticket.get().class_group is None


def test_filed_for_a_caller_in_a_room_without_a_class(school, phone):
    browser = phone(school.electrician)
    form = {"place": "美术办公室", "kind": "doors", "words": "锁坏", "class_property": "y"}
    answer = browser.send("/repairs/report-for", form)
    assert answer.status_code == 422
    assert "No class sits in this room" in answer.text
    assert browser.send("/repairs/report-for", {**form, "place": "201教室"}).status_code == 303
    assert Ticket.get().state == "noticed"


# Who does it ------------------------------------------------------------------------------------------------


def test_the_director_sends_someone_and_someone_else(school, phone, report):
    ticket, browser = report(), phone(school.director)
    assert browser.send(f"/repairs/{ticket.id}/assignment", {}).status_code == 422
    assert browser.send(f"/repairs/{ticket.id}/assignment", {"worker": str(school.teacher.id)}).status_code == 422
    worker = {"worker": str(school.electrician.id)}
    assert browser.send(f"/repairs/{ticket.id}/assignment", worker).status_code == 303
    assert (Ticket.get().state, Ticket.get().worker) == ("assigned", school.electrician)
    browser.send(f"/repairs/{ticket.id}/assignment", {"other": "冯伟"})
    assert Ticket.get().worker == school.stranger
    assert "Take it" not in page_of(phone(school.electrician), ticket)


@pytest.mark.parametrize("verb", MANAGER)
def test_only_the_director_decides(school, phone, report, verb):
    ticket = report()
    ticket.take(school.electrician)
    for who in ("electrician", "teacher", "custodian", "principal", "card"):
        assert phone(getattr(school, who)).send(f"/repairs/{ticket.id}/{verb}").status_code == 403
    assert phone().send(f"/repairs/{ticket.id}/{verb}").status_code == 401


def test_the_queue_is_the_directors(school, phone, counted, report):
    assert phone(school.electrician).get("/repairs/queue").status_code == 403
    browser = phone(school.director)
    assert "Nothing waits for your decision." in browser.get("/repairs/queue").text
    counts = []
    for _turn in range(2):
        for _each in range(4):
            ticket, other = report(), report()
            ticket.extend(school.electrician, "parts", clock.now() + timedelta(days=2))
            other.send_out(school.electrician, "恒达", quote=100)
            report(class_property=True, cause="wear")
        with counted() as asked:
            browser.get("/repairs/queue")
        counts.append(asked.count)
    assert counts[0] == counts[1] <= 11


# More time --------------------------------------------------------------------------------------------------


def test_more_time_is_asked_by_taps_and_granted_by_one(school, phone, report):
    ticket, browser = report(), phone(school.electrician)
    day = calendar.school_days_after(clock.today(), 3)
    for form, words in (
        ({}, "Please tap the reason."), ({"reason": "parts"}, "Please tap a day."),
        ({"reason": "parts", "other": "2020-01-01"}, "This day is over."),
        ({"reason": "parts", "other": "soon"}, "Please give a day"),
        ({"reason": "parts", "until": "2999-01-01"}, "Please tap one of these."),
    ):  # fmt: skip
        answer = browser.send(f"/repairs/{ticket.id}/extension", form)
        assert (answer.status_code, words in answer.text) == (422, True), form
    form = {"reason": "parts", "until": day.isoformat()}
    assert browser.send(f"/repairs/{ticket.id}/extension", form).status_code == 303
    assert Ticket.get().extended_until is None
    director = phone(school.director)
    assert "Grant it" in page_of(director, ticket)
    assert "Grant it" not in page_of(browser, ticket)
    assert director.send(f"/repairs/{ticket.id}/extension/grant").status_code == 303
    assert clock.local(Ticket.get().extended_until).date() == day
    assert director.send(f"/repairs/{ticket.id}/extension/grant").status_code == 409


def test_more_time_is_refused_with_a_reason(school, phone, report):
    ticket = report()
    ticket.extend(school.electrician, "weather", clock.now() + timedelta(days=2))
    browser = phone(school.director)
    assert browser.send(f"/repairs/{ticket.id}/extension/denial").status_code == 422
    assert browser.send(f"/repairs/{ticket.id}/extension/denial", {"note": "仓库有货"}).status_code == 303
    assert Extension.get().state == "denied"


# Contractors and twins --------------------------------------------------------------------------------------


def test_a_firm_from_the_quote_to_the_bill(school, phone, report):
    ticket, browser, director = report(), phone(school.electrician), phone(school.director)
    assert browser.send(f"/repairs/{ticket.id}/contractor", {"firm": "", "quote": "much"}).status_code == 422
    form = {"firm": "恒达防水", "contact": "王经理", "phone": "13900001111", "quote": "1280"}
    assert browser.send(f"/repairs/{ticket.id}/contractor", form).status_code == 303
    assert "恒达防水" in director.get("/repairs/queue").text
    assert director.send(f"/repairs/{ticket.id}/contractor/approval").status_code == 303
    assert browser.send(f"/repairs/{ticket.id}/contractor/arrival").status_code == 303
    assert browser.send(f"/repairs/{ticket.id}/contractor/completion", {"cost": ""}).status_code == 422
    bill = {"cost": "1200.50", "invoice": "A-1", "guarantee_until": "2027-11-24"}
    assert browser.send(f"/repairs/{ticket.id}/contractor/completion", bill).status_code == 303
    job = Outside.get()
    assert (job.quote, job.cost, job.guarantee_until.isoformat()) == (128000, 120050, "2027-11-24")
    assert Ticket.get().state == "taken"
    assert browser.send(f"/repairs/{ticket.id}/contractor/arrival").status_code == 409


def test_a_twin_is_merged_by_a_tap_or_its_number(school, phone, report):
    first, second, third, browser = report(), report(by="cleaner"), report(by=None), phone(school.director)
    assert browser.send(f"/repairs/{second.id}/merging", {}).status_code == 422
    assert browser.send(f"/repairs/{second.id}/merging", {"number": "20200101-001"}).status_code == 422
    answer = browser.send(f"/repairs/{second.id}/merging", {"into": str(first.id)})
    assert answer.headers["Location"] == f"/repairs/{first.id}"
    assert browser.send(f"/repairs/{third.id}/merging", {"number": first.number}).status_code == 303
    assert {Ticket.get_by_id(t.id).merged_into_id for t in (second, third)} == {first.id}
    assert first.number in phone().get(f"/repairs/receipt/{third.receipt_secret}").text
    assert browser.send(f"/repairs/{first.id}/merging", {"number": first.number}).status_code in (409, 422)


# The talk ---------------------------------------------------------------------------------------------------


def test_messages_go_back_and_forth_with_photos(school, phone, report):
    ticket = report(by=None)
    visitor, desk, secret = phone(), phone(school.director), ticket.receipt_secret
    form = {"words": "在<b>窗边</b>那个", "message_photos": (picture(), "a.jpg")}
    assert visitor.send(f"/repairs/receipt/{secret}/messages", form).status_code == 303
    page = page_of(desk, ticket)
    assert "在&lt;b&gt;窗边&lt;/b&gt;那个" in page
    assert desk.send(f"/repairs/{ticket.id}/messages", {"words": "上午过来"}).status_code == 303
    page = visitor.get(f"/repairs/receipt/{secret}").text
    assert "上午过来" in page
    assert "赵建国" not in page
    photo = page.split(f"/repairs/receipt/{secret}/photos/")[1].split('"')[0]
    assert visitor.get(f"/repairs/receipt/{secret}/photos/{photo}").mimetype == "image/jpeg"
    other = report(by=None).receipt_secret
    assert visitor.get(f"/repairs/receipt/{other}/photos/{photo}").status_code == 404
    assert phone().get(f"/photos/{photo}").status_code == 404


@pytest.mark.parametrize("words", ["", "   ", "长" * 501, "x" * 1_000_000])
def test_an_empty_or_endless_message_is_told(school, phone, report, words):
    ticket = report()
    for address in (f"/repairs/{ticket.id}/messages", f"/repairs/receipt/{ticket.receipt_secret}/messages"):
        answer = phone(school.teacher).send(address, {"words": words})
        assert answer.status_code == 422
        assert words.strip() in answer.text
    assert not Step.select().where(Step.kind == "said").exists()


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_messages(school, phone, report, words):
    ticket = report()
    phone(school.teacher).send(f"/repairs/{ticket.id}/messages", {"words": words})
    assert "<script>alert" not in page_of(phone(school.director), ticket)


def test_who_joined_reads_progress_but_not_the_talk(school, phone, report):
    ticket = report()
    ticket.say(school.teacher, "钥匙在办公室")
    secret = ticket.join(None, "another phone").secret
    page = phone().get(f"/repairs/receipt/{secret}")
    assert "钥匙在办公室" not in page.text
    assert phone().send(f"/repairs/receipt/{secret}/messages", {"words": "x"}).status_code == 403
    assert len(gzip.compress(page.data)) < 10_000


def test_a_phone_can_not_write_without_end(school, phone, report):
    secret, visitor = report(by=None).receipt_secret, phone()
    answers = [visitor.send(f"/repairs/receipt/{secret}/messages", {"words": "x"}).status_code for _each in range(21)]
    assert answers[:20] == [303] * 20
    assert answers[20] == 429


# Where it stands --------------------------------------------------------------------------------------------


def test_the_receipt_tells_who_and_until_when(school, phone, report):
    ticket = report()
    ticket.take(school.electrician)
    page = phone().get(f"/repairs/receipt/{ticket.receipt_secret}").text
    assert "孙 of the repairs is at it; it shall be fixed before tomorrow 10:00." in page


def test_the_receipts_rating_comes_with_words_and_rework_with_a_photo(school, phone, report):
    ticket = report(by=None)
    ticket.fix(school.electrician, "replaced")
    secret, visitor = ticket.receipt_secret, phone()
    form = {"note": "还在滴", "photos": (picture(), "a.jpg")}
    assert visitor.send(f"/repairs/receipt/{secret}/rework", form).status_code == 303
    assert Ticket.get().state == "reworked"
    Ticket.get().fix(school.electrician, "replaced")
    form = {"rating": "mostly", "note": "有点慢"}
    assert visitor.send(f"/repairs/receipt/{secret}/confirmation", form).status_code == 303
    assert (Ticket.get().rating, Step.select().order_by(Step.id.desc()).get().note) == ("mostly", "有点慢")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=taken", 1), ("class_property=1", 1), ("late=1", 1), ("worker={worker}", 1),
        ("state=applied&kind=water", 0),
    ],
)  # fmt: skip
def test_the_desks_filters(school, phone, report, query, found):
    start = clock.now()
    clock.set_hands(start - timedelta(days=4))
    late = report(words="很久了")
    clock.set_hands(start)
    report(words="班级公物", kind="furniture", class_property=True, cause="wear")
    report(words="有人修").take(school.electrician)
    page = phone(school.director).get(f"/repairs/?{query.format(worker=school.electrician.id)}&tab=waiting")
    shown = sum(page.text.count(f">{ticket.number}<") for ticket in Ticket.select())
    tab_of_worker = "worker" in query  # the one in work stands on the other tab
    assert shown == (0 if tab_of_worker else found), late
    if tab_of_worker:
        assert "有人修" in phone(school.director).get(f"/repairs/?tab=work&worker={school.electrician.id}").text


def test_the_report_page_is_light_with_the_class_in_it(school, phone):
    page = phone(school.teacher).get(f"/repairs/report/{label_of(place=school.places.classroom)}")
    assert len(gzip.compress(page.data)) < 10_000
