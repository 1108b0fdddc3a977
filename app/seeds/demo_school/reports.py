"""Some things lie idle at the demo school, so that the report of idle things has something to say."""

from typing import TYPE_CHECKING

from app.assets.models import Asset
from app.custody.models import Custody
from app.places.models import Place

if TYPE_CHECKING:
    from app.seeds.demo_school import School

IDLE = ("拉杆音箱", "便携式投影仪", "文件柜")  # older ones in the store that nobody has asked for lately


def build(school: "School") -> None:
    out = Custody.select(Custody.asset).where(Custody.is_open())
    store = Place.get(Place.name == "总务仓库")
    for name in IDLE:
        here = Asset.select().where(Asset.name == name, Asset.place == store, Asset.state == "in_use")
        for asset in here.where(Asset.id.not_in(out)).order_by(Asset.acquired_on).limit(2):
            asset.set_state("idle", school.person("custodian"))
