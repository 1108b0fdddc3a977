"""Make the two subset fonts of this folder out of the full Noto Sans SC. See README.md."""

import io
import sys
import tarfile
from importlib import import_module
from pathlib import Path

from fontTools import subset

HERE = Path(__file__).parent
WEIGHTS = {
    "package/400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
    "package/700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf",
}
EXTRA_RANGES = (
    (0x20, 0x7E),  # ASCII
    (0xA0, 0xFF),  # Latin-1: ° ± ² ³ µ × ·
    (0x2000, 0x206F),  # dashes, quotation marks, ellipsis
    (0x2070, 0x209F),  # raised and lowered figures
    (0x2100, 0x218F),  # ℃ № and Roman figures
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # ≤ ≥ ≠ ≈ √
    (0x2460, 0x24FF),  # figures in circles
    (0x25A0, 0x25FF),  # ■ □ ● ○
    (0x2713, 0x2713),  # ✓
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3380, 0x33DF),  # units: ㎡ ㎜ ㎏
    (0xFF00, 0xFFEF),  # full-width forms
)


def gb2312() -> set[int]:
    """All characters of GB 2312-80: 6,763 hanzi and 682 signs, from Python's own codec."""
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {ord(text) for pair in pairs if (text := pair.decode("gb2312", "ignore"))}


def standard_8105() -> set[int]:
    """通用规范汉字表 (2013), 8,105 hanzi, as carried by the package pypinyin-dict."""
    return set(import_module("pypinyin_dict.pinyin_data.kmandarin_8105").pinyin_dict)


def options() -> subset.Options:
    """No hinting and no layout tables: printing at known sizes needs neither, and they are bulky."""
    chosen = subset.Options()
    chosen.hinting = False
    chosen.notdef_outline = True
    chosen.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    chosen.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vmtx", "vhea", "VORG", "STAT", "DSIG"]
    return chosen


def main(package: str) -> None:
    """Read the npm package (a .tgz file) and write the two fonts beside this script."""
    wanted = gb2312() | standard_8105()
    for first, last in EXTRA_RANGES:
        wanted |= set(range(first, last + 1))
    with tarfile.open(package) as archive:
        for inside, name in WEIGHTS.items():
            font = subset.load_font(io.BytesIO(archive.extractfile(inside).read()), options())
            job = subset.Subsetter(options())
            job.populate(unicodes=wanted)
            job.subset(font)
            subset.save_font(font, str(HERE / name), options())


if __name__ == "__main__":
    main(sys.argv[1])
