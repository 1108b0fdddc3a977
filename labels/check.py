"""Will phones read it? Module size, level and reading distance of a code on a sheet."""

from dataclasses import dataclass

from labels.frame import frame
from labels.label import Label, LabelError, host_of
from labels.qr import fit
from labels.sheets import Sheet

WARN = 0.7  # mm a module: below it, ordinary phones have to come closer than a hand's breadth
REFUSE = 0.4  # mm a module: below it, worn or blurred codes are lost

# Measured on simulated photos: pixels per module = module × frame width / (1.274 × distance), and a common
# decoder needs 2.5 of them. 1.274 = 2 tan(65° / 2), the field of view of a phone's main camera; a scanner
# takes frames of 2 megapixels, 1,600 wide.
FRAME_PIXELS = 1600
FIELD = 1.274
PIXELS_A_MODULE = 2.5


@dataclass(frozen=True)
class Check:
    """Facts about a code on a sheet. `warning`: "small-module", "module-too-small" or None.

    `modules`: along one side, quiet zone not counted. `distance_m`: up to where a typical phone reads it.
    """

    version: int
    level: str
    modules: int
    module_mm: float
    warning: str | None
    refused: bool
    distance_m: float


def check(what: Label | str, sheet: Sheet, dpi: int | None = None) -> Check:
    """Check a label or its address on a sheet; with `dpi`, as a thermal printer's dots allow."""
    url = what.url if isinstance(what, Label) else what
    host_of(url)
    fitted = fit(url)
    module = max(0.0, frame(sheet.checked(), fitted.modules, dpi).module)
    refused = module < REFUSE
    warning = "module-too-small" if refused else "small-module" if module < WARN else None
    return Check(fitted.version, fitted.level, fitted.modules, module, warning, refused, distance(module))


def distance(module: float, frame_pixels: int = FRAME_PIXELS) -> float:
    """Metres from which a code with modules of so many mm is read in a frame of so many pixels' width."""
    return module * frame_pixels / (FIELD * PIXELS_A_MODULE) / 1000


def require(what: Label | str, sheet: Sheet, dpi: int | None = None) -> Check:
    """The check, or LabelError("module-too-small", …) when the code would be too fine to read."""
    found = check(what, sheet, dpi)
    if found.refused:
        raise LabelError("module-too-small", module_mm=found.module_mm, minimum_mm=REFUSE, version=found.version)
    return found
