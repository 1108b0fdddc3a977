"""Before the holidays every room is closed by whoever keeps it, at its door (D90)."""

from flask_babel import lazy_gettext as _l

from app.inspections.kinds.base import Kind, around_holidays

KIND = Kind(
    slug="holiday_closing",
    words=_l("Holiday closing"),
    icon="key",
    button=_l("Close the room for the holidays"),
    season=around_holidays,
    finding="hazard",
)
