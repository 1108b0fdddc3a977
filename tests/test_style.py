"""The style of the code, as `pyproject.toml` says it."""

import subprocess
import sys

import pytest

from app.config import HERE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("words", [("check",), ("format", "--check")], ids=["rules", "format"])
def test_ruff_finds_nothing(words):
    command = [sys.executable, "-m", "ruff", *words, "--no-cache", "--output-format", "concise", "."]
    if "format" in words:
        command.remove("--output-format")
        command.remove("concise")
    answer = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout
