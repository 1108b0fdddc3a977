"""The tasks of the cleaners by day, week and month (D11); they are ticked off, not scored."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="cleaning",
    words=_l("Cleaning"),
    icon="circle-check",
    button=_l("Tick off cleaning"),
    finding="follow_up",
)
