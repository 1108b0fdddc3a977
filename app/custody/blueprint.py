"""The blueprint that the views files of custody share: lending and taking back, requests, lists."""

from typing import Any

from flask import Blueprint

from app.custody import models

bp = Blueprint("custody", __name__, url_prefix="/custody")


@bp.record
def set_limits(state: Any) -> None:
    """What is valuable follows the settings of the app that is made."""
    models.valuable_from = state.app.config["VALUABLE_YUAN"] * 100
