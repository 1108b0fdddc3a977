"""The equipment of classrooms and special rooms, at the start of a term (D71). What is broken is reported."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind, first_weeks

KIND = Kind(
    slug="equipment",
    words=_l("Room equipment"),
    icon="monitor",
    button=_l("Check room equipment"),
    season=first_weeks,
    finding="ticket",
)
