"""Code text → QR matrix (ISO/IEC 18004), by the `qrcode` library."""

from dataclasses import dataclass
from functools import lru_cache

from qrcode import QRCode, exceptions, util
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

from labels.label import LabelError

QUIET = 4  # modules of white all round, ISO/IEC 18004
LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}

# Choosing the best of the eight masks for each code takes six times as long as drawing the code. Any mask
# decodes equally well on paper; number 2 has the lowest mean penalty over our addresses (576 points,
# against 580 to 736 for the others).
MASK = 2


@dataclass(frozen=True)
class Fit:
    """Version (1 to 40), error correction level ("M" or "Q") and side length in modules."""

    version: int
    level: str
    modules: int


def fit(url: str) -> Fit:
    """The smallest version at level M, and level Q where it costs no larger version.

    The address is taken as it is: some phones do not open HTTPS://… in capitals, which would save space.
    """
    data = util.QRData(url.encode())
    return _fit(data.mode, len(data))


@lru_cache(maxsize=256)
def _fit(mode: int, length: int) -> Fit:
    version = _version(mode, length, "M")
    level = "Q" if _version(mode, length, "Q") == version else "M"
    if version > 40:
        raise LabelError("url-too-long", length=length)
    return Fit(version, level, 17 + 4 * version)


def _version(mode: int, length: int, level: str) -> int:
    """Smallest version that holds the data; 41 when none does."""
    for version in range(1, 41):
        bits = 4 + util.length_in_bits(mode, version) + _bits(mode, length)
        if bits <= util.BIT_LIMIT_TABLE[LEVELS[level]][version]:
            return version
    return 41


def _bits(mode: int, length: int) -> int:
    """Bits of the data itself: three digits in 10 bits, two letters in 11, one byte in 8."""
    if mode == util.MODE_NUMBER:
        return 10 * (length // 3) + (0, 4, 7)[length % 3]
    if mode == util.MODE_ALPHA_NUM:
        return 11 * (length // 2) + 6 * (length % 2)
    return 8 * length


def matrix(url: str) -> tuple[bytes, ...]:
    """Rows from the top, one byte a module: 1 is dark, 0 is light. No quiet zone: that is the layout's."""
    chosen = fit(url)
    code = QRCode(chosen.version, LEVELS[chosen.level], border=0, mask_pattern=MASK)
    code.add_data(url, optimize=0)
    try:
        code.make(fit=False)
    except exceptions.DataOverflowError as error:
        raise LabelError("url-too-long", length=len(url)) from error
    return tuple(map(bytes, code.modules))
