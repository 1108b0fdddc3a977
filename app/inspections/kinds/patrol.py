"""The monthly patrol of the campus (D73, D79, D84, D88). What is wrong is a hazard until somebody closed it."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="patrol",
    words=_l("Patrol"),
    icon="shield",
    button=_l("Patrol"),
    finding="hazard",
)
