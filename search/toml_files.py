"""Files in TOML that an editor writes, read within bounds."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from search.errors import ConfigError


def read_toml(path: str, most: int, what: str) -> tuple[str, dict[str, Any]]:
    """The text of a file, and its parts. `what` it should be is asked if it is larger than `most` bytes.

    Raises ConfigError, which names the file.
    """
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(most + 1)
        if len(raw) > most:
            raise ConfigError(f"{path}: is larger than {most:,} bytes; is it {what}?")
        text = raw.decode("utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:  # a number of many digits is a ValueError of its own
        raise ConfigError(f"{path}: is not valid TOML in UTF-8 ({error})") from error
