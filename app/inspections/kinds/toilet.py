"""Toilets (R3), cleaned by the cleaners and scored by the office."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="toilet",
    words=_l("Toilets"),
    button=_l("Check hygiene"),
    at_door=True,
    finding="follow_up",
)
