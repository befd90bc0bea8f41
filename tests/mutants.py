"""Pages damaged at random, to show that no page can end a run.

As a script it reads more of them than a test has time for:

    python tests/mutants.py shared/corpora/html/pages 2000
"""

from __future__ import annotations

import gzip
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from index.article import Article
from index.preparing import Preparation
from index.sources.html import read_html_page

UTC = ZoneInfo("UTC")

ODDITIES = (
    b"<", b">", b"&", b'"', b"\x00", b"</", b"<!--", b"-->", b"<![CDATA[", b"&#55296;", b"&#x1f;", b"\xff\xfe", b"\xc3",
    b"<pre><code>std::vector<int&> v;", b"<a:b c>", b"<p p p p=", b"<h1><h2><h3>", b"</body></html>",
    b"<base href=//[>", b'<base href="https://a.example/">',
    b'<link rel=canonical href="//[">', b'<link rel=canonical href="http://[::1">',
    b'<meta property=og:url content="https://x:99999/">', b'<meta name=date content="99999-99-99">',
    b'<script type="application/ld+json">{"@type":"NewsArticle","headline":[[{}]],"datePublished":{"a":1}}</script>',
    b'<script type="application/ld+json">' + b"[" * 3000 + b"</script>", b"<table><tr><td>" * 30, b"<div>" * 300,
    b"<svg><math><mi><annotation-xml>", b"<template><form><select><option>", b"<time datetime=>", b"<html lang=\xff>",
)  # fmt: skip
"""What is put into pages: markup that parsers disagree about, and statements that are not what they should be."""


def mutants(pages: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged pages, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        page = bytearray(chance.choice(pages))
        for _ in range(chance.randint(1, 30)):
            start = chance.randrange(len(page) + 1)
            match chance.randrange(5):
                case 0:
                    page[start:start] = chance.choice(ODDITIES)
                case 1:
                    del page[start : start + chance.randint(1, 200)]
                case 2:
                    other = chance.randrange(len(page) + 1)
                    page[start:start] = page[other : other + chance.randint(1, 2000)]
                case 3:
                    page[start : start + 1] = bytes([chance.randrange(256)])
                case _:
                    tag = page.find(b"<", start)
                    page[tag + 1 : tag + 1 + chance.randint(0, 4)] = chance.choice(
                        (b"&", b"a&", b":", b"1", b"a b=", b"!")
                    )
        yield bytes(page)


def real_pages(folder: Path, most: int = 1_000) -> list[bytes]:
    """The pages in a folder, unpacked."""
    return [gzip.decompress(path.read_bytes()) for path in sorted(folder.glob("*.gz"))[:most]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged page as a record."""

    data: bytes
    origin: str
    weight: int = 1

    def read(self) -> Article:
        """What a run would read from it."""
        return read_html_page(self.data, self.origin, UTC)


def failures(pages: list[bytes], count: int, seed: int) -> tuple[int, list[str]]:
    """Prepares mutants as a run does: how many gave an article, and those that failed in their reader."""
    preparation = Preparation("en", "UTC")
    prepared = [
        preparation.prepare(Mutant(data, f"mutant:{seed}:{number}"), "mutants")
        for number, data in enumerate(mutants(pages, count, seed))
    ]
    failed = [f"{page.origin}: {page.failure}" for page in prepared if "its reader failed" in page.failure]
    return sum(not page.failure for page in prepared), failed


def main() -> None:
    """Prints what became of the mutants of the pages in a folder: FOLDER COUNT [SEED]."""
    folder, count, *seed = sys.argv[1:]
    read, failed = failures(real_pages(Path(folder)), int(count), int(seed[0]) if seed else 1)
    print(f"of {count} mutants {read} gave an article, and {len(failed)} failed in their reader", *failed, sep="\n")


if __name__ == "__main__":
    main()
