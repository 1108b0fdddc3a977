"""The kinds of checks. One file each: its rules are a `KIND`, its items the checklists that name it as `family`.

A new kind is a new file here; nothing else has to know it.
"""

from importlib import import_module
from pkgutil import iter_modules

from app.inspections.kinds.base import Kind

GENERAL = "general"


def _found() -> dict[str, Kind]:
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
    return {kind.slug: kind for kind in (import_module(f"{__name__}.{name}").KIND for name in names)}


KINDS = _found()


def kind_of(family: str) -> Kind:
    """The kind of a checklist; a general one for what the school made up itself."""
    return KINDS.get(family) or KINDS[GENERAL]
