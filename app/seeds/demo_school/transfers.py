"""A transfer that the giver has agreed to and the taker has not: the office comes after."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app import clock
from app.assets.models import Asset
from app.seeds.demo_school.days import at, school_days
from app.transfers.models import Transfer, Wanted

if TYPE_CHECKING:
    from app.seeds.demo_school import School


def build(school: "School") -> None:
    asked_on = list(school_days())[-2]
    room = school.places["美术教室"]
    thing = (
        Asset.select()
        .where(Asset.name == "教学音箱", Asset.keeper != room.keeper, Asset.state == "in_use")
        .order_by(Asset.id.desc())
        .first()
    )
    clock.set_hands(at(asked_on, 15, 10))
    slip = Transfer.ask(
        thing.keeper, [Wanted(thing, thing.place)], place=room, taker=room.keeper, reason="美术教室上公开课缺音箱"
    )  # fmt: skip
    clock.set_hands(clock.now() + timedelta(minutes=20))
    waiting = next((ask for ask in slip.asks if ask.state == "waiting" and ask.person_id == thing.keeper_id), None)
    if waiting is not None:
        slip.agree(thing.keeper, key=waiting.key)
    clock.set_hands(None)
