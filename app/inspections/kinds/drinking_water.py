"""Drinking water machines (D69): clean, in date, measured."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="drinking_water",
    words=_l("Drinking water"),
    icon="droplets",
    button=_l("Check the water machine"),
    finding="ticket",
)
