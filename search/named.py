"""What is named in a string, "module:attribute", and imported when it is used.

A program that names what it may need starts faster than one that imports it: a command needs few of the libraries that
all of them need together. A name is for what a table chooses from; elsewhere an import inside a function does the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


def imported(target: str) -> Any:
    """What "module:attribute" names. Raises ImportError or AttributeError if there is no such thing."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True, slots=True)
class Named:
    """A function or a class by its name, which is imported when it is called. It may be sent to another process."""

    target: str

    @property
    def __name__(self) -> str:
        return self.target.rpartition(":")[2]

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Calls what is named; see `imported`."""
        return imported(self.target)(*args, **named)
