"""Corridors, stairs, yards and other rooms of everybody (R4)."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="public_area",
    words=_l("Public areas"),
    button=_l("Check hygiene"),
    at_door=True,
    finding="follow_up",
)
