"""Corridors, stairs, yards (R4) and the areas that classes keep clean (R2)."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="public_area",
    words=_l("Public areas"),
    button=_l("Check hygiene"),
    at_door=True,
    finding="follow_up",
    cards={"class-area": _l("class areas outside")},
)
