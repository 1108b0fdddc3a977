"""What every school starts with: property categories and checklists. Running it again adds only what is missing."""

from importlib import import_module

OWNERS = ("assets.models", "custody.boxes", "inspections.checklists")


def install() -> None:
    for owner in OWNERS:
        import_module(f"app.{owner}").install_builtin()
