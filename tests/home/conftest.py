import pytest

from app.inspections.checklists import install_builtin


@pytest.fixture(autouse=True)
def checklists(rolled_back, app):
    """Scan and first page ask which checklists there are."""
    install_builtin()
