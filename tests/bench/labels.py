"""What 1,000 labels cost: `python tests/bench/labels.py` (or `-m tests.bench.labels`).

Everything from data to file on A4 × 24, against the time the library `qrcode` alone takes for the same 1,000
matrices with its automatic mask. Both are measured in turns in one run and the medians compared, so that the
machine's speed cancels out. Peak memory is that of a fresh process which only prints labels.
"""

import io
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# Run as a file, this folder would shadow the package of the same name.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

COUNT = 1000
TURNS = 5
AIMS = {"time ÷ qrcode alone": 0.45, "bytes a label": 700, "peak memory, MB": 100}
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
THINGS = "投影仪 课桌椅 空调 电子白板一体机 饮水机 灭火器 打印机 钢琴 书柜 篮球架 显微镜 展示台 讲台 音箱 电脑主机"
PLACES = "教学楼 综合楼 实验楼 食堂 图书馆 体育馆 行政楼 门卫室"


def some_labels() -> list:
    """1,000 labels with distinct codes, names, numbers and places."""
    from labels import Label

    chance = random.Random(20)
    codes = ["".join(chance.choices(LETTERS, k=8)) for _ in range(COUNT)]
    return [
        Label(
            code,
            f"https://zw.example.edu.cn/q/{code}",
            "实验小学",
            f"{chance.choice(THINGS.split())}{n % 97 + 1}号",
            f"ZC-2021-{n:04}",
            f"{chance.choice(PLACES.split())} {chance.randrange(101, 512)}",
        )
        for n, code in enumerate(codes)
    ]


def print_all(labels: list) -> int:
    """The whole pipe; returns the size of the file."""
    from labels import SHEETS, render_pdf

    file = io.BytesIO()
    render_pdf(labels, SHEETS["a4-24"], file)
    return file.tell()


def matrices_alone(labels: list) -> None:
    """The yardstick: the same codes by `qrcode` with the mask it chooses itself."""
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    for label in labels:
        code = QRCode(error_correction=ERROR_CORRECT_M)
        code.add_data(label.url)
        code.make()


def seconds(work: Callable[[list], object], labels: list) -> float:
    """Wall time of one run, with nothing remembered of the texts set before."""
    from labels import text

    text.set_text.cache_clear()
    text.tokens.cache_clear()
    start = time.perf_counter()
    work(labels)
    return time.perf_counter() - start


def peak_mb() -> float:
    """Peak memory of a fresh process that makes the labels and prints them, in MB."""
    child = subprocess.run([sys.executable, __file__, "--child"], capture_output=True, check=True, text=True)
    return json.loads(child.stdout)


def measure() -> dict[str, float]:
    """The three measures of AIMS."""
    labels = some_labels()
    size = print_all(labels)  # fonts are read once in a process: warm up
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(seconds(print_all, labels))
        theirs.append(seconds(matrices_alone, labels))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"{COUNT} labels: {statistics.median(ours):.3f} s; qrcode: {statistics.median(theirs):.3f} s")
    return dict(zip(AIMS, (ratio, size / COUNT, peak_mb()), strict=True))


def main() -> int:
    """Print measures beside aims; exit code 1 if one is missed."""
    found = measure()
    for name, value in found.items():
        print(f"{name:24} {value:8.3f}   aim ≤ {AIMS[name]}")
    return int(any(value > AIMS[name] for name, value in found.items()))


if __name__ == "__main__":
    if "--child" in sys.argv:
        print_all(some_labels())
        unit = 1 if sys.platform == "darwin" else 1024
        print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6))
    else:
        sys.exit(main())
