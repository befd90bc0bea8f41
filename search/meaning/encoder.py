"""The encoder: texts to vectors of length 1, through onnxruntime.

Each text is run by itself and never in a batch with others: a model with 8-bit weights scales its activations by the
largest of the batch, so that a vector would depend on its neighbours. Of texts of this length a batch is no faster on
a processor anyway; several texts are encoded side by side by several threads. So a vector depends on its text alone.

Mean pooling is that of Reimers and Gurevych: "Sentence-BERT", EMNLP 2019.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.document import Document
from search.errors import ConfigError
from search.meaning.model_folder import ModelFolder
from search.meaning.passages import MAX_TEXT, MAX_TITLE, PASSAGE_TOKENS, PASSAGES, passages

Vectors = NDArray[np.float32]
"""A row for each text, of length 1."""

MAX_QUERY: Final = 1_000
"""Characters of a question that are encoded."""
MAX_DIMENSION: Final = 4_096
_REMEMBERED: Final = 512
"""Questions whose vectors are kept: those of further pages, and of what many ask."""
_AHEAD: Final = 4
"""Articles that each thread may be ahead of the one whose vectors are wanted."""
_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_OUTPUTS: Final = ("last_hidden_state", "token_embeddings", "sentence_embedding")
"""Names of the output that is used, the preferred one first."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Encoder:
    """The encoder of a folder; safe to use from several threads.

    `model` is its name: 16 hex digits, different for whatever makes other vectors. `dimension` is their length.
    Raises ConfigError if the extra is not installed, or for a model that is not as it must be.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self._folder = folder
        self._session = _session(folder)
        self._tokenizer, self._cutter = _tokenizer(folder), _tokenizer(folder)
        self._tokenizer.enable_truncation(PASSAGE_TOKENS)
        self._cutter.no_truncation()
        self._needed = tuple(row.name for row in self._session.get_inputs())
        self._output = self._chosen_output()
        self._lock = Lock()
        self._questions: dict[str, tuple[float, ...]] = {}
        self.dimension = len(self._encoded("a"))
        if not 0 < self.dimension <= MAX_DIMENSION:
            raise self._refusal(f"gives vectors of {self.dimension:,} numbers; {MAX_DIMENSION:,} are allowed")
        self.model = folder.digest(PASSAGES, PASSAGE_TOKENS, MAX_TITLE, MAX_TEXT)

    def question(self, text: str) -> tuple[float, ...]:
        """The vector of what somebody searches for."""
        text = text[:MAX_QUERY]
        with self._lock:
            if (known := self._questions.get(text)) is not None:
                return known
        vector = tuple(self._encoded(self._folder.query_prompt + text).tolist())
        with self._lock:
            if len(self._questions) >= _REMEMBERED:
                self._questions.pop(next(iter(self._questions)))
            self._questions[text] = vector
        return vector

    def article(self, document: Document) -> Vectors:
        """A row for each of the first passages of an article: at least one, at most PASSAGES."""
        return np.stack(
            [self._encoded(self._folder.passage_prompt + text) for text in passages(document, self._offsets)]
        )

    def articles(
        self, documents: Iterable[Document], threads: int = 1
    ) -> Generator[tuple[Document, Vectors], None, None]:
        """Each article with its vectors, in order. The vectors do not depend on the number of threads."""
        if threads <= 1:
            yield from ((document, self.article(document)) for document in documents)
            return
        with ThreadPoolExecutor(threads, "encoder") as pool:
            running: list[tuple[Document, Future[Vectors]]] = []
            try:
                for document in documents:
                    running.append((document, pool.submit(self.article, document)))
                    if len(running) >= _AHEAD * threads:
                        first, future = running.pop(0)
                        yield first, future.result()
                for document, future in running:
                    yield document, future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _offsets(self, text: str) -> Sequence[tuple[int, int]]:
        found: Sequence[tuple[int, int]] = self._cutter.encode(_plain(text), add_special_tokens=False).offsets
        return found

    def _encoded(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(_plain(text)).ids or [0]
        shape = (1, len(ids))
        given = {
            "input_ids": np.array(ids, np.int64).reshape(shape),
            "attention_mask": np.ones(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        try:
            found = self._session.run([self._output], {name: given[name] for name in self._needed})[0]
        except Exception as error:  # those of onnxruntime have no base of their own
            raise self._refusal(f"cannot be run ({_first_line(error)})") from error
        return _unit(self._pooled(found))

    def _pooled(self, found: NDArray[Any]) -> Vectors:
        """One vector of what the model gives for one text: without padding, every token counts for the mean."""
        if found.ndim == 3 and found.shape[0] == 1 and found.shape[1]:
            tokens = found[0].astype(np.float32)
            pooled: Vectors = tokens[0] if self._folder.pooling == "first" else tokens.mean(axis=0)
            return pooled
        if found.ndim == 2 and found.shape[0] == 1:
            whole: Vectors = found[0].astype(np.float32)
            return whole
        raise self._refusal(f"gives an output of the shape {found.shape} for one text")

    def _chosen_output(self) -> str:
        """The output to use. Raises ConfigError for a model of another kind."""
        if unknown := [name for name in self._needed if name not in _INPUTS]:
            raise self._refusal(f"needs the input {unknown[0][:80]!r}, which an encoder of text has not")
        if "input_ids" not in self._needed:
            raise self._refusal("has no input named input_ids")
        names = [row.name for row in self._session.get_outputs()]
        found = next((name for name in _OUTPUTS if name in names), None)
        if found is None:
            raise self._refusal(f"has the outputs {', '.join(names)[:200]}, and none named {', '.join(_OUTPUTS)}")
        return found

    def _refusal(self, what: str) -> ConfigError:
        return ConfigError(
            f"meaning_model: {self._folder.model} {what}; name the folder of a model of sentence-transformers in ONNX"
        )


def _session(folder: ModelFolder) -> Any:
    runtime = _required("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # threads of ours run texts side by side, and workers of a server share the cores
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(str(folder.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ConfigError(
            f"meaning_model: {folder.model} is no model that onnxruntime can read ({_first_line(error)})"
        ) from error


def _tokenizer(folder: ModelFolder) -> Any:
    library = _required("tokenizers")
    try:
        tokenizer = library.Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:
        raise ConfigError(
            f"meaning_model: {folder.tokenizer} is no tokenizer that can be read ({_first_line(error)})"
        ) from error
    tokenizer.no_padding()
    return tokenizer


def _required(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"meaning_model is set, but {module} cannot be imported ({error}); install the extra with "
            "`pip install 'backfile[meaning]'`, or set meaning_model to \"\""
        ) from error


def _plain(text: str) -> str:
    """The text without lone surrogates, which the tokenizer refuses; its offsets are those of the text."""
    return _SURROGATES.sub("\ufffd", text)


def _unit(vector: Vectors) -> Vectors:
    """The vector at length 1. One that is not finite would spoil every comparison, so it counts as no direction."""
    length = float(np.linalg.norm(vector))
    return vector / length if np.isfinite(length) and length > 0.0 else np.zeros_like(vector)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
