"""The areas outside that a class keeps clean (R2), scored by the office."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="class_area",
    words=_l("Class areas outside"),
    button=_l("Check the class area"),
    finding="follow_up",
)
