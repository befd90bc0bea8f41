"""The library's front door: its public names, and the examples that show how to use them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import search

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-to" / "use-the-library.md"
MOST_NAMES = 25


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def run(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_public_surface_is_counted() -> None:
    assert len(search.__all__) == len(set(search.__all__)) <= MOST_NAMES
    assert search.__all__ == sorted(search.__all__)


@pytest.mark.parametrize("name", search.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(search, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        search.Nothing  # noqa: B018


def test_importing_the_library_loads_nothing_that_is_not_used(tmp_path: Path) -> None:
    loaded = run("import search, sys; print([name for name in sys.modules if name.startswith('search.')])", tmp_path)
    assert loaded.strip() == "[]"


def test_adding_articles_does_not_load_what_highlights_them(tmp_path: Path) -> None:
    program = (
        "import sys; from search import Document, open_engine\n"
        "with open_engine('memory:').writer() as writer: writer.add(Document('1', 'a'))\n"
        "print([name for name in sys.modules if name.startswith(('search.results', 'search.highlight'))])"
    )
    assert run(program, tmp_path).strip() == "[]"


def test_the_examples_run_one_after_the_other(tmp_path: Path) -> None:
    first, second = examples()
    assert run(first, tmp_path).strip() == (
        "1 The river rises After three days of rain the river rose over the <mark>old</mark> <mark>bridge</mark>."
    )
    filled = first.replace('"memory:"', '"whoosh:archive"') + second.replace('"printing"', '"river"')
    run(filled + "assert found.total == 1\nassert article.id == '1923/flood'\n", tmp_path)
