"""The four protections: people, physical, technical, rules (D83)."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="protections",
    words=_l("Four protections"),
    icon="shield",
    button=_l("Check the four protections"),
    finding="hazard",
)
