"""The blueprint of transfers."""

from flask import Blueprint

bp = Blueprint("transfers", __name__, url_prefix="/transfers")
