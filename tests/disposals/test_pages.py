"""The pages of a write-off: asked on a phone, appraised, carried out; what is wrong stands at the field."""

import pytest

from app.assets.models import Asset
from app.disposals.disposal import Disposal
from app.photos.models import Photo
from app.places.codes import Label
from app.repairs.models import Ticket
from tests.disposals.conftest import agree_all

NASTY = ["<script>alert(1)</script>", "😀" * 100, "=1+1", "a" * 400]


def form(people, picture=None, **given) -> dict:
    facts = {
        "reason": "worn_out", "words": "主板烧坏", "way": "scrap", "unusable": "y", "net_value": "",
        **{f"appraiser_{number}": person.name for number, person in enumerate(people, 1)},
        **{f"appraiser_{number}_id": person.id for number, person in enumerate(people, 1)},
    }  # fmt: skip
    return {**facts, **({"photos": picture()} if picture else {}), **given}


def test_the_custodian_asks_and_the_slip_tells_everything(school, things, three, phone, picture):
    Ticket.report(school.teacher, place=school.places.office, asset=things.old, kind="media", words="黑屏")
    her = phone(school.custodian)
    assert "122 months" not in her.get(f"/disposals/ask/{things.old.id}").text
    answer = her.send(f"/disposals/ask/{things.old.id}", form(three, picture))
    slip = Disposal.get()
    assert answer.status_code == 303
    assert answer.location == f"/disposals/{slip.id}"
    page = her.get(answer.location).text
    for words in ("旧台式机", "scrapping", "10 years 2 months / 6 years", "4,200.00", "主板烧坏", "黑屏", "李敏"):
        assert words in page
    assert len(Photo.of(slip)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"words": " "}, "Please fill this in."),
        ({"words": "坏" * 501}, "At most 500 characters"),
        ({"reason": "made up"}, "Please choose one."),
        ({"way": "loss"}, "a thing is scrapped, not written off"),
        ({"unusable": ""}, "What can still be used must not be written off"),
        ({"net_value": "many"}, "amount like"),
        ({"appraiser_3_id": "", "appraiser_3": ""}, "Please fill this in."),
        ({"appraiser_3_id": "999999", "appraiser_3": "谁"}, "Nothing fits"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_nothing_is_stored(
    school, things, three, phone, picture, given, words
):  # fmt: skip
    answer = phone(school.custodian).send(f"/disposals/ask/{things.old.id}", form(three, picture, **given))
    assert answer.status_code == 422
    assert words in answer.text
    assert "李敏" in answer.text
    assert not Disposal.select().exists()
    assert Asset.get_by_id(things.old.id).state == "in_use"


def test_a_megabyte_of_words_is_answered_by_the_form(school, things, three, phone):
    answer = phone(school.custodian).send(f"/disposals/ask/{things.old.id}", form(three, words="x" * 1_000_000))
    assert answer.status_code == 422
    assert "At most 500 characters" in answer.text


def test_below_its_life_the_form_says_so(school, things, three, phone, picture):
    her = phone(school.custodian)
    assert "this is a write-off, not scrapping" in her.get(f"/disposals/ask/{things.young.id}").text
    answer = her.send(f"/disposals/ask/{things.young.id}", form(three, picture))
    assert answer.status_code == 422
    assert "Its minimum life is not over (3 years 2 months / 6 years)" in answer.text
    assert "Below its minimum life" in answer.text
    answer = her.send(f"/disposals/ask/{things.young.id}", form(three, picture, reason="too_dear", way="loss"))
    assert answer.status_code == 303
    assert "it is written off, not scrapped" in her.get(answer.location).text


def test_a_photo_is_needed_and_the_same_person_twice_is_told(school, things, three, phone, picture):
    her = phone(school.custodian)
    assert "Please add a photo" in her.send(f"/disposals/ask/{things.old.id}", form(three)).text
    twice = [three[0], three[0], school.custodian]
    page = her.send(f"/disposals/ask/{things.old.id}", form(twice, picture)).text
    assert "At least 3 different people appraise." in page
    assert "Who asks can&#39;t appraise." in page


def test_what_the_card_does_not_know_is_asked(school, things, three, phone, picture):
    her = phone(school.custodian)
    page = her.get(f"/disposals/ask/{things.undated.id}").text
    assert "Without that day it can only be written off" in page
    extra = {"acquired_on": "2015-09-01", "value": "3,200"}
    assert her.send(f"/disposals/ask/{things.undated.id}", form(three, picture, **extra)).status_code == 303
    slip = Disposal.get()
    assert (slip.kind, slip.value, slip.acquired_on.isoformat()) == ("scrap", 320000, "2015-09-01")
    assert Asset.get_by_id(things.undated.id).acquired_on is None


def test_some_of_a_batch_are_asked_for(school, things, three, phone, picture):
    her, url = phone(school.custodian), f"/disposals/ask/{things.chairs.id}"
    given = {"reason": "too_dear", "way": "loss", "source": school.places.classroom.id}
    answer = her.send(url, form(three, picture, **given, quantity="41"))
    assert answer.status_code == 422
    assert "Only 40 把" in answer.text
    assert her.send(url, form(three, picture, **given, quantity="2")).status_code == 303
    assert Disposal.get().value == 16000


def test_the_same_form_twice_asks_once(school, things, three, phone, picture):
    her, url = phone(school.custodian), f"/disposals/ask/{things.old.id}"
    same = form(three, reason="stolen", way="loss")
    first, second = (her.send(url, dict(same), key="k" * 22) for _each in range(2))
    assert first.location == second.location
    assert Disposal.select().count() == 1
    assert "has already asked for this" in her.send(url, dict(same)).text


def test_an_appraiser_writes_an_opinion_on_the_own_phone(school, ask, three, phone):
    slip, his = ask(), phone(three[0])
    assert "被盗" not in his.get("/approvals/").text
    page = his.get("/approvals/").text
    assert "write-off of" in page
    assert "/opinion" in page
    key = slip.asks[0].id
    assert his.get(f"/approvals/{key}/opinion").status_code == 200
    empty = his.send(f"/approvals/{key}/agreement", {"note": "  "})
    assert empty.status_code == 422
    assert "Please fill this in." in empty.text
    assert his.send(f"/approvals/{key}/agreement", {"note": "字" * 201}).status_code == 422
    assert his.send(f"/approvals/{key}/agreement", {"note": "<b>找不到</b>"}).status_code == 303
    assert "&lt;b&gt;找不到&lt;/b&gt;" in phone(school.director).get(f"/disposals/{slip.id}").text


def test_it_is_carried_out_and_the_label_says_please_return(school, things, ask, three, phone):
    slip = agree_all(ask(), three, school.director)
    code, her = Label.of(asset=things.old).code, phone(school.custodian)
    assert "to be written off" in phone().get(f"/q/{code}").text
    assert her.get(f"/disposals/{slip.id}/completion").status_code == 200
    wrong = her.send(f"/disposals/{slip.id}/completion", {"way": "scrap", "residual": "x"})
    assert wrong.status_code == 422
    assert "amount like" in wrong.text
    assert "Below its minimum life, or lost" in wrong.text
    right = {"way": "loss", "residual": "0", "receiver": "", "bureau_number": "昆教资〔2026〕3号"}
    assert her.send(f"/disposals/{slip.id}/completion", right).status_code == 303
    assert "written off, please return" in phone().get(f"/q/{code}").text
    assert "昆教资〔2026〕3号" in her.get(f"/disposals/{slip.id}").text
    assert her.get(f"/disposals/{slip.id}/completion").status_code == 409


def test_called_off_needs_a_reason(school, ask, three, phone):
    slip, her = agree_all(ask(), three, school.director), phone(school.custodian)
    assert her.send(f"/disposals/{slip.id}/calling-off", {"reason": ""}).status_code == 422
    assert her.send(f"/disposals/{slip.id}/calling-off", {"reason": "又修好了"}).status_code == 303
    assert "又修好了" in her.get(f"/disposals/{slip.id}").text


@pytest.mark.parametrize("who", ["stranger", "cleaner", "card", None])
def test_who_is_not_asked_sees_nothing(school, things, ask, phone, who):
    slip = ask(appraisers=[school.electrician, school.teacher, school.counsellor])
    client = phone(getattr(school, who) if who else None)
    answer = client.get(f"/disposals/{slip.id}")
    assert answer.status_code in ((404,) if who in ("stranger", "cleaner") else (303, 403))
    for url in (f"/disposals/ask/{things.young.id}", f"/disposals/{slip.id}/completion"):
        assert client.send(url, {}).status_code in (401, 403)
    assert client.get(f"/paper/disposal/{slip.id}").status_code in (303, 403, 404)


def test_the_list_finds_and_takes_away_and_costs_the_same_when_it_grows(school, things, ask, phone, counted):
    ask()
    director = phone(school.director)
    with counted() as few:
        assert "旧台式机" in director.get("/disposals/").text
    for _each in range(6):
        ask(things.chairs, quantity=1, place=school.places.classroom)
    with counted() as many:
        page = director.get("/disposals/").text
    assert many.count == few.count
    assert page.count("课椅") == 6
    assert "课椅" not in director.get("/disposals/?words=台式").text
    assert "Nothing fits" in director.get("/disposals/?stage=done").text
    assert director.get("/disposals/?stage=nonsense&kind=x&page=-3").status_code == 200
    sheet = director.get("/disposals/list.xlsx?words=台式")
    assert sheet.data.startswith(b"PK")
    assert sheet.mimetype.endswith("spreadsheetml.sheet")
    assert "旧台式机" in director.get("/disposals/list/print").text


def test_the_things_page_tells_and_leads_to_the_form(school, things, ask, phone):
    her = phone(school.custodian)
    assert f"/disposals/ask/{things.old.id}" in her.get(f"/assets/{things.old.id}").text
    slip = ask()
    page = her.get(f"/assets/{things.old.id}").text
    assert slip.number in page
    assert f"/disposals/ask/{things.old.id}" not in page


def test_state_is_not_set_by_hand(school, things, ask, phone):
    """To be disposed of, and disposed of, follow from a write-off alone."""
    her = phone(school.custodian)
    page = her.get(f"/assets/{things.old.id}/edit").text
    assert 'value="idle"' in page
    assert 'value="disposed"' not in page
    ask()
    page = her.get(f"/assets/{things.old.id}/edit").text
    assert 'value="to_dispose"' in page
    assert 'value="idle"' not in page


@pytest.mark.parametrize("words", NASTY, ids=["html", "emoji", "formula", "long"])
def test_hostile_words_are_shown_as_words(school, ask, phone, words):
    slip = ask(words=words)
    page = phone(school.director).get(f"/disposals/{slip.id}").text
    assert "<script>alert" not in page


def test_the_papers(school, ask, three, phone):
    slip = agree_all(ask(), three, school.director)
    director = phone(school.director)
    page = director.get(f"/paper/disposal/{slip.id}").text
    for words in ("Approval form: write-off", "Technical appraisal", "主板烧坏", "李敏", "10 years 2 months / 6 years"):
        assert words in page
    pdf = director.get(f"/paper/disposal/{slip.id}.pdf")
    assert pdf.data.startswith(b"%PDF")


def test_what_waits_on_the_home_page(school, ask, three, phone):
    assert "to carry out" not in phone(school.custodian).get("/").text
    agree_all(ask(), three, school.director)
    assert "write-offs to carry out" in phone(school.custodian).get("/").text
    assert "write-offs to carry out" not in phone(school.teacher).get("/").text
