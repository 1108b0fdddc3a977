"""Pages of the hazard book."""

from app.inspections import findings, hazard_notices

__all__ = ["findings", "hazard_notices"]
