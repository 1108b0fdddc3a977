"""Make icons.svg, one sprite of just the icons used, from the npm package `lucide-static`.

npm pack lucide-static@1.62.0 && tar xzf lucide-static-*.tgz
python static/img/build_sprite.py package/icons
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent


def symbol(path: Path) -> str:
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.S).group(1)
    drawing = re.sub(r"\s+", " ", drawing).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{path.stem}" viewBox="0 0 24 24">{drawing}</symbol>'


if __name__ == "__main__":
    names = (HERE / "icons.txt").read_text().split()
    symbols = "\n".join(symbol(Path(sys.argv[1]) / f"{name}.svg") for name in sorted(set(names)))
    (HERE / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')
