"""The blueprint that the views files share: write-offs, class property lists, compensation."""

from flask import Blueprint

bp = Blueprint("disposals", __name__, url_prefix="/disposals")
