"""Sources that change between runs: a folder, a file of JSON Lines, and a site with a site map and a feed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from news_pages import HTML, SPACES, rss
from web_servers import Asked, reply

WORDS: Final = ("river", "ferry", "bridge", "council", "harbour", "winter", "market", "school", "train", "festival")
TWINS: Final = 3
"""Pages that the file of JSON Lines has too, with an id of its own: they are the same articles."""
IN_FEED: Final = 6
"""The newest pages, which the feed has as excerpts."""


@dataclass(slots=True)
class Sources:
    """What an archive is filled from; `folder` has the configuration and the files, `choice` decides what changes.

    `posts`, `wire`, `pages` and `entries` have the texts, by name of file, id, path and path. `guids` has the name of a
    page that stays when it moves. `fading` is what the server answers once before it answers well; `broken` fails until
    `heal`. `ever` has the id of each article that ever had an address.
    """

    folder: Path
    choice: random.Random
    place: str = ""
    posts: dict[str, str] = field(default_factory=dict)
    wire: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    guids: dict[str, str] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    fading: dict[str, bytes] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)
    made: int = 0

    def begin(self, place: str) -> None:
        """Makes the first state of everything; the site is at `place`."""
        self.place = place
        (self.folder / "posts").mkdir()
        for add, many in ((self.add_post, 12), (self.add_page, 12), (self.add_line, 12), (self.add_entry, 3)):
            for _ in range(many):
                add()
        for path in list(self.pages)[:TWINS]:
            self.wire[f"twin{path}"] = self._text()
        self.write()

    def change(self) -> None:
        """Changes a few things, in any of the sources, and has the server fail here and there."""
        changes = (
            self.add_post, self.edit_post, self.delete_post, self.rename_post, self.add_line, self.edit_line,
            self.delete_line, self.add_page, self.edit_page, self.delete_page, self.move_page, self.add_entry,
            self.edit_entry,
        )  # fmt: skip
        for change in self.choice.choices(changes, k=self.choice.randint(0, 5)):
            change()
        self.fading = {path: self._fading() for path in self._some_paths(2)}
        self.broken = set(self._some_paths(1))
        self.write()

    def heal(self) -> None:
        """Whatever fails is well again; failures that pass by themselves stay."""
        self.broken.clear()

    def settle(self) -> None:
        """A run has come to its end, so that the archive has every page from the site map."""
        self.settled = set(self.pages)

    # --- what changes

    def add_post(self) -> None:
        name = f"{self.choice.choice(('', 'news/', 'a/b/'))}{self._number()}.md"
        self.posts[name] = self._text()

    def edit_post(self) -> None:
        self.posts[self.choice.choice(list(self.posts))] = self._text()

    def delete_post(self) -> None:
        if len(self.posts) > 5:
            del self.posts[self.choice.choice(list(self.posts))]

    def rename_post(self) -> None:
        text = self.posts.pop(self.choice.choice(list(self.posts)))
        self.posts[f"{self._number()}-renamed.md"] = text

    def add_line(self) -> None:
        self.wire[f"wire/{self._number()}"] = self._text()

    def edit_line(self) -> None:
        self.wire[self.choice.choice(self._lines())] = self._text()

    def delete_line(self) -> None:
        if len(lines := self._lines()) > 5:
            del self.wire[self.choice.choice(lines)]

    def add_page(self) -> None:
        path = f"/{self.choice.choice(('2023', '2024'))}/{self._number()}"
        self.pages[path] = self._text()
        self.guids[path] = f"tag:{path}"

    def edit_page(self) -> None:
        self.pages[self.choice.choice(list(self.pages))] = self._text()

    def delete_page(self) -> None:
        """A page that the archive has from the site map: what only a feed has had stays when it is gone from that."""
        if len(free := self._free_pages()) > 5:
            del self.pages[self.choice.choice(free)]

    def move_page(self) -> None:
        if len(free := self._free_pages()) > 5:
            old = self.choice.choice(free)
            new = f"/moved/{self._number()}"
            self.pages = {new if path == old else path: text for path, text in self.pages.items()}
            self.guids[new] = self.guids[old]

    def add_entry(self) -> None:
        self.entries[f"/short/{self._number()}"] = self._text()

    def edit_entry(self) -> None:
        self.entries[self.choice.choice(list(self.entries))] = self._text()

    # --- how it is read

    def write(self) -> None:
        """Writes the files as they are now."""
        folder = self.folder / "posts"
        for file in folder.rglob("*.md"):
            if file.relative_to(folder).as_posix() not in self.posts:
                file.unlink()
        for name, text in self.posts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"---\ntitle: Post {text[:20]}\n---\n{text}\n", "utf-8")
        lines = [
            {"id": name, "title": f"Line {text[:20]}", "body": text, "url": self._url_of_line(name)}
            for name, text in self.wire.items()
        ]
        self.choice.shuffle(lines)
        (self.folder / "wire.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
        self.ever |= self.addressed()

    def addressed(self) -> set[str]:
        """The ids of all articles that have an address now."""
        by_address = {f"{self.place}{path}" for path in (*self.pages, *self.entries)}
        return by_address - set(self.twin_addresses()) | self.wire.keys()

    def twin_addresses(self) -> list[str]:
        """What the articles would be called that have an id in the file of JSON Lines, and a page."""
        return [f"{self.place}{name.removeprefix('twin')}" for name in self.wire if name.startswith("twin")]

    def answer(self, asked: Asked) -> bytes:
        """What the site answers."""
        if asked.path in self.broken:
            return reply("broken", 500)
        if asked.path in self.fading:
            return self.fading.pop(asked.path)
        body = self._body(asked.path)
        if body is None:
            return reply("not here", 404)
        tag = f'"{hash(body)}"'
        if asked.headers.get("if-none-match") == tag:
            return reply(status=304)
        return reply(body, etag=tag, **HTML)

    def _body(self, path: str) -> str | None:
        if path == "/map.xml":
            return self._site_map()
        if path == "/feed.xml":
            return self._feed()
        text = self.pages.get(path)
        return text and (
            f"<html><head><title>Page {text[:20]}</title></head>"
            f"<body><article><h1>Page {text[:20]}</h1><p>{text}</p></article></body></html>"
        )

    def _site_map(self) -> str:
        """Every other page has a time, which changes with its text."""
        rows = (
            f"<url><loc>{path}</loc>{f'<lastmod>{_day(text)}</lastmod>' if number % 2 else ''}</url>"
            for number, (path, text) in enumerate(self.pages.items())
        )
        return f'<?xml version="1.0"?><urlset {SPACES}>{"".join(rows)}</urlset>'

    def _feed(self) -> str:
        short = (
            f"<title>Page {text[:20]}</title><link>{path}</link>"
            f"<guid isPermaLink='false'>{self.guids[path]}</guid><description>{text[:60]}</description>"
            for path, text in list(self.pages.items())[-IN_FEED:]
        )
        whole = (
            f"<title>Entry {text[:20]}</title><link>{path}</link><content:encoded>{text}</content:encoded>"
            for path, text in self.entries.items()
        )
        return rss(*short, *whole)

    # --- small parts

    def _url_of_line(self, name: str) -> str:
        if name.startswith("twin"):
            return f"http://{self.place}{name.removeprefix('twin')}"
        return f"https://wire.example/{name}"

    def _lines(self) -> list[str]:
        return [name for name in self.wire if not name.startswith("twin")]

    def _free_pages(self) -> list[str]:
        return [path for path in self.pages if path in self.settled and f"twin{path}" not in self.wire]

    def _some_paths(self, most: int) -> list[str]:
        return self.choice.sample([*self.pages, "/map.xml", "/feed.xml"], self.choice.randint(0, most))

    def _fading(self) -> bytes:
        return self.choice.choice(
            [reply("slowly", 429, retry_after=0), reply("down", 503, retry_after=0), reply(status=500)]
        )

    def _number(self) -> int:
        self.made += 1
        return self.made

    def _text(self) -> str:
        return f"{self._number():06} " + " ".join(self.choice.choices(WORDS, k=40)) + "."


def _day(text: str) -> str:
    """A time of its own for each text."""
    number = int(text[:6])
    return f"2024-01-{1 + number // 86_400:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
