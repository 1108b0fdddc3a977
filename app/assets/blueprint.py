"""The blueprint that the views files of property share, and what all of them ask."""

from flask import Blueprint
from flask_login import current_user

from app.assets.models import Asset, Shelf
from app.web import get_or_404

bp = Blueprint("assets", __name__, url_prefix="/assets")


def found(id: int) -> Asset:
    """The asset with all that a page says of it, if the person may see it; else 404."""
    return get_or_404(Asset.shown(Asset.visible_to(current_user)), id)


def shelves_of(asset: Asset) -> list[Shelf]:
    """Where an asset is now, with the rooms loaded."""
    return list(Shelf.held().where(Shelf.asset == asset).order_by(Shelf.place))
