"""Settings: three origins, one winner, and no silent mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.errors import ConfigError
from search.loaded_settings import MAX_CONFIG_BYTES, LoadedSettings, load_settings
from search.settings import Settings


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def load(file: Path | None = None, environ: dict[str, str] | None = None, **flags: object) -> LoadedSettings:
    return load_settings(flags, environ=environ or {}, config_file=file)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)


def test_without_any_origin_the_defaults_hold() -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert loaded.settings.index == "whoosh:archive"
    assert set(loaded.origins.values()) == {"default"}
    assert tuple(loaded.origins) == Settings.names()


def test_flags_win_over_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "b.toml", 'port = 1001\ntitle = "From file"\nhost = "0.0.0.0"\n')
    loaded = load(file, {"BACKFILE_PORT": "1002", "BACKFILE_TITLE": "From environment"}, port=1003, title=None)
    assert (loaded.settings.port, loaded.settings.title, loaded.settings.host) == (1003, "From environment", "0.0.0.0")  # noqa: S104
    assert loaded.origins["port"] == "--port"
    assert loaded.origins["title"] == "BACKFILE_TITLE"
    assert loaded.origins["host"] == str(file)
    assert loaded.origins["workers"] == "default"


def test_the_usual_file_is_read_from_the_current_folder() -> None:
    write(Path("backfile.toml"), 'index = "whoosh:here"')
    loaded = load()
    assert loaded.settings.index == "whoosh:here"
    assert loaded.origins["index"] == "backfile.toml"


def test_a_variable_names_the_file_and_an_explicit_one_wins(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.toml", "port = 1001"), write(tmp_path / "2.toml", "port = 1002")
    assert load(None, {"BACKFILE_CONFIG": str(one)}).settings.port == 1001
    assert load(None, {"BACKFILE_CONFIG": str(one), "BACKFILE_PURE": "1"}).settings.port == 1001
    assert load(two, {"BACKFILE_CONFIG": str(one)}).settings.port == 1002


def test_an_index_path_in_a_file_is_relative_to_that_file(tmp_path: Path) -> None:
    file = write(tmp_path / "b.toml", 'index = "whoosh:archive"')
    assert load(file).settings.index == f"whoosh:{tmp_path}/archive"
    write(file, 'index = "archives/news"')
    assert load(file).settings.index == f"whoosh:{tmp_path}/archives/news"
    write(file, 'index = "memory:news"')
    assert load(file).settings.index == "memory:news"
    write(file, 'index = "whoosh:///srv/archive"')
    assert load(file).settings.index == "whoosh:///srv/archive"
    assert load(file, {"BACKFILE_INDEX": "whoosh:other"}).settings.index == "whoosh:other"


def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        load(tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe\x00", b"port = 1\nport = 2", b"a = " + b"[" * 5_000])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.toml: is not valid TOML"):
        load(file)


@pytest.mark.parametrize(
    "content",
    [
        f"port = {'1' * 5_000}",
        f"port = {'[' * 5_000}{']' * 5_000}",
        f"port = {'{a=' * 3_000}1{'}' * 3_000}",
        f"port = 0x{'f' * 6_000}",
        f"cors_origins = [[0x{'f' * 6_000}]]",
        f"title.{'a.' * 10_000}a = 1",
        f"[{'a.' * 10_000}a]",
        f"[[sources]]\nat = 'x'\nevery = 0x{'f' * 6_000}",
        f"[[sources]]\nat = 'x'\n[sources.map.{'a.' * 10_000}a]\nb = 1",
        f"{'a' * 10_000} = 1",
    ],
)
def test_whatever_a_file_holds_the_error_names_it_and_is_short(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"bad\.toml") as raised:
        load(write(tmp_path / "bad.toml", content))
    assert len(str(raised.value)) < 1_000


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    file = write(tmp_path / "b.toml", "#" * (MAX_CONFIG_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load(file)


def test_unknown_keys_are_errors_that_name_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown setting 'timezone'; did you mean time_zone\?"):
        load(write(tmp_path / "b.toml", 'timezone = "UTC"'))
    with pytest.raises(
        ConfigError, match=r"unknown environment variable 'BACKFILE_PROT'; did you mean BACKFILE_PORT\?"
    ):
        load(None, {"BACKFILE_PROT": "80"})
    with pytest.raises(ConfigError, match="unknown setting 'qqqq'; valid are index, ledger, title,"):
        load(None, None, qqqq=1)


def test_other_variables_are_left_alone() -> None:
    assert load(None, {"PATH": "/bin", "_BACKFILE_COMPLETE": "bash_complete", "backfile_x": "1"}).settings == Settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("port", "-1", "must be 0 or more and at most 65535"),
        ("port", "70000", "must be 0 or more and at most 65535"),
        ("port", "http", "must be a number, 0 or more"),
        ("port", True, "must be a number"),
        ("workers", "-1", "must be 0 or more and at most 64"),
        ("deadline_seconds", "nan", "must be more than 0"),
        ("deadline_seconds", "1e9", "at most 300"),
        ("log_level", "loud", "must be one of debug, info, warning, error"),
        ("time_zone", "Mars/Olympus", "IANA time zone"),
        ("time_zone", "../../etc/passwd", "IANA time zone"),
        ("time_zone", "", "IANA time zone"),
        ("language", "english language", "language tag"),
        ("languages", "de,not a tag", "language tag"),
        ("detect_language", "perhaps", "must be true or false"),
        ("title", " ", "must not be empty"),
        ("index", "whoosh:a\x00b", "control characters"),
        ("public_url", "ftp://example.org", "must be an address"),
        ("public_url", "https://example.org/?q=1", "must be an address"),
        ("public_url", "https://[::1", "must be an address"),
        ("cors_origins", "https://a.example/path", 'must be "\\*" or an origin'),
        ("cors_origins", 7, "."),
        ("title", 7, "must be text in quotes"),
    ],
)
def test_a_bad_value_names_its_key_its_origin_and_what_is_valid(name: str, value: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(None, None, **{name: value})
    assert str(caught.value).startswith(f"{name} = ")
    assert "(--" + name.replace("_", "-") + ")" in str(caught.value)


def test_all_bad_values_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"BACKFILE_PORT": "x", "BACKFILE_WORKERS": "y"})
    assert "BACKFILE_PORT" in str(caught.value)
    assert "BACKFILE_WORKERS" in str(caught.value)


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"BACKFILE_PORT": "9" * 10_000})
    assert len(str(caught.value)) < 300


def test_lists_come_from_toml_or_from_commas(tmp_path: Path) -> None:
    expected = ("https://a.example", "https://b.example")
    assert load(write(tmp_path / "b.toml", f"cors_origins = {list(expected)}")).settings.cors_origins == expected
    assert load(None, {"BACKFILE_CORS_ORIGINS": ", ".join(expected)}).settings.cors_origins == expected
    assert load(None, {"BACKFILE_CORS_ORIGINS": ""}).settings.cors_origins == ()


def test_values_are_normalised() -> None:
    settings = load(None, None, public_url="https://example.org/archive/", language="zh_TW").settings
    assert settings.public_url == "https://example.org/archive"
    assert settings.language == "zh-TW"


def test_a_map_of_sections_in_a_file_is_relative_to_that_file(tmp_path: Path) -> None:
    file = write(tmp_path / "b.toml", 'section_map = "sections.toml"\nlanguages = ["de", "pt_br"]')
    loaded = load(file, {"BACKFILE_DETECT_LANGUAGE": "false"})
    assert loaded.settings.section_map == str(tmp_path / "sections.toml")
    assert (loaded.settings.languages, loaded.settings.detect_language) == (("de", "pt-BR"), False)
    assert load(file, {"BACKFILE_SECTION_MAP": "other.toml"}).settings.section_map == "other.toml"
    assert load(file, {"BACKFILE_LANGUAGES": "de, fr"}).settings.languages == ("de", "fr")
