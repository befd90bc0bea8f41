"""The commit record: what a reader of the index sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `epoch` is that of its writer; `average_lengths` are in words, by text field, over the articles that
    have the field (0.0 if none has)."""

    index: str
    epoch: int
    floor: int
    aborted: tuple[int, ...]
    committed_at: datetime
    articles: int
    languages: tuple[str, ...]
    average_lengths: Mapping[str, float]
    seq_no: int = 0
    primary_term: int = 0

    @property
    def generation(self) -> str:
        """Changes with every commit and never comes back."""
        return f"{self.index}.{self.epoch}"


def visible(commit: Commit) -> dict[str, Any]:
    """The articles of a commit, as a query."""
    aborted = list(commit.aborted)
    dead: dict[str, Any] = {"range": {"died": {"lte": commit.epoch}}}
    if aborted:
        dead = {"bool": {"filter": [dead], "must_not": [{"terms": {"died": aborted}}]}}
    unborn = [{"terms": {"born": aborted}}] if aborted else []
    return {"bool": {"filter": [{"range": {"born": {"lte": commit.epoch}}}], "must_not": [dead, *unborn]}}
