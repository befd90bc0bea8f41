"""Function words tell the language of running text, and nothing of what is short, mixed or in a related language."""

from __future__ import annotations

import subprocess
import sys

import pytest

from index.function_words import UNMISTAKABLE, unmistakable_language

TEXTS = {
    "en": "The council met in the old town hall, and the people who had come waited all night for an answer to it.",
    "de": "Der Rat trat in dem alten Rathaus zusammen, und die Leute, die gekommen waren, warteten auf eine Antwort.",
    "fr": "Le conseil s'est réuni dans la vieille mairie, et les gens qui étaient venus avec leurs enfants ont attendu "
    "pour une réponse du maire, mais elle ne leur a pas été donnée.",
    "it": "Il consiglio si è riunito nella vecchia sede della città, e la gente che era venuta con i figli ha atteso "
    "anche la risposta del sindaco, ma non gli è stata data.",
    "pl": "Rada zebrała się w starym ratuszu, a ci, którzy przyszli, do nocy czekali na to, co jest już w jej uchwale.",
    "hu": "A tanács az óvárosi székházban ült össze, és az emberek, akik nem fértek be, ott vártak, hogy mi is lesz.",
    "fi": "Neuvosto oli koolla, ja ne, jotka olivat tulleet, eivät saaneet vastausta, "
    "mutta se on nyt myös heille luvattu.",
    "tr": "Meclis eski binada toplandı ve gelen herkes bu karar için bekledi, ancak ne "
    "olduğu daha gece bile belli değil, çok geç.",
    "el": "Το συμβούλιο συνεδρίασε στο παλιό δημαρχείο και οι πολίτες που ήταν εκεί για την απάντηση του δημάρχου.",
}

UNTOLD = {
    "Afrikaans": "Die raad het in die ou stadsaal vergader, en die mense wat gekom het, het nie "
    "'n antwoord van hulle gekry nie.",
    "Slovak": "Rada sa zišla na starej radnici a ľudia, ktorí prišli, do noci čakali na to, čo je už v jej uznesení.",
    "Luxembourgish": "De Rot huet am ale Stadhaus geseet, an d'Leit, déi komm sinn, hunn op eng "
    "Äntwert vun him gewaart.",
    "Bulgarian": "Съветът се събра в старото кметство и хората, които бяха дошли, чакаха до късно за отговор от него.",
    "a few words": "The end of the road",
    "two languages": "Der Rat trat in dem alten Rathaus zusammen, und die Leute warteten. "
    "The council met in the old hall, and the people who had come waited for an answer.",
    "words in another script": "RubyConf 2011 は the best of the year と言われ、会議は京都で三日間に"
    "わたり開かれました。参加者は過去最多となり、多くの人が to the point な議論を楽しみ、it was in the news と"
    "報じられました。次回は東京で開かれる予定です。",
    "a table": "\n".join(f"SILVER APR{n} 67.{n} UP 0.{n} FROM 66.{n}" for n in range(12)),
    "addresses": "https://mirror.example/pub/archive-2.1.tar.gz " * 8,
    "nothing": "",
}


@pytest.mark.parametrize("language", sorted(UNMISTAKABLE))
def test_a_sentence_in_a_language_without_unknown_relatives_is_told(language: str) -> None:
    assert unmistakable_language(TEXTS[language]) == language
    assert unmistakable_language(TEXTS[language].upper()) in (language, "")


@pytest.mark.parametrize("name", list(UNTOLD))
def test_what_is_not_certain_is_left_to_the_detector(name: str) -> None:
    assert unmistakable_language(UNTOLD[name]) == ""


def test_running_text_needs_no_model() -> None:
    told = f"from index.language import Detector; import sys; print(Detector().detect('', {TEXTS['en']!r}))"
    program = f"{told}; sys.exit('py3langid' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "en"


def test_only_the_languages_of_the_archive_are_told() -> None:
    program = "from index.language import Detector; print(Detector(('de', 'fr')).detect('', {!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program.format(TEXTS["en"])], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in ("", "de", "fr")
