"""Whatever else a school wants to have checked."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind

KIND = Kind(
    slug="general",
    words=_l("Own checklist"),
    icon="list-checks",
    button=_l("Check"),
)
