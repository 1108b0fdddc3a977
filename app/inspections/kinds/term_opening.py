"""Before a term begins: water, power, gas, machines and rooms are put into service (D64, D66)."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind, around_term_start

KIND = Kind(
    slug="term_opening",
    words=_l("Term opening"),
    icon="calendar",
    button=_l("Check before term"),
    season=around_term_start,
    finding="ticket",
)
