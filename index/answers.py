"""What pages answered in a run that takes their articles out: it is weighed in the end, since a mistake of the server
that concerns every page looks just the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from index.article import Withdrawal
from search.spilling import SpillingTable


class _Answer(NamedTuple):
    kind: Literal["killed", "gone"]
    reason: str
    url: str
    is_known: int


class Answers:
    """The answers of pages by the ids of their articles; see `index.article.Withdrawal.is_answer`. There may be one for
    every article."""

    def __init__(self) -> None:
        self._answers = SpillingTable(_Answer)

    def __contains__(self, name: object) -> bool:
        return name in self._answers

    def hold(self, name: str, withdrawal: Withdrawal, *, is_known: bool = True) -> None:
        """Takes what the page of an article answered. `is_known`: the archive has the article."""
        earlier = self._answers.get(name)
        if earlier is None or earlier.kind == "gone":  # another address of one that was killed may only be gone
            answer = _Answer(withdrawal.kind, withdrawal.reason, withdrawal.url or "", int(is_known))
            self._answers.put(name, answer)

    def published(self, name: str) -> None:
        """The article was found again later in the run, so it is not gone; one that was killed is not to come back."""
        if len(self._answers) and (answer := self._answers.get(name)) and answer.kind == "gone":
            self._answers.pop(name)

    def forget(self, name: str) -> None:
        """The page is that of another article now."""
        self._answers.pop(name)

    def known(self) -> Iterator[str]:
        """The ids of the articles that the archive has."""
        return (name for name, answer in self._answers.items() if answer.is_known)

    def unknown(self) -> int:
        """How many the archive does not have."""
        return sum(not answer.is_known for _, answer in self._answers.items())

    def reasons(self) -> Counter[str]:
        """How many articles that the archive has were answered for in which way."""
        return Counter(answer.reason for _, answer in self._answers.items() if answer.is_known)

    def withdrawals(self) -> Iterator[Withdrawal]:
        """Each answer, about the article with the id. Hold none meanwhile."""
        for name, answer in self._answers.items():
            yield Withdrawal(answer.url, answer.kind, answer.reason, id=name, url=answer.url or None)

    def close(self) -> None:
        """Frees what it takes on the disk."""
        self._answers.clear()
