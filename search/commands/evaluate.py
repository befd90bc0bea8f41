"""`backfile evaluate`: the measurements behind the claims of the documentation, for anyone to repeat."""

from __future__ import annotations

from typing import Final

import click

from search.commands.group import LazyGroup, Row

_ROWS: Final = {
    "duplicates": Row(
        "index.evaluate_duplicates:duplicates", "Measurements", "Score fingerprints by the wording of articles."
    ),
    "extraction": Row(
        "index.evaluate_extraction:extraction", "Measurements", "Score HTML extraction against known texts."
    ),
    "language": Row("index.evaluate_language:language", "Measurements", "Score the detection of languages."),
    "names": Row("search.commands.evaluate_names:names", "Measurements", "Score the suggested spellings of names."),
    "related": Row("index.evaluate_related:related", "Measurements", "Score the related articles by editors' labels."),
    "ranking": Row("search.commands.evaluate_ranking:ranking", "Measurements", "Score the ranking on judged queries."),
    "snippets": Row("search.commands.evaluate_snippets:snippets", "Measurements", "Count what snippets show."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def evaluate() -> None:
    """Measure ranking, related articles and extraction against what people judged, and what snippets show."""
