"""One direction: a noun imports those below it. Held by reading the files, not by running them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import NOUNS
from app.config import HERE

GROUND = ("config", "clock", "errors", "db")  # know nothing of the school
FLOOR = (*GROUND, "journal", "throttle", "once", "tick")
SHARED = {  # what every views and forms file may use, and which nouns it may know itself
    "web": {"people"},
    "fields": {"people", "places"},
    "words": set(),
}
LABELS = HERE.parent / "labels"
FILES = sorted(path for path in HERE.rglob("*.py") if "migrations" not in path.parts and "seeds" not in path.parts)


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Each `app.…` module that a file imports, anywhere in it, as (first name below app, line)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "app"
            names = [f"app.{alias.name}" for alias in node.names] if whole else [node.module]
            assert not node.level, f"{path}: relative import"
        else:
            continue
        yield from ((name.split(".")[1], node.lineno) for name in names if name.startswith("app."))


def of_noun(noun: str) -> list[Path]:
    return [path for path in FILES if path.parent == HERE / noun]


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(HERE.parent)}:{line}"


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_imports_only_those_below_it(noun: str) -> None:
    above = set(NOUNS[NOUNS.index(noun) + 1 :])
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in of_noun(noun)
        for name, line in imported(path)
        if name in above
    ]
    assert wrong == []


@pytest.mark.parametrize("noun", NOUNS)
def test_rows_and_rules_know_nothing_of_pages(noun: str) -> None:
    """models.py must work from the command line and in a thread, without a request."""
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in of_noun(noun)
        if path.name == "models.py"
        for name, line in imported(path)
        if name in SHARED and name != "words"
    ]
    assert wrong == []


@pytest.mark.parametrize("name", FLOOR)
def test_the_floor_knows_no_noun(name: str) -> None:
    assert [each for each, _line in imported(HERE / f"{name}.py") if each in NOUNS] == []


@pytest.mark.parametrize("name", GROUND)
def test_the_ground_knows_only_the_ground(name: str) -> None:
    assert {each for each, _line in imported(HERE / f"{name}.py")} <= set(GROUND)


@pytest.mark.parametrize("name", sorted(SHARED))
def test_what_is_shared_by_all_pages_knows_few_nouns(name: str) -> None:
    nouns = {each for each, _line in imported(HERE / f"{name}.py") if each in NOUNS}
    assert nouns <= SHARED[name]


def test_nothing_imports_the_commands_but_the_command() -> None:
    top = {"commands", "backups"}
    users = {
        where(path, line) for path in FILES if path.stem not in top for name, line in imported(path) if name in top
    }
    assert users == set()


def test_the_label_library_knows_nothing_of_the_app() -> None:
    for path in LABELS.rglob("*.py"):
        assert list(imported(path)) == [], path
        assert "flask" not in path.read_text(encoding="utf-8").lower(), path


def test_htmx_headers_are_read_in_two_files_only() -> None:
    """Elsewhere they would be a second dress of a page that no test looks at."""
    users = {
        path.relative_to(HERE).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("HX-")
    }
    assert users <= {"web.py", "errors.py"}


def test_one_writer_of_the_ledger() -> None:
    """Movement, Shelf and an asset's place change in assets/ledger.py and nowhere else."""
    verbs = {"create", "insert", "insert_many", "update", "delete", "save", "delete_instance"}
    wrong = [
        where(path, node.lineno)
        for path in FILES
        if path != HERE / "assets" / "ledger.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in verbs
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("Movement", "Shelf")
    ]
    assert wrong == []
