"""Languages that articles do not state: detected where the text tells, left alone where it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.document import to_document
from index.language import CHARACTERS, KNOWN, Detector, open_detector, prose
from search.commands import main
from search.errors import ConfigError

TEXTS = {
    "en": "The committee met in the old town hall, and the people who had come waited all night for an answer.",
    "de": "Der Ausschuss trat im alten Rathaus zusammen, und die Leute warteten bis in die Nacht auf eine Antwort.",
    "fr": "Le comité s'est réuni dans la vieille mairie, et les gens qui étaient venus ont attendu une réponse.",
    "es": "El comité se reunió en el viejo ayuntamiento, y la gente que había venido esperó una respuesta.",
    "tr": "Komite eski belediye binasında toplandı ve gelen insanlar gece geç saatlere kadar bir yanıt beklediler.",
    "ru": "Комитет собрался в старой ратуше, и люди, которые пришли, до поздней ночи ждали ответа.",
    "uk": "Комітет зібрався у старій ратуші, і люди, які прийшли, до пізньої ночі чекали на відповідь.",
    "ja": "委員会は古い市庁舎で開かれ、集まった人々は夜遅くまで答えを待っていました。",
    "zh": "委员会在旧市政厅开会，前来的人们一直等到深夜才得到答复。",
    "ko": "위원회는 옛 시청에서 열렸고, 모인 사람들은 밤늦게까지 대답을 기다렸습니다.",
}


@pytest.mark.parametrize("language", list(TEXTS))
def test_a_sentence_tells_its_language(language: str) -> None:
    assert Detector().detect("", TEXTS[language]) == language
    assert Detector().detect(TEXTS[language], "") == language


def test_chinese_of_every_kind_is_zh() -> None:
    assert Detector().detect("", "委員會在舊市政廳開會，前來的人們一直等到深夜才得到答覆。") == "zh"
    assert Detector().detect("", "佢哋喺舊市政廳開會，啲人一直等到好夜先至有答覆。") == "zh"


@pytest.mark.parametrize(
    "text", ["", "  \n", "!!!", "12.5 17 3,000", "https://news.example/2024/07/03", "a8f5f167f44f4964e6c998dee827110c"]
)
def test_what_has_no_words_has_no_language(text: str) -> None:
    assert Detector().detect(text, text) == ""


def test_two_words_are_too_little_to_be_sure() -> None:
    assert Detector().detect("Ruby 2.1.2", "") == ""
    assert Detector().detect("Internet Forum", "") == ""


def test_addresses_and_code_do_not_hide_the_language() -> None:
    lines = "\n".join(f"https://mirror.example/pub/{n}/archive-2.{n}.tar.gz SHA1: {n:040x}" for n in range(12))
    assert Detector().detect("Neue Fassung 2.1", f"{lines[:600]}\n\n{TEXTS['de']}") == "de"
    assert Detector().detect("", f"{TEXTS['fr']}\n\n{lines}") == "fr"


def test_only_the_beginning_is_read() -> None:
    text = TEXTS["de"] * 40
    assert Detector().detect("", text + TEXTS["ru"] * 1_000) == Detector().detect("", text) == "de"
    assert len(prose(text)) == CHARACTERS


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert Detector().detect(text, text) in {*KNOWN, ""}


def test_only_the_languages_of_the_archive_are_detected() -> None:
    detector = open_detector(("de-AT", "nb", "DE"))
    assert detector == Detector(("de", "no"))
    assert detector.detect("", TEXTS["de"]) == "de"
    assert (
        detector.detect("", "Komiteen møttes i det gamle rådhuset, og folk ventet til langt på natt på et svar.")
        == "no"
    )
    assert open_detector(("ru", "bg")).detect("", TEXTS["uk"]) in ("ru", "bg", "")


def test_a_language_that_cannot_be_detected_is_refused() -> None:
    with pytest.raises(ConfigError, match="languages: 'deu' cannot be detected; these can: af, am,"):
        open_detector(("deu",))


def test_what_an_article_states_comes_first_then_what_is_detected_then_the_archives_language() -> None:
    def language(stated: str, body: str, *, detects: bool = True) -> str:
        article = Article("a:1", "1931", body, language=stated)
        detector = Detector() if detects else None
        return to_document(article, language="en", time_zone="UTC", detector=detector).language

    assert language("fr", TEXTS["de"]) == "fr"
    assert language("", TEXTS["de"]) == "de"
    assert language("und", TEXTS["de"]) == "de"
    assert language("not a tag", TEXTS["de"]) == "de"
    assert language("", "1 2 3") == "en"
    assert language("", TEXTS["de"], detects=False) == "en"


def index(folder: Path, *options: str, config: str = "") -> dict[str, int]:
    rows = [{"id": name, "title": name, "body": body} for name, body in TEXTS.items()]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + '\n{"id": "short", "title": "1931"}\n')
    (folder / "backfile.toml").write_text(f'index = "archive"\nlanguage = "pt"\n{config}')
    given = ["--config", str(folder / "backfile.toml")]
    done = CliRunner().invoke(main, [*given, "index", str(folder / "a.jsonl"), "--rebuild", *options])
    assert done.exit_code == 0, done.output
    status = CliRunner().invoke(main, [*given, "status", "--json"])
    languages: dict[str, int] = json.loads(status.stdout)["languages"]
    return languages


def test_a_run_detects_languages_unless_the_command_or_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert index(tmp_path) == dict.fromkeys(TEXTS, 1) | {"pt": 1}
    assert index(tmp_path, "--language", "it") == {"it": 11}
    assert index(tmp_path, config="detect_language = false\n") == {"pt": 11}
    assert set(index(tmp_path, config='languages = ["de", "ru"]\n')) <= {"de", "ru", "pt"}


def test_the_detector_is_loaded_only_for_an_article_that_needs_it() -> None:
    code = (
        "import sys\n"
        "from index.article import Article\n"
        "from index.document import to_document\n"
        "from index.language import Detector\n"
        "def read(language): to_document(Article('a', 'Presses', 'They run at night.', language=language),"
        " language='en', time_zone='UTC', detector=Detector())\n"
        "read('en'); print('py3langid' in sys.modules)\n"
        "read(''); print('py3langid' in sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True"]


def test_the_measurement_compares_with_what_articles_state(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    rows = [{"id": name, "title": "1", "body": body, "lang": name} for name, body in TEXTS.items()]
    rows += [{"id": "no", "body": TEXTS["de"], "lang": "it"}, {"id": "none", "body": TEXTS["de"]}, {"id": "bad"}]
    file.write_text("\n".join(map(json.dumps, rows)))
    runner = CliRunner()
    found = json.loads(runner.invoke(main, ["evaluate", "language", str(file), "--json"]).stdout)
    whole = {row["language"]: row for row in found if row["part"] == "title and text"}
    assert {name for name, row in whole.items() if row["right"] == row["articles"] == 1} == set(TEXTS)
    assert (whole["it"]["wrong"], whole["it"]["mistaken_for"]) == (1, {"de": 1})
    alone = [row for row in found if row["part"] == "title alone"]
    assert sum(row["abstained"] for row in alone) == sum(row["articles"] for row in alone) - 1
    shown = runner.invoke(main, ["evaluate", "language", str(file), "--languages", "de,fr"])
    assert "a.jsonl:13: " in shown.output
    assert shown.exit_code == 0


@pytest.mark.shared
def test_real_articles_in_seventeen_languages_are_told_apart(shared: Path) -> None:
    file = shared / "corpora" / "articles" / "ruby-lang-news.jsonl.gz"
    found = json.loads(CliRunner().invoke(main, ["evaluate", "language", str(file), "--json"]).stdout)
    whole = [row for row in found if row["part"] == "title and text" and row["language"] != "de"]
    assert len(whole) >= 15
    assert sum(row["wrong"] for row in whole) <= 0.005 * sum(row["articles"] for row in whole)
    assert sum(row["right"] for row in whole) >= 0.99 * sum(row["articles"] for row in whole)
