"""Templates: nothing inline that the Content-Security-Policy would block, nothing unescaped, no form without a key."""

import ast
import re
from pathlib import Path

import pytest

from app.config import HERE, STATIC, TEMPLATES

FILES = sorted(TEMPLATES.rglob("*.html"))
named = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())

TAG = re.compile(r"<(?![!/%{])([a-z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def source(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def found(pattern: str, text: str) -> list[str]:
    return [match[0] for match in re.finditer(pattern, text, re.IGNORECASE)]


@named
def test_no_inline_script_style_or_handler(path: Path) -> None:
    text = source(path)
    assert found(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert found(r"<style\b", text) == []
    assert found(r"\sstyle\s*=", text) == []
    assert found(r"\son[a-z]+\s*=", text) == []
    assert found(r"\shx-on\b", text) == []
    assert found(r"javascript:", text) == []
    assert found(r"hx-(vals|vars|headers)\s*=\s*[\"']js:", text) == []


@named
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    assert found(r"(?:src|href|action|data)\s*=\s*[\"'](?:https?:)?//", source(path)) == []


@named
def test_nothing_goes_out_unescaped(path: Path) -> None:
    text = source(path)
    assert found(r"\|\s*safe\b", text) == []
    assert found(r"\bMarkup\s*\(", text) == []
    assert found(r"autoescape\s+false", text) == []


@named
def test_every_form_that_changes_something_acts_once(path: Path) -> None:
    """Ending a session is the one act that may be sent again without harm."""
    for form in re.findall(r"<form\b[^>]*method=.post.*?</form>", source(path), re.IGNORECASE | re.DOTALL):
        assert "once()" in form or "people.sign_out" in form, form[:200]


@named
def test_every_picture_has_words(path: Path) -> None:
    for tag, attributes in TAG.findall(source(path)):
        if tag.lower() == "img":
            assert "alt=" in attributes, attributes


@named
def test_every_icon_is_in_the_sprite(path: Path) -> None:
    known = set(re.findall(r'id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    used = set(re.findall(r"\bicon\(\"([\w-]+)\"", source(path)))
    assert used <= known


@named
def test_a_form_with_photos_can_send_them(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", source(path), re.IGNORECASE | re.DOTALL):
        if "photos(" in form:
            assert 'enctype="multipart/form-data"' in form, form[:200]


def test_python_builds_no_html_by_hand() -> None:
    """Markup() only around what a template rendered."""
    wrong = []
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"):
                continue
            inside = node.args[0]
            by_template = (
                isinstance(inside, ast.Call)
                and isinstance(inside.func, ast.Name)
                and inside.func.id == "render_template"
            )
            if not by_template and not isinstance(inside, ast.Constant):
                wrong.append(f"{path.relative_to(HERE)}:{node.lineno}")
    assert wrong == []


def test_scripts_evaluate_nothing_and_write_no_html() -> None:
    for path in (STATIC / "js").glob("*.js"):
        if ".min." in path.name:
            continue
        text = path.read_text(encoding="utf-8")
        assert found(r"\beval\(|\bnew Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text) == [], (
            path
        )
        assert found(r"\.style\b|setAttribute\([\"']style", text) == [], path
