"""The parameters that a client sent, read in one way for every dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from search.errors import ParameterError
from search.request.reading import query_pairs
from search.translation import gettext as _

MAX_SHOWN: Final = 60
"""Characters of a value that an error repeats."""
_TRUTHS: Final = {"false": False, "0": False, "true": True, "1": True}

Meaning = TypeVar("Meaning")


class Sent:
    """The parameters of an address. An empty value counts as absent.

    What a dialect does not have is ignored, as there: so whether a parameter stands twice is said when it is read, and
    every method raises ParameterError for that.
    """

    def __init__(self, query_string: bytes) -> None:
        """Raises ParameterError for what is not UTF-8, and for too many parameters."""
        self._values: dict[str, list[str]] = {}
        for name, value in query_pairs(query_string):
            self._values.setdefault(name, []).append(value)

    def text(self, name: str, usual: str = "") -> str:
        """The value without spaces around it, or the usual one."""
        values = self._values.get(name, [""])
        if len(values) > 1:
            raise ParameterError(name, _("may stand only once"))
        return values[0].strip() or usual

    def listed(self, name: str) -> tuple[str, ...]:
        """The values between commas, each once."""
        return tuple(dict.fromkeys(filter(None, map(str.strip, self.text(name).split(",")))))

    def truth(self, name: str) -> bool:
        """Whether it is true; absent, it is not. Raises ParameterError if it is neither true nor false."""
        value = self.text(name, "false").lower()
        if value not in _TRUTHS:
            raise ParameterError(name, f"{name} must be true or false")
        return _TRUTHS[value]

    def meant(self, name: str, known: Mapping[str, Meaning], usual: str) -> Meaning:
        """What the value stands for, or the usual one. Raises ParameterError if it is not known."""
        value = self.text(name, usual)
        if value not in known:
            raise unknown(name, value, known)
        return known[value]


def unknown(name: str, value: str, known: Mapping[str, object]) -> ParameterError:
    """The error for a value that this archive has no answer to."""
    choices = ", ".join(known)
    return ParameterError(name, f"{value[:MAX_SHOWN]!r} is not answered by this archive; choose from {choices}")
