"""What a scan shows, to whom; and what it never shows."""

import pytest

from app import clock
from app.assets.models import Asset, Category
from app.custody.models import Custody
from app.people.models import Person
from app.places.codes import Label, new_code
from app.repairs.models import Ticket


@pytest.fixture
def projector(school):
    category = Category.create(code="A02020200", name="投影仪", name_en="Projector", life_years=6)
    return Asset.add(
        "便携式投影仪", category, school.custodian, place=school.places.store, brand="光点", unit_price=360_000,
        supplier="晨禾教育装备有限公司", keeper=school.custodian,
    )  # fmt: skip


def code_of(thing, **kind):
    return Label.of(**(kind or {"place": thing})).code


def tiles(answer):
    """The words of the big buttons, in order."""
    import re

    return re.findall(r'class="tile[^"]*"[^>]*>.*?<span>(.*?)</span>', answer.text, re.S)


def test_a_stranger_to_the_system_sees_name_state_and_report_only(school, phone, projector):
    Custody.lend(projector, school.teacher, school.custodian, due_on=clock.today())
    answer = phone().get(f"/q/{code_of(projector, asset=projector)}")
    assert answer.status_code == 200
    assert "便携式投影仪" in answer.text
    assert projector.number in answer.text
    assert "lent out" in answer.text
    assert tiles(answer) == ["Report damage"]
    for secret in ("李敏", "3,600", "3600", "晨禾", "138", "钱秀英"):
        assert secret not in answer.text


def test_upper_and_lower_case_and_the_capital_q_open_the_same(school, phone):
    code = code_of(school.places.classroom)
    for path in (f"/q/{code}", f"/Q/{code}", f"/q/{code.lower()}", f"/q/{code[:4]}-{code[4:]}"):
        assert "Grade 3 Class 2 classroom" in phone().get(path).text


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("7K3M", 404, "typing error"),
        ("<script>", 404, "typing error"),
        ("1", 404, "typing error"),
        ("😀😀😀😀😀😀😀😀", 404, "typing error"),
        ("x" * 3000, 404, "typing error"),
    ],
)
def test_what_is_not_a_code_is_called_a_typing_error(phone, text, status, words):
    answer = phone().get(f"/q/{text}")
    assert answer.status_code == status
    assert words in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")


def test_an_unknown_a_retired_and_a_blank_code_each_say_so(school, phone):
    unknown = phone().get(f"/q/{new_code()}")
    assert unknown.status_code == 404
    assert "know this code" in unknown.text
    lost = Label.get_by_id(code_of(school.places.other_classroom))
    lost.retire(school.custodian, "掉了")
    retired = phone().get(f"/q/{lost.code}")
    assert retired.status_code == 410
    assert "retired" in retired.text
    blank = Label.make_blanks(1)[0]
    assert "still blank" in phone().get(f"/q/{blank.code}").text
    assert "Bind this label" not in phone(school.teacher).get(f"/q/{blank.code}").text
    assert "Bind this label" in phone(school.custodian).get(f"/q/{blank.code}").text


def test_the_custodian_lends_and_takes_back(school, phone, projector):
    code = code_of(projector, asset=projector)
    assert tiles(phone(school.custodian).get(f"/q/{code}"))[0] == "Lend"
    Custody.lend(projector, school.teacher, school.custodian, due_on=clock.today())
    answer = phone(school.custodian).get(f"/q/{code}")
    assert tiles(answer)[0] == "Take back"
    assert "with 李敏" in answer.text
    assert "with 李敏" in phone(school.teacher).get(f"/q/{code}").text
    assert "李敏" not in phone(school.stranger).get(f"/q/{code}").text


def test_the_electrician_sees_the_repairs_first(school, phone):
    code = code_of(school.places.toilet)
    assert "Repairs here" not in tiles(phone(school.electrician).get(f"/q/{code}"))
    Ticket.report(school.teacher, place=school.places.toilet, kind="water", words="滴水")
    assert tiles(phone(school.electrician).get(f"/q/{code}"))[0] == "Fixed: water"
    Ticket.report(school.teacher, place=school.places.toilet, kind="power", words="灯不亮")
    assert tiles(phone(school.electrician).get(f"/q/{code}"))[0] == "Repairs here"


def test_the_card_scores_first_and_the_cleaner_ticks_first(school, phone):
    first = tiles(phone(school.card).get(f"/q/{code_of(school.places.classroom)}"))
    assert first[-1] == "Report damage"
    assert len(first) == 2
    own = tiles(phone(school.card).get(f"/q/{code_of(school.places.other_classroom)}"))
    assert own == ["Report damage"]
    cleaner = tiles(phone(school.cleaner).get(f"/q/{code_of(school.places.toilet)}"))
    assert cleaner[-1] == "Report damage"
    assert len(cleaner) >= 2


def test_a_teacher_reports_first(school, phone):
    assert tiles(phone(school.stranger).get(f"/q/{code_of(school.places.toilet)}"))[0] == "Report damage"


def test_open_tickets_are_shown_and_hostile_words_stay_words(school, phone):
    Ticket.report(school.teacher, place=school.places.classroom, kind="power", words="<b>灯</b>坏了")
    answer = phone().get(f"/q/{code_of(school.places.classroom)}")
    assert "1 in repair" in answer.text
    assert "Already reported" in answer.text
    assert "<b>灯" not in answer.text


def test_the_first_scan_on_the_spot_by_staff_makes_a_printed_label_stuck(school, phone):
    label = Label.of(place=school.places.toilet)
    phone(school.cleaner).get(f"/q/{label.code}")
    assert Label.get_by_id(label.code).stuck_at is None, "not printed yet"
    Label.update(printed_at=clock.now()).where(Label.code == label.code).execute()
    phone().get(f"/q/{label.code}")
    assert Label.get_by_id(label.code).stuck_at is None, "a stranger proves nothing"
    phone(school.cleaner).get(f"/q/{label.code}")
    assert Label.get_by_id(label.code).stuck_at == clock.now()


def test_the_page_costs_the_same_however_much_there_is(school, phone, counted):
    code = code_of(school.places.classroom)
    category = Category.create(code="A05010301", name="办公椅", life_years=15)

    def cost(client):
        with counted() as queries:
            assert client.get(f"/q/{code}").status_code == 200
        return queries.count

    visitor, director = phone(), phone(school.director)
    before = cost(visitor), cost(director)
    for number in range(30):
        Asset.add(f"椅子{number}", category, school.custodian, place=school.places.classroom)
        Ticket.report(school.teacher, place=school.places.classroom, kind="furniture", words="松动")
    after = cost(visitor), cost(director)
    calendar = 1  # by when something is fixed is told by the calendar, which then stays in memory
    assert after == (before[0] + calendar, before[1])  # who may check asks it at once: some checks have a season
    assert before[0] <= 3
    assert before[1] <= 6 + calendar


def test_the_page_is_light(school, phone):
    for _each in range(6):
        Ticket.report(school.teacher, place=school.places.classroom, kind="furniture", words="松动")
    answer = phone(school.director).get(f"/q/{code_of(school.places.classroom)}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 10_240


def test_a_typed_code_is_led_to_its_page(school, phone):
    code = code_of(school.places.classroom)
    answer = phone().get(f"/go?code={code[:4].lower()}+{code[4:].lower()}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/q/{code}")
    assert phone().get("/go?code=").headers["Location"] == "/"


def test_someone_who_left_keeps_no_right(school, phone, projector):
    browser = phone(school.custodian)
    Person.add("另一位", roles=("director",))
    school.custodian.close(school.director, "调离")
    assert tiles(browser.get(f"/q/{code_of(projector, asset=projector)}")) == ["Report damage"]
