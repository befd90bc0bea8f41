"""The file of variants: what it may say, that a mistake has its line, and that a change shows in a running process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from search.commands import main
from search.errors import ConfigError
from search.query.variants import NO_VARIANTS, Entry, Spelling
from search.settings import Settings
from search.variants import MAX_ENTRIES, VariantsFile, load_variants, read_entries
from webui.server import serve

FILE = """
both_ways = [
  ["Kyiv", "Kiev", "Киев"],
  ["Nagorno-Karabakh", "Dağlıq Qarabağ"],
]
[one_way]
"Bombay" = ["Mumbai"]
"Peking" = "Beijing"
[languages.de]
both_ways = [["Kyiv", "Kiew"]]
[languages."pt-BR".one_way]
"Moscou" = ["Moscovo"]
"""


def written(folder: Path, text: str) -> str:
    path = folder / "variants.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_entries_keep_their_order_their_direction_and_their_language(tmp_path: Path) -> None:
    assert read_entries(written(tmp_path, FILE)) == (
        Entry(("Kyiv", "Kiev", "Киев")),
        Entry(("Nagorno-Karabakh", "Dağlıq Qarabağ")),
        Entry(("Bombay", "Mumbai"), both_ways=False),
        Entry(("Peking", "Beijing"), both_ways=False),
        Entry(("Kyiv", "Kiew"), language="de"),
        Entry(("Moscou", "Moscovo"), both_ways=False, language="pt-BR"),
    )


def test_a_name_leads_to_its_other_spellings_and_one_way_not_back(tmp_path: Path) -> None:
    others = load_variants(written(tmp_path, FILE)).others
    assert others["kyiv",] == (Spelling("Kiev"), Spelling("Киев"), Spelling("Kiew", "de"))
    assert others["dagliq", "qarabag"] == (Spelling("Nagorno-Karabakh"),)
    assert others["bombay",] == (Spelling("Mumbai"),)
    assert ("mumbai",) not in others


def test_entries_that_name_each_other_end_where_they_are(tmp_path: Path) -> None:
    circle = 'both_ways = [["A1", "B1"], ["B1", "C1"], ["C1", "A1"]]\n[one_way]\n"B1" = ["A1"]\n"C1" = ["B1", "C1"]'
    others = load_variants(written(tmp_path, circle)).others
    assert others["b1",] == (Spelling("A1"), Spelling("C1"))
    assert others["c1",] == (Spelling("B1"), Spelling("A1"))


def test_no_file_has_no_variants() -> None:
    assert load_variants("") is NO_VARIANTS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("both_way = []", "toml:1: 'both_way' is no part of a file of variants; did you mean both_ways?"),
        ('both_ways = "Kyiv"', "toml:1: 'both_ways' must be a list of lists"),
        ('both_ways = ["Kyiv"]', "toml:1: 'both_ways' must have lists of texts in quotes, and entry 1 in it is none"),
        ('both_ways = [["Kyiv", 7]]', "and entry 1 in it is none"),
        ('both_ways = [\n["a", "b"],\n["Kyiv"]]', "toml:3: 'Kyiv' stands alone in entry 2"),
        ("both_ways = [[]]", "'both_ways' stands alone in entry 1"),
        ('both_ways = [\n["Əliyev", "eliyev"]]', "toml:2: 'Əliyev' and the others differ in case and diacritics alone"),
        ('both_ways = [\n["Kyiv",\n"!!"]]', "toml:3: '!!' has no letter or digit to search for"),
        ('both_ways = [["Kyiv", ""]]', "'' has no letter or digit"),
        (f'both_ways = [["a", "{"word " * 1_000}"]]', "is longer than 8 words or 200 characters"),
        (f'both_ways = [["a", "{"x" * 201}"]]', "is longer than 8 words or 200 characters"),
        ("both_ways = [" + json.dumps([f"a{n}" for n in range(21)]) + "]", "has more than 20 spellings"),
        ('both_ways = [["a", "b"]' + ', ["a", "b"]' * MAX_ENTRIES + "]", "has more than 20,000 entries"),
        ('one_way = ["a"]', "toml:1: 'one_way' must be a table: write [one_way] on a line of its own"),
        ('[one_way]\n"a" = 1', "toml:2: 'a' must have a list of names"),
        ('[one_way]\n"a" = [1]', "must have lists of texts in quotes, and entry 1"),
        ('[languages.german]\nboth_ways = [["a", "b"]]', "toml:1: 'german' is no language tag"),
        ("languages = 1", "'languages' must be a table"),
        ("[languages]\nde = 1", "'de' must be a table"),
        ("[languages.de.languages]", "'languages' has no place in [languages.de]"),
        ("both_ways = " + "[" * 5_000, "is not valid TOML in UTF-8"),
        ("both_ways = " + "9" * 5_000, "is not valid TOML in UTF-8"),
        ("#" * 2_000_001, "is larger than 2,000,000 bytes"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_entries(written(tmp_path, text))
    assert says in str(error.value)
    assert len(str(error.value)) < 400 + len(str(tmp_path))


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "variants.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML in UTF-8"):
        read_entries(str(tmp_path / "variants.toml"))


def test_a_change_is_taken_up_and_a_mistake_leaves_the_rest_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(written(tmp_path, 'both_ways = [["Kyiv", "Kiev"]]'))
    file = VariantsFile(str(path), check_seconds=0.0)
    before = file.current()
    assert ("kiev",) in before.others
    replace(path, 'both_ways = [["Peking", "Beijing"]]')
    after = file.current()
    assert ("peking",) in after.others
    assert ("kiev",) not in after.others
    assert after.version != before.version
    replace(path, "both_ways = [[")
    assert file.current() is file.current() is after
    path.unlink()
    assert file.current() is file.current() is after
    assert [record.message[:33] for record in caplog.records] == ["the variants stay as they were: /"] * 2


def replace(path: Path, text: str) -> None:
    """Puts a new file in the place of the old, as editors do."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def test_a_wrong_file_ends_a_command_and_a_server_before_they_begin(tmp_path: Path) -> None:
    path = written(tmp_path, "both_ways = 1")
    with pytest.raises(ConfigError, match="must be a list of lists"):
        serve(Settings(index=str(tmp_path / "archive"), port=0, variants=path), print)
    (tmp_path / "backfile.toml").write_text('index = "archive"\nvariants = "variants.toml"\n')
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "backfile.toml"), "search", "x"])
    assert result.exit_code == 2
    assert "variants.toml:1: 'both_ways' must be a list of lists" in result.output
    doctor = CliRunner().invoke(main, ["--config", str(tmp_path / "backfile.toml"), "doctor"])
    assert "change the file, or the setting variants" in doctor.output
