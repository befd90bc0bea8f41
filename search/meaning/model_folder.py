"""A folder with a sentence encoder, as Hugging Face exports those of sentence-transformers.

model.onnx                          or onnx/model.onnx; a file with 8-bit weights is preferred, see MODEL_NAMES
tokenizer.json                      the tokenizer, as the library `tokenizers` writes it
1_Pooling/config.json               optional: how vectors of tokens become one, the mean or the first
config_sentence_transformers.json   optional: the prompts to put before a question ("query") and before a passage
                                    ("passage" or "document")
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from search.errors import ConfigError

Pooling = Literal["mean", "first"]

_ON_ARM: Final = platform.machine().lower() in {"arm64", "aarch64"}
MODEL_NAMES: Final = (
    "model_quantized.onnx",
    "model_int8.onnx",
    "model_qint8_arm64.onnx" if _ON_ARM else "model_quint8_avx2.onnx",
    "model.onnx",
)
"""Names of a model, the preferred one first. Those with 8-bit weights are a quarter as large and faster; Hugging Face
has one for each kind of processor."""

_MAX_CONFIG_BYTES: Final = 1_000_000
_MAX_PROMPT: Final = 500


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """The files of a model, and how it wants to be used."""

    folder: Path
    model: Path
    tokenizer: Path
    pooling: Pooling = "mean"
    query_prompt: str = ""
    passage_prompt: str = ""

    def digest(self, *rules: object) -> str:
        """16 hex digits that differ between models, and between `rules` of how texts are cut.

        Vectors can be compared only if they were made with the same. Reads the whole model. Raises ConfigError.
        """
        found = hashlib.blake2b(repr((self.pooling, self.query_prompt, self.passage_prompt, rules)).encode())
        try:
            for path in (self.model, self.tokenizer):
                with path.open("rb") as stream:
                    found.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise ConfigError(f"meaning_model: {error.filename} cannot be read ({error.strerror})") from error
        return found.hexdigest()[:16]


def read_model_folder(folder: Path) -> ModelFolder:
    """The files in a folder. Raises ConfigError, which says what is missing or wrong."""
    if not folder.is_dir():
        raise ConfigError(f"meaning_model: there is no folder {folder}; {_WHAT_TO_NAME}")
    model = next((path for path in _models(folder) if path.is_file()), None)
    if model is None:
        raise ConfigError(f"meaning_model: {folder} has no model.onnx or onnx/model.onnx; {_WHAT_TO_NAME}")
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ConfigError(f"meaning_model: {folder} has no tokenizer.json; {_WHAT_TO_NAME}")
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts")
    prompts = prompts if isinstance(prompts, dict) else {}
    return ModelFolder(
        folder=folder,
        model=model,
        tokenizer=tokenizer,
        pooling=_pooling(folder / "1_Pooling" / "config.json"),
        query_prompt=_prompt(prompts, "query"),
        passage_prompt=_prompt(prompts, "passage") or _prompt(prompts, "document"),
    )


_WHAT_TO_NAME: Final = (
    "name a folder that holds model.onnx and tokenizer.json, as Hugging Face has them for models of "
    'sentence-transformers, or set it to "" to search without'
)


def _models(folder: Path) -> Iterator[Path]:
    for name in MODEL_NAMES:
        yield folder / name
        yield folder / "onnx" / name


def _pooling(path: Path) -> Pooling:
    content = _json(path)
    modes = {name for name, value in content.items() if name.startswith("pooling_mode_") and value is True}
    if modes <= {"pooling_mode_mean_tokens"}:
        return "mean"
    if modes == {"pooling_mode_cls_token"}:
        return "first"
    named = ", ".join(sorted(modes))[:200]
    raise ConfigError(
        f"meaning_model: {path} asks for {named}; choose a model that pools by mean or by its first token"
    )


def _prompt(prompts: Mapping[str, Any], name: str) -> str:
    found = prompts.get(name)
    return found[:_MAX_PROMPT] if isinstance(found, str) else ""


def _json(path: Path) -> Mapping[str, Any]:
    """The object in an optional file; an empty one if there is no file. Raises ConfigError."""
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(_MAX_CONFIG_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"meaning_model: {path} is not the JSON it should be ({error})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"meaning_model: {path} is not a JSON object")
    return content
