"""The property of a class against what it was given (D82); published by class once it is confirmed."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="class_property",
    words=_l("Class property"),
    icon="school",
    button=_l("Check class property"),
    finding="ticket",
)
