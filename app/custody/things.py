"""The thing behind a scanned label."""

import peewee
from flask import abort

from app.assets.models import Asset
from app.places.codes import Label, tidy
from app.places.models import Place


def asset_at(code: str) -> Asset:
    """The asset whose label in use carries this code, its room loaded; 404 for any other code."""
    label = (
        Label.in_use()
        .select(Label, Asset, Place)
        .join(Asset, attr="asset")
        .join(Place, peewee.JOIN.LEFT_OUTER, on=(Asset.place == Place.id))
        .where(Label.code == tidy(code[:40]))
        .first()
    )
    if label is None:
        abort(404)
    label.asset.code_now = label.code
    return label.asset
