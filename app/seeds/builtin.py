"""What every school starts with: property categories and checklists. Running it again adds only what is missing."""

from importlib import import_module

NOUNS = ("assets", "inspections")


def install() -> None:
    for noun in NOUNS:
        import_module(f"app.{noun}.models").install_builtin()
