"""What `backfile evaluate snippets` counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archives import fill
from click.testing import CliRunner

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.evaluation.snippet_scores import score_snippets, titles

FILLER = "Nothing of interest happened that year in the valley. " * 5


def archive() -> list[Document]:
    return [
        Document(
            "a", "Treaty of peace", f"The treaty of peace was signed.\n\n{FILLER}\n\nA river rose.", language="en"
        ),
        Document("b", "Rivers rise", "River " + "word " * 80 + "peace " + "word " * 80, language="en"),
        Document("c", "", FILLER, language="en"),
    ]


def test_what_snippets_show_is_counted_over_all_hits() -> None:
    engine = MemoryEngine()
    fill(engine, *archive())
    with engine.searcher() as searcher:
        assert titles(searcher, 3) == ["Treaty peace", "Rivers rise"]
        scores = score_snippets(searcher, ["treaty peace", "river", "unknown"])
    assert (scores.questions, scores.hits, scores.passages) == (3, 4, 1.0)
    assert (scores.coverage, scores.idle, scores.whole) == (1.0, 0.0, 0.5)
    assert 60 < scores.length < 240


@pytest.mark.parametrize("with_file", [True, False])
def test_the_command_prints_them(tmp_path: Path, with_file: bool) -> None:
    url = f"whoosh:{tmp_path}/index"
    fill(open_engine(url), *archive())
    questions = tmp_path / "questions.txt"
    questions.write_text("treaty peace\n\nriver\n", encoding="utf-8")
    arguments = ["--index", url, "evaluate", "snippets", *([str(questions)] if with_file else ["--titles", "3"])]
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["questions"] == 2
    assert "coverage" in CliRunner().invoke(main, arguments).stdout


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    url = f"whoosh:{tmp_path}/index"
    fill(open_engine(url), *archive())
    questions = tmp_path / "questions.txt"
    questions.write_bytes(b"\xff\xfe")
    result = CliRunner().invoke(main, ["--index", url, "evaluate", "snippets", str(questions)])
    assert result.exit_code != 0
