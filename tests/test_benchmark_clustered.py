"""The benchmark of the engine on a cluster: its figures, its tables, and its simulations."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is beside the product, and no part of it

from benchmark.clustered.figures import (  # noqa: E402
    BEGIN,
    END,
    ClusterFigures,
    Plain,
    Row,
    Spread,
    Words,
    as_text,
    load,
    write_into,
)
from benchmark.clustered.measure import compared, spread  # noqa: E402
from benchmark.figures import save  # noqa: E402
from benchmark.scale import bare  # noqa: E402

FIGURES = ClusterFigures(
    {"processor": "P", "cores": "2", "memory": "24 GiB", "python": "3.11"},
    "OpenSearch",
    "2026-01-01T00:00:00",
    (
        Row(1000, 0, 0, 2.0, 1.0, 0.0, 5_000_000, Spread(1.0, 2.0), Spread(0.5, 1.0), Spread(3.0, 4.0)),
        Row(1000, 3, 3, 4.0, 1.0, 2.0, 9_000_000, Spread(9, 9), Spread(8, 8), Spread(7, 7), 0.98, 1e-7),
    ),
    (Plain(1000, 2.0, 4_000_000),),
    (Words("French", 200, 50, ("été",)),),
)


def test_figures_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    save(FIGURES, tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == FIGURES


def test_the_tables_name_every_engine_and_what_it_took(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_into(page, FIGURES)
    text = page.read_text("utf-8")
    assert "old" not in text
    assert "| 1,000 | 3 nodes, 3 shards | 250 | 1.00 (2.00) | 9 | 9,000 |" in text
    assert "| 1,000 | local | 1.0 / 2.0 | 0.5 / 1.0 | 3.0 / 4.0 | – | – |" in text
    assert "98%" in text
    assert "| French | 200 | 50 | 25.0% | été |" in text
    assert "25.0%" in as_text(FIGURES)


def test_the_figures_in_the_documentation_are_those_in_the_repository() -> None:
    text = (ROOT / "docs" / "explanation" / "benchmark.md").read_text("utf-8")
    assert as_text(load(ROOT / "benchmark" / "cluster-figures.json"), in_markdown=True).strip() in text


def test_lists_are_compared_by_order_and_scores_by_their_relative_difference() -> None:
    same, error = compared([{"a": 1.0, "b": 0.5}, {"a": 1.0}], [{"a": 1.1, "b": 0.5}, {"b": 1.0}])
    assert same == 0.5
    assert error == pytest.approx(0.1 / 1.1)
    assert compared([{}], [{}]) == (1.0, 0.0)


def test_a_spread_is_the_median_and_the_95th_percentile() -> None:
    assert spread([5.0, 1.0, 3.0]) == Spread(3.0, 5.0)
    assert spread([float(number) for number in range(1, 101)]) == Spread(50.5, 96.0)


def test_articles_without_text_have_sections_authors_and_dates() -> None:
    articles = list(bare(200, 1))
    assert articles == list(bare(200, 1))
    assert len({article.id for article in articles}) == 200
    assert all(article.sections and article.authors and article.published for article in articles)
