"""What comes out of the printer: every code is read at 200 dpi and opens, and the used cells stay white.

On a real file, with threads, since several people print at the same moment.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

import labels
from app.assets.models import Asset, Category
from app.places.codes import Label
from app.printing.models import Basket, PrintedLabel, PrintRun
from app.printing.paper import with_things
from app.printing.sheets import SheetOfPaper
from tests.helpers import at_once, make_school, sign_in

pytestmark = pytest.mark.slow
DPI = 200
MM = DPI / 25.4
HOLES = [1, 2, 5, 24]


@pytest.fixture
def site(real_app):
    with real_app.app_context():
        school = make_school()
        category = Category.create(code="A02020400", name="多媒体设备")
        names = [
            "投影仪",
            "激光一体打印复印扫描机(带双面自动输稿器和无线网络,含原装硒鼓)",
            "Interactive whiteboard 86″",
        ]
        for name in names:
            Asset.add_many(12, name, category, school.custodian, place=school.places.store)
        school.desk = sign_in(real_app, school.custodian)
    return school


def pages_of(pdf: bytes, folder: Path) -> list[Image.Image]:
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed (Debian: apt install poppler-utils)")
    (folder / "labels.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", "labels.pdf", "page"], cwd=folder, check=True)
    pages = []
    for path in sorted(folder.glob("page-*.pgm")):
        with Image.open(path) as picture:
            pages.append(picture.copy())
    return pages


def cell_picture(page: Image.Image, sheet: labels.Sheet, cell: int) -> Image.Image:
    x, y = sheet.cell(cell)
    return page.crop(tuple(round(mm * MM) for mm in (x, y, x + sheet.width, y + sheet.height)))


def choice(shown: int, **given) -> dict:
    return {
        "kind": "asset",
        "sheet": "a4-24",
        "paper": "new",
        "drawn": "a4-24:",
        "copies": "1",
        "shown": str(shown),
        **given,
    }


def test_a_sheet_with_holes_prints_codes_that_open(site, tmp_path):
    answer = site.desk.send("/labels/print", choice(36, gone=[str(cell) for cell in HOLES]))
    pages = pages_of(site.desk.get(f"{answer.headers['Location']}/labels.pdf").data, tmp_path)
    sheet, run = labels.SHEETS["a4-24"], PrintRun.get()
    assert len(pages) == run.pages == 2
    rows = {(row.page, row.cell): row.label_id for row in run.printed}
    for number, page in enumerate(pages, 1):
        for cell in range(1, 25):
            picture = cell_picture(page, sheet, cell)
            code = rows.get((number, cell))
            if code is None:
                assert picture.getextrema() == (255, 255), f"something was printed in cell {cell} of page {number}"
                continue
            (found,) = zxingcpp.read_barcodes(picture)
            assert found.text == f"http://localhost/q/{code}"
            assert site.desk.get(found.text.removeprefix("http://localhost")).status_code == 200
    assert {cell for page, cell in rows if page == 1}.isdisjoint(HOLES)


def test_the_rest_of_the_sheet_goes_through_the_printer_again(site, tmp_path):
    site.desk.send("/labels/print", choice(36))
    first = PrintRun.get()
    begun = SheetOfPaper.open().get()
    Basket.put_all(first.codes())
    answer = site.desk.send("/labels/print", choice(36, paper=begun.number, drawn=f"a4-24:{begun.number}"))
    page = pages_of(site.desk.get(f"{answer.headers['Location']}/labels.pdf").data, tmp_path)[0]
    for cell in begun.gone:
        assert cell_picture(page, labels.SHEETS["a4-24"], cell).getextrema() == (255, 255)
    for cell in set(range(1, 25)) - set(begun.gone):
        assert len(zxingcpp.read_barcodes(cell_picture(page, labels.SHEETS["a4-24"], cell))) == 1


@pytest.mark.parametrize("sheet", ["a6-door", "roll-40x30", "a4-44", "a4-8"])
def test_every_size_is_read(site, tmp_path, sheet):
    if sheet == "a6-door":
        data = choice(5, kind="room", sheet=sheet, drawn=f"{sheet}:")
    else:
        data = choice(36, sheet=sheet, drawn=f"{sheet}:")
    answer = site.desk.send("/labels/print", data)
    assert answer.status_code == 303, answer.text
    pages = pages_of(site.desk.get(f"{answer.headers['Location']}/labels.pdf").data, tmp_path)
    read = {found.text for page in pages for found in zxingcpp.read_barcodes(page)}
    assert read == {f"http://localhost/q/{row.label_id}" for row in PrintRun.get().printed}


def test_eight_clerks_on_one_sheet_never_share_a_cell(real_app, site):
    with real_app.app_context():
        begun = SheetOfPaper.begin(labels.SHEETS["a4-24"], {1}, site.custodian)
        codes = [label.code for label in Basket.of_kind("asset")]

    def print_three(number: int):
        def work():
            query = Label.select().where(Label.code.in_(codes[3 * number : 3 * number + 3]))
            stale = SheetOfPaper.get_by_id(begun.id)
            return PrintRun.make(list(with_things(query)), labels.SHEETS["a4-24"], site.custodian, sheet_of_paper=stale)

        return work

    results = at_once(real_app, *[print_three(number) for number in range(8)])
    assert not [
        result for result in results if isinstance(result, Exception) and "left on this sheet" not in str(result)
    ]
    spots = [(row.paper_id, row.cell) for row in PrintedLabel.select()]
    assert len(spots) == len(set(spots))
    assert (begun.id, 1) not in spots


def test_one_form_from_eight_phones_prints_once(real_app, site):
    def press():
        return site.desk.send("/labels/print", choice(36), key="eight phones, one form").status_code

    assert set(at_once(real_app, *[press] * 8)) == {303}
    assert PrintRun.select().count() == 1
