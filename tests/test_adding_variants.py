"""An entry is added to the file of variants as an editor would: nothing else changes, and nobody reads half of it."""

from __future__ import annotations

import stat
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from search import adding_variants
from search.adding_variants import add_variant, entry_lines
from search.commands import main
from search.errors import ConfigError, ParameterError
from search.variants import load_variants, read_entries

COMMENTED = """# names of the newsroom, in no order
both_ways = [
  ["Kyiv", "Kiev"],   # since 2019
  # to be asked: Kharkiv
]

[one_way]  # readers type
"Bombay" = ["Mumbai"]  # renamed in 1995

# German ducks
[languages.de]
both_ways = [["Beijing", "Peking"]]
"""


def variants(folder: Path, text: str) -> Path:
    path = folder / "variants.toml"
    path.write_bytes(text.encode())
    return path


def test_comments_order_and_spaces_stay_as_they_are(tmp_path: Path) -> None:
    path = variants(tmp_path, COMMENTED)
    assert add_variant(str(path), "karabah", "Karabakh")
    bombay = '"Bombay" = ["Mumbai"]  # renamed in 1995\n'
    assert path.read_text() == COMMENTED.replace(bombay, f'{bombay}"karabah" = ["Karabakh"]\n')
    assert load_variants(str(path)).others["karabah",][0].text == "Karabakh"


@pytest.mark.parametrize(
    "text",
    ["", "# nothing yet", "\n\n", 'both_ways = [["a1", "b1"]]', "both_ways = []\r\n[one_way]\r\n", "[one_way]",
     '[one_way]\n"x1" = [\n  "y1",\n  "z1",\n]\n[languages.az.one_way]\n"q1" = "r1"', '[one_way]\n[languages]\n',
     "both_ways = [\n]\n# [one_way]\n", '[languages.de.one_way]\n"a1" = ["b1"]\n', "  [ one_way ]  # spaced\n",
     'both_ways = [["""\n[one_way]\nname""", "x2"]]\n'],
    ids=repr,
)  # fmt: skip
def test_an_entry_finds_its_place_in_any_file(tmp_path: Path, text: str) -> None:
    path = variants(tmp_path, text)
    before = tomllib.loads(text.replace("\r\n", "\n"))
    assert add_variant(str(path), "əliyef", "Əliyev")
    after = tomllib.loads(path.read_text())
    assert after.pop("one_way") == before.pop("one_way", {}) | {"əliyef": ["Əliyev"]}
    assert after == before
    assert read_entries(str(path))
    if "\r\n" in text:
        assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_a_second_spelling_joins_the_first(tmp_path: Path) -> None:
    path = variants(tmp_path, '[one_way]\n"karabah" = "Karabakh"  # asked for\n"x1" = ["y1"]\n')
    assert add_variant(str(path), "karabah", "Qarabağ")
    assert path.read_text() == '[one_way]\n"karabah" = ["Karabakh", "Qarabağ"] # asked for\n"x1" = ["y1"]\n'


def test_what_is_there_already_changes_nothing(tmp_path: Path) -> None:
    path = variants(tmp_path, COMMENTED)
    assert not add_variant(str(path), "bombay", "MUMBAI")
    assert not add_variant(str(path), "kiev", "Kyiv"), "by an entry both ways"
    assert path.read_text() == COMMENTED


@pytest.mark.parametrize(
    ("name", "spelling", "says"),
    [("", "x", "no letter"), ("x", "!!", "no letter"), ("Əliyev", "eliyev", "differs in case and diacritics alone"),
     ("a " * 9, "x", "longer than 8 words"), ("x", "y" * 201, "longer than"), ("a\nb", "x", "cannot be seen"),
     ("a\x00", "x", "cannot be seen"), ("a\u202eb", "x", "cannot be seen")],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_refused(tmp_path: Path, name: str, spelling: str, says: str) -> None:
    path = variants(tmp_path, COMMENTED)
    with pytest.raises(ParameterError, match=says):
        add_variant(str(path), name, spelling)
    assert path.read_text() == COMMENTED


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "ключ", "[one_way]", "# no comment", "a = b"])
def test_odd_names_are_quoted(tmp_path: Path, name: str) -> None:
    path = variants(tmp_path, COMMENTED)
    add_variant(str(path), name, "Other1")
    assert tomllib.loads(path.read_text())["one_way"][name] == ["Other1"]
    assert tomllib.loads(entry_lines(name, "Other1")) == {"one_way": {name: ["Other1"]}}


def test_a_file_that_is_wrong_gone_or_in_an_odd_form_is_left_alone(tmp_path: Path) -> None:
    for text, says in (("both_ways = 1", "must be a list"), ('one_way = { "a1" = ["b1"] }\n', "only you can add to")):
        path = variants(tmp_path, text)
        with pytest.raises(ConfigError, match=says):
            add_variant(str(path), "x1", "y1")
        assert path.read_text() == text
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        add_variant(str(path), "x1", "y1")
    with pytest.raises(ConfigError, match="name one in the setting variants"):
        add_variant("", "x1", "y1")
    assert list(tmp_path.iterdir()) == [], "and no draft is left behind"


@pytest.mark.skipif(sys.platform == "win32", reason="rights and links are those of POSIX")
def test_rights_stay_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = variants(tmp_path / "real", COMMENTED)
    real.chmod(0o640)
    link = tmp_path / "variants.toml"
    link.symlink_to(real)
    assert add_variant(str(link), "x1", "y1")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "x1" in real.read_text()


def test_editors_who_click_at_once_lose_nothing_and_readers_see_whole_files(tmp_path: Path) -> None:
    path = variants(tmp_path, COMMENTED)
    done = threading.Event()
    wrong: list[Exception] = []

    def read() -> None:
        while not done.is_set():
            try:
                assert read_entries(str(path))
            except (ConfigError, AssertionError) as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=add_variant, args=(str(path), f"typed{n}", f"Written{n}")) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert wrong == []
    assert {f"typed{n}" for n in range(8)} <= tomllib.loads(path.read_text())["one_way"].keys()
    assert [each.name for each in tmp_path.iterdir()] == ["variants.toml"]


def test_the_draft_of_the_next_editor_is_left_alone(tmp_path: Path) -> None:
    path = variants(tmp_path, COMMENTED)
    with adding_variants._draft(path) as draft:
        draft.replace(path)
        draft.write_text("the next editor has begun")
    assert draft.read_text() == "the next editor has begun"


def test_a_draft_of_a_killed_process_is_put_aside(tmp_path: Path) -> None:
    import os

    path = variants(tmp_path, COMMENTED)
    draft = tmp_path / ".variants.toml.new"
    draft.write_text("half of it")
    os.utime(draft, (time.time() - 3_600,) * 2)
    assert add_variant(str(path), "x1", "y1")
    assert [each.name for each in tmp_path.iterdir()] == ["variants.toml"]


def test_the_command_proposes_and_adds(runner: CliRunner, tmp_path: Path) -> None:
    rows = [f'{{"id": "{n}", "title": "Flood", "body": "The river of Karabakh rose."}}' for n in range(3)]
    Path("articles.jsonl").write_text("\n".join(rows))
    Path("backfile.toml").write_text('variants = "variants.toml"\n')
    variants(tmp_path, COMMENTED)
    assert runner.invoke(main, ["index", "articles.jsonl"]).exit_code == 0
    proposed = runner.invoke(main, ["variants", "add", "Карабах river"])
    assert proposed.stdout == "Карабах\tKarabakh\t3\n"
    assert "each of these words" in runner.invoke(main, ["variants", "add", "river"]).stderr
    assert "nothing like zzqx" in runner.invoke(main, ["variants", "add", "zzqx"]).stderr
    assert "0 articles" in runner.invoke(main, ["search", "карабах"]).output
    assert runner.invoke(main, ["variants", "add", "карабах", "Karabakh"]).output == "карабах now finds Karabakh\n"
    assert runner.invoke(main, ["variants", "add", "карабах", "Karabakh"]).output == "карабах already finds Karabakh\n"
    assert "3 articles" in runner.invoke(main, ["search", "карабах"]).output
    assert runner.invoke(main, ["variants", "add", "x", "X"]).exit_code == 2
