"""QR labels for rooms and things: code text → matrix → layout in mm → sheet → PDF or PNG.

Knows nothing of the app: no web framework, no database, no language of the interface.
"""

from labels.check import Check, check
from labels.faces import missing_characters
from labels.label import Label, LabelError
from labels.pdf import render_pdf
from labels.plan import Placement, plan
from labels.png import render_png
from labels.sheets import SHEETS, Sheet
from labels.testpage import render_test_page

__all__ = [
    "SHEETS",
    "Check",
    "Label",
    "LabelError",
    "Placement",
    "Sheet",
    "check",
    "missing_characters",
    "plan",
    "render_pdf",
    "render_png",
    "render_test_page",
]
