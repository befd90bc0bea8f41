"""The encoder, with a real model: vectors that say what texts are about, and errors that say what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document
from search.errors import ConfigError
from search.meaning import open_encoder
from search.meaning.encoder import MAX_QUERY, Encoder
from search.meaning.model_folder import MODEL_NAMES, read_model_folder
from search.meaning.passages import MAX_TEXT, PASSAGES, passages

FLOODED = Document("1", "River overflows its banks", "Streets were under water, and families left their houses.")
BUDGET = Document("2", "Parliament passes the budget", "The tax on fuel will rise next year.")


@pytest.fixture(scope="session")
def encoder(minilm: Path) -> Encoder:
    return Encoder(read_model_folder(minilm))


def copied(minilm: Path, folder: Path, *, leaving_out: str = "") -> Path:
    """A folder of its own with the files of the model."""
    folder.mkdir()
    for path in minilm.iterdir():
        if path.name != leaving_out:
            (folder / path.name).symlink_to(path.resolve())
    return folder


def test_a_question_is_nearest_to_what_it_is_about_without_a_word_in_common(encoder: Encoder) -> None:
    asked = np.array(encoder.question("flooding of a town"))
    assert float((encoder.article(FLOODED) @ asked).max()) > float((encoder.article(BUDGET) @ asked).max()) + 0.2


def test_vectors_have_length_one_and_the_dimension_of_the_model(encoder: Encoder) -> None:
    rows = encoder.article(FLOODED)
    assert rows.shape == (1, encoder.dimension)
    assert encoder.dimension == 384
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0])
    assert np.linalg.norm(encoder.question("a town")) == pytest.approx(1.0)


def test_a_vector_depends_on_its_text_alone(encoder: Encoder) -> None:
    documents = [Document(str(number), f"Report {number}", "The mayor spoke. " * number) for number in range(12)]
    alone = {document.id: encoder.article(document) for document in documents}
    for threads in (1, 3):
        found = list(encoder.articles(documents, threads))
        assert [document for document, _ in found] == documents
        assert all((rows == alone[document.id]).all() for document, rows in found)


def test_a_long_article_has_several_passages_each_under_its_title(encoder: Encoder) -> None:
    long = Document("long", "The title", " ".join(f"word{number}" for number in range(3_000)), "A summary.")
    texts = list(passages(long, encoder._offsets))
    assert len(texts) == PASSAGES
    assert all(text.startswith("The title. ") for text in texts)
    assert texts[0].startswith("The title. A summary.")
    assert texts[1].removeprefix("The title. ")[:4] not in texts[0][-8:]
    assert encoder.article(long).shape == (PASSAGES, 384)


def test_an_article_without_any_text_has_a_vector_too(encoder: Encoder) -> None:
    assert encoder.article(Document("empty", "")).shape == (1, 384)


def test_what_is_encoded_of_a_huge_article_is_bounded(encoder: Encoder) -> None:
    read: list[int] = []

    def offsets(text: str) -> list[tuple[int, int]]:
        read.append(len(text))
        return list(encoder._offsets(text))

    list(passages(Document("huge", "x" * 100_000, "y" * 1_000_000), offsets))
    assert max(read) <= MAX_TEXT


@given(st.text(st.characters(), max_size=300))
def test_every_text_has_a_vector(encoder: Encoder, text: str) -> None:
    rows = encoder.article(Document("any", text[:100], text))
    assert np.isfinite(rows).all()
    assert np.isfinite(encoder.question(text)).all()


def test_only_the_beginning_of_a_question_is_read(encoder: Encoder) -> None:
    assert encoder.question("water " * 1_000) == encoder.question(("water " * 1_000)[:MAX_QUERY])


def test_the_name_of_a_model_is_that_of_all_that_makes_its_vectors(minilm: Path, tmp_path: Path) -> None:
    same = Encoder(read_model_folder(copied(minilm, tmp_path / "same")))
    assert same.model == Encoder(read_model_folder(minilm)).model
    prompted = copied(minilm, tmp_path / "prompted")
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    (prompted / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    other = Encoder(read_model_folder(prompted))
    assert other.model != same.model
    assert other.question("a town") != same.question("a town")
    assert other.question("a town") == same.question("query: a town")


def test_a_model_may_pool_by_its_first_token(minilm: Path, tmp_path: Path) -> None:
    folder = copied(minilm, tmp_path / "first")
    (folder / "1_Pooling").mkdir()
    config = folder / "1_Pooling" / "config.json"
    config.write_text(json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}))
    by_mean = Encoder(read_model_folder(minilm)).question("a town")
    assert Encoder(read_model_folder(folder)).question("a town") != by_mean
    config.write_text(json.dumps({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}))
    assert Encoder(read_model_folder(folder)).question("a town") == by_mean
    config.write_text(json.dumps({"pooling_mode_max_tokens": True}))
    with pytest.raises(ConfigError, match="pooling_mode_max_tokens"):
        read_model_folder(folder)


def test_eight_bit_weights_are_preferred_and_a_folder_onnx_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "tokenizer.json").touch()
    for name in reversed(MODEL_NAMES):
        (tmp_path / "onnx" / name).touch()
        assert read_model_folder(tmp_path).model == tmp_path / "onnx" / name
    (tmp_path / "model.onnx").touch()
    assert read_model_folder(tmp_path).model.parent.name == "onnx"


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(minilm: Path, tmp_path: Path, missing: str) -> None:
    folder = copied(minilm, tmp_path / "broken", leaving_out=missing)
    with pytest.raises(ConfigError, match=f"has no {missing}.*name a folder"):
        open_encoder(str(folder))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config_sentence_transformers.json"])
def test_a_file_that_is_not_what_it_should_be_is_named(minilm: Path, tmp_path: Path, name: str) -> None:
    folder = copied(minilm, tmp_path / "broken", leaving_out=name)
    (folder / name).write_bytes(b"\x08\x07 nothing of the kind")
    with pytest.raises(ConfigError, match=name):
        open_encoder(str(folder))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no folder .*nowhere"):
        open_encoder(str(tmp_path / "nowhere"))


def test_a_model_of_another_kind_is_refused(minilm: Path, tmp_path: Path) -> None:
    import onnx  # with the extra test-meaning, like the model

    for inputs, outputs, said in (
        (["pixels"], ["last_hidden_state"], "needs the input 'pixels'"),
        (["input_ids"], ["logits"], "outputs logits"),
        (["attention_mask"], ["last_hidden_state"], "no input named input_ids"),
        (["input_ids"], ["last_hidden_state"], "shape"),
    ):
        folder = copied(minilm, tmp_path / said[:6].strip(), leaving_out="model.onnx")
        kind = onnx.TensorProto.INT64
        shape = [None, None]
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Shape", [inputs[0]], [outputs[0]])],
            "wrong",
            [onnx.helper.make_tensor_value_info(name, kind, shape) for name in inputs],
            [onnx.helper.make_tensor_value_info(name, kind, None) for name in outputs],
        )
        made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
        (folder / "model.onnx").write_bytes(made.SerializeToString())
        with pytest.raises(ConfigError, match=said):
            Encoder(read_model_folder(folder))


def test_without_the_setting_nothing_of_the_extra_is_imported() -> None:
    program = (
        "import sys; from search import Archive, Document, SearchRequest, open_engine\n"
        "engine = open_engine('memory:')\n"
        "with engine.writer() as writer: writer.add(Document('1', 'flood'))\n"
        "assert Archive(engine).search(SearchRequest(q='flood')).total == 1\n"
        "print([name for name in ('onnxruntime', 'tokenizers', 'search.meaning.encoder') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_extra_the_setting_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").touch()
    program = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from search.meaning import open_encoder\n"
        "from search.errors import ConfigError\n"
        "try: open_encoder(sys.argv[1])\n"
        "except ConfigError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert "pip install 'backfile[meaning]'" in done.stdout
