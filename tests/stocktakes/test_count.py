"""Counting: a door, then label after label; each answer at once, each resend once."""

import pytest

from app.errors import Refused
from app.places.codes import Label, new_code
from app.stocktakes import numbers
from app.stocktakes.counting import Count, Withdrawal
from app.stocktakes.models import Room
from tests.stocktakes.conftest import Counter, begin, opened, rows


def test_found(counter, things):
    answer = counter.sees(things.projectors[0])
    assert (answer.kind, answer.tone, answer.words) == ("found", "fine", "Found")
    assert numbers.by_room(counter.room.stocktake)[counter.room.place_id].found == 1


def test_the_same_label_twice_says_who_and_when(counter, things, school):
    counter.sees(things.projectors[0])
    answer = counter.sees(things.projectors[0])
    assert answer.kind == "already"
    assert rows() == 1
    assert school.custodian.name in answer.more
    assert "10:00" in answer.more


def test_a_resend_is_answered_the_same_and_counts_once(counter, things):
    first = counter.sees(things.projectors[0], client="client-of-this-phone")
    again = counter.sees(things.projectors[0], client="client-of-this-phone")
    assert (again.kind, again.words) == (first.kind, first.words)
    assert rows() == 1


def test_a_thing_of_another_room_is_counted_as_elsewhere(counter, things, school):
    answer = counter.sees(things.speaker)
    assert answer.kind == "elsewhere"
    assert school.places.store.name in answer.words
    found = numbers.by_room(counter.room.stocktake)
    assert found[counter.room.place_id].elsewhere == 1
    assert found[school.places.store.id].away == 1


def test_a_thing_that_is_not_in_the_range(school, things):
    stocktake = begin(school, category=things.other)
    answer = Counter(opened(stocktake, school.places.classroom, school.teacher), school.teacher).sees(things.speaker)
    assert answer.kind == "outside"
    assert rows() == 0


def test_codes_that_are_unknown_retired_or_blank_are_noted(counter, things, school):
    blank = Label.make()
    old = things.projectors[0].label
    old.retire(school.director, "lost")
    kinds = [counter.sees(code).kind for code in (new_code(), old.code, blank.code, "7K3M")]
    assert kinds == ["unknown", "retired", "blank", "mistyped"]
    assert numbers.by_room(counter.room.stocktake)[counter.room.place_id].unknown == 3


def test_a_door_among_the_labels_leads_to_its_room(counter, school):
    answer = counter.sees(school.places.store.label.code)
    assert answer.kind == "door"
    assert answer.words == school.places.store.name
    assert rows() == 0


def test_a_batch_asks_how_many(counter, things):
    asked = counter.sees(things.desks)
    assert asked.kind == "how_many"
    assert asked.book == 40
    assert rows() == 0
    answer = counter.sees(things.desks, 38)
    assert answer.words.startswith("38")
    assert "2 fewer" in answer.more
    assert counter.sees(things.desks, 39).kind == "already"
    found = numbers.by_room(counter.room.stocktake)[counter.room.place_id]
    assert (found.found, found.missing) == (38, 5)


def test_undo_leaves_both_rows_and_the_thing_can_be_counted_anew(counter, things, school):
    row = counter.sees(things.desks, 4).count
    row.stocktake = counter.room.stocktake
    row.withdraw(school.teacher)
    with pytest.raises(Refused, match="already"):
        row.withdraw(school.teacher)
    assert counter.sees(things.desks, 40).kind == "found"
    assert (rows(), Withdrawal.select().count()) == (2, 1)
    assert numbers.by_room(counter.room.stocktake)[counter.room.place_id].found == 40


def test_a_count_is_never_changed(counter, things):
    row = counter.sees(things.projectors[0]).count
    with pytest.raises(Exception, match="never changed"):
        Count.update(quantity=2).where(Count.id == row.id).execute()


def test_the_door_comes_first(stocktake, things, school):
    room = stocktake.room(school.places.classroom)
    room.stocktake = stocktake
    with pytest.raises(Refused, match="door"):
        Counter(room, school.custodian).sees(things.projectors[0])


@pytest.mark.parametrize("who", ["stranger", "director", "cleaner"])
def test_only_counters_count(counter, things, school, who):
    with pytest.raises(Refused, match="counters"):
        Counter(counter.room, getattr(school, who)).sees(things.projectors[0])


def test_who_comes_second_counts_along(stocktake, things, school):
    first = opened(stocktake, school.places.classroom, school.custodian)
    second = opened(stocktake, school.places.classroom, school.teacher)
    assert first.id == second.id
    assert second.opened_by == school.custodian
    assert Counter(second, school.teacher).sees(things.projectors[0]).kind == "found"


def test_a_room_outside_chosen_places_cannot_be_opened(school, things):
    stocktake = begin(school, places=[school.places.classroom])
    with pytest.raises(Refused, match="range"):
        stocktake.open_room(school.places.store, school.custodian)


def test_without_chosen_places_any_room_can_be_opened(stocktake, school):
    stocktake.open_room(school.places.toilet, school.custodian)
    assert Room.select().where(Room.place == school.places.toilet).exists()


def test_a_room_opened_by_mistake_is_left_uncounted(counter, things, school):
    counter.room.leave(school.custodian)
    assert Room.get_by_id(counter.room.id).opened_at is None
    room = opened(counter.room.stocktake, school.places.classroom, school.custodian)
    Counter(room, school.teacher).sees(things.projectors[0])
    with pytest.raises(Refused, match="undo"):
        room.leave(school.custodian)


# On the phone


def test_scan_by_a_form(stocktake, things, school, phone, room_url):
    custodian = phone(school.custodian)
    assert "Count this room" in custodian.get(room_url).text
    custodian.send(f"{room_url}/opening")
    answer = custodian.send(f"{room_url}/counts", {"code": f"http://localhost/q/{things.projectors[0].label.code}"})
    assert answer.status_code == 200
    assert "Found" in answer.text
    assert Count.get().by == school.custodian


def test_the_script_gets_the_answer_alone(counter, things, school, phone, room_url):
    headers = {"HX-Request": "true"}
    answer = phone(school.custodian).send(f"{room_url}/counts", {"code": things.speaker.label.code}, headers=headers)
    assert "Belongs to" in answer.text
    assert "<html" not in answer.text


def test_a_storm_of_resends_counts_once(counter, things, school, phone, room_url):
    custodian, form = phone(school.custodian), {"code": things.projectors[0].label.code, "how": "scan"}
    answers = {custodian.send(f"{room_url}/counts", form, key="a key of the phone's queue").text for _n in range(5)}
    assert rows() == 1
    assert all("Already" not in text for text in answers)


@pytest.mark.parametrize("code", ["", "七零", "<script>", "x" * 1_000_000, "😀😀😀😀😀😀😀😀"])
def test_bad_codes(counter, school, phone, room_url, code):
    answer = phone(school.custodian).send(f"{room_url}/counts", {"code": code})
    assert answer.status_code == 422
    assert "Mistyped" in answer.text
    assert rows() == 0
    assert "<script>" not in answer.text


@pytest.mark.parametrize("number", ["", "-1", "vierzig", "4.5", "100001", "１２３４５６７８"])
def test_bad_numbers(counter, things, school, phone, room_url, number):
    form = {"code": things.desks.label.code, "quantity": number}
    assert phone(school.custodian).send(f"{room_url}/counts", form).status_code == 422
    assert rows() == 0


def test_a_tick_needs_a_reason(counter, things, school, phone, room_url):
    url, custodian = f"{room_url}/things/{things.projectors[0].id}", phone(school.custodian)
    refused = custodian.send(url, {"reason": " "})
    assert refused.status_code == 422
    assert "say why" in refused.text
    assert rows() == 0
    custodian.send(url, {"reason": "标签脱落 <b>"})
    assert (Count.get().how, Count.get().reason) == ("tick", "标签脱落 <b>")
    assert "标签脱落 &lt;b&gt;" in custodian.get(f"/stocktakes/{counter.room.stocktake_id}/lines?show=ticked").text


def test_only_a_thing_of_this_room_is_ticked(counter, things, school, phone, room_url):
    assert phone(school.custodian).get(f"{room_url}/things/{things.speaker.id}").status_code == 404


def test_something_without_a_label(counter, school, phone, room_url):
    custodian = phone(school.custodian)
    assert custodian.send(f"{room_url}/unlabelled", {"what": "", "quantity": "2"}).status_code == 422
    custodian.send(f"{room_url}/unlabelled", {"what": "旧书架", "quantity": "2"})
    assert numbers.by_room(counter.room.stocktake)[counter.room.place_id].surplus == 2


def test_undo_by_the_button(counter, things, school, phone, room_url):
    row = counter.sees(things.projectors[0]).count
    url = f"/stocktakes/{counter.room.stocktake_id}/counts/{row.id}/withdrawal"
    assert phone(school.stranger).send(url).status_code == 403
    assert phone(school.cleaner).send(url).status_code == 404
    assert phone(school.teacher).send(url).status_code == 303
    assert Withdrawal.get().by == school.teacher


def test_others_cannot_count_by_address(counter, things, school, phone, room_url):
    form = {"code": things.projectors[0].label.code}
    assert phone(school.cleaner).send(f"{room_url}/counts", form).status_code == 404
    assert phone(school.director).send(f"{room_url}/counts", form).status_code == 403
    assert phone(school.card).send(f"{room_url}/counts", form).status_code == 403
    assert phone().post(f"{room_url}/counts", data=form).status_code in (401, 403)
    assert rows() == 0


def test_the_scan_page_offers_to_count(counter, things, school, phone):
    door, label = school.places.classroom.label.code, things.projectors[0].label.code
    custodian = phone(school.custodian)
    assert "Count here" in custodian.get(f"/q/{door}").text
    assert "Count it" in custodian.get(f"/q/{label}").text
    assert "Count here" not in phone(school.cleaner).get(f"/q/{door}").text
    assert "Count here" not in phone().get(f"/q/{door}").text
    assert custodian.get(f"/stocktakes/here/{door}").status_code == 303
    assert "It is in" in custodian.get(f"/stocktakes/here/{label}").text


def test_the_first_page_says_what_goes_on(stocktake, school, phone):
    assert "stock-take going on" in phone(school.teacher).get("/").text
    assert "stock-take going on" not in phone(school.cleaner).get("/").text


def test_a_photo_is_reason_enough_for_a_tick(counter, things, school, phone, room_url):
    import io

    from app.photos.models import Photo
    from tests.pictures import jpeg

    form = {"reason": "", "photos": (io.BytesIO(jpeg()), "a.jpg")}
    custodian = phone(school.custodian)
    custodian.send(f"{room_url}/things/{things.projectors[0].id}", form, content_type="multipart/form-data")
    photo = Photo.of(Count.get())[0]
    assert custodian.get(f"/photos/{photo.token}").status_code == 200
    assert phone(school.cleaner).get(f"/photos/{photo.token}").status_code == 404
