"""Damage reports, from the label to the confirmed repair."""

from flask import Blueprint

bp = Blueprint("repairs", __name__, url_prefix="/repairs")
