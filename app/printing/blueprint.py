"""The blueprint that the three views files share: the basket and printing, the codes, the sheets and printers."""

from flask import Blueprint

bp = Blueprint("printing", __name__, url_prefix="/labels")
