"""Both languages are complete: no message is missing, fuzzy, stale, or not compiled."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from app.config import HERE, LANGUAGES

ROOT = HERE.parent
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
BLANK = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def messages() -> set[str | tuple[str, ...]]:
    """Every message that code and templates ask for."""
    found = set()
    for folder, method in ((ROOT / "app", "python"), (ROOT / "templates", "jinja2")):
        pattern = "**.py" if method == "python" else "**.html"
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(folder), method_map=[(pattern, method)], keywords=KEYWORDS
        ):
            found.add(message)
    assert len(found) > 500
    return found


def catalogue(language: str) -> Catalog:
    with (HERE / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def words(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_fuzzy(language, messages):
    known = catalogue(language)
    missing = [m for m in messages if (row := known.get(_key(m))) is None or not all(words(row)) or row.fuzzy]
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language, messages):
    asked = {_key(message) for message in messages}
    assert not [row.id for row in catalogue(language) if row.id and _key(row.id) not in asked]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_only_blanks_that_exist(language):
    for row in catalogue(language):
        ids = (row.id,) if isinstance(row.id, str) else row.id
        blanks = set().union(*(BLANK.findall(text) for text in ids))
        for text in words(row):
            assert set(BLANK.findall(text)) <= blanks | {"num"}, row.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    path: Path = HERE / "translations" / language / "LC_MESSAGES" / "messages.mo"
    compiled, written = read_mo(BytesIO(path.read_bytes())), catalogue(language)
    assert {_key(row.id): words(row) for row in compiled if row.id} == {
        _key(row.id): words(row) for row in written if row.id
    }


def test_chinese_is_chinese():
    """A message of more than one word that has no Chinese character was forgotten."""
    for row in catalogue("zh_Hans_CN"):
        if not row.id:
            continue  # the header
        for text in words(row):
            if len(text.split()) > 2 and "%" not in text:
                assert re.search(r"[\u4e00-\u9fff]", text), row.id


def _key(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]
