"""The blueprint that the two views files share: deliveries, and requests to buy."""

from flask import Blueprint

bp = Blueprint("receiving", __name__, url_prefix="/receiving")
