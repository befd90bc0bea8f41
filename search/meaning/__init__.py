"""Search by meaning, an extra: a sentence encoder that turns questions and passages into vectors.

It is off unless the setting `meaning_model` names a folder. Only then are onnxruntime and tokenizers imported, which
`pip install 'backfile[meaning]'` brings. What is done with the vectors is in `search.ranking` and the engines.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.meaning.encoder import Encoder


def open_encoder(folder: str) -> Encoder | None:
    """The encoder in a folder, as the setting `meaning_model` names it; None for "". Raises ConfigError.

    A process opens each folder once, and all its archives share the encoder.
    """
    return _opened(str(Path(folder).resolve())) if folder else None


def require_encoder(folder: str) -> None:
    """Raises ConfigError where `open_encoder` would, and keeps nothing: for a process that starts others to encode."""
    if folder:
        _opened.__wrapped__(folder)


@lru_cache(maxsize=4)
def _opened(folder: str) -> Encoder:
    from search.meaning.encoder import Encoder
    from search.meaning.model_folder import read_model_folder

    return Encoder(read_model_folder(Path(folder)))
