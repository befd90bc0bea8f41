"""What a site's robots.txt lets us fetch (RFC 9309), and how fast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from protego import Protego

MAX_ROBOTS: Final = 500 * 1024
"""Bytes of a robots.txt that are read; RFC 9309 wants at least as many."""
MAX_LINES: Final = 20_000
MAX_LINE: Final = 2_000
MAX_SITE_MAPS: Final = 1_000
MAX_CRAWL_DELAY: Final = 30.0
"""Seconds. A site that asks for more is asked once in as many."""
KEPT_SECONDS: Final = 86_400.0
KEPT_FAILURE_SECONDS: Final = 300.0
"""How long rules are used, and how long a site is left alone whose rules could not be read."""

_AGENT: Final = re.compile(r"\s*user[- ]?agent\s*:?\s*([^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one site for one robot. `delay` is in seconds; `expires` by the clock of whoever keeps them.

    `failure` says why they could not be read; then nothing may be fetched for now.
    """

    expires: float
    robot: str = ""
    delay: float = 0.0
    site_maps: tuple[str, ...] = ()
    failure: str = ""
    _parsed: Protego | None = None

    def allow(self, url: str) -> bool:
        """Whether the address may be fetched."""
        return not self.failure and (self._parsed is None or self._parsed.can_fetch(url, self.robot))


def read_rules(data: bytes, robot: str, now: float) -> Rules:
    """The rules in a robots.txt for `robot`, the first word of our name; what cannot be understood is no rule."""
    lines = data[:MAX_ROBOTS].decode("utf-8-sig", "replace").splitlines()[:MAX_LINES]
    parsed = Protego.parse("\n".join(_line(line[:MAX_LINE], robot.lower()) for line in lines))
    rate = parsed.request_rate(robot)
    asked = max(parsed.crawl_delay(robot) or 0.0, rate.seconds / rate.requests if rate and rate.requests else 0.0)
    site_maps = tuple(dict.fromkeys(parsed.sitemaps))[:MAX_SITE_MAPS]
    return Rules(now + KEPT_SECONDS, robot, min(max(asked, 0.0), MAX_CRAWL_DELAY), site_maps, _parsed=parsed)


def no_rules(now: float) -> Rules:
    """Those of a site that has no robots.txt: everything may be fetched."""
    return Rules(now + KEPT_SECONDS)


def unknown_rules(reason: str, now: float) -> Rules:
    """Those of a site that could not say: nothing may be fetched for now."""
    return Rules(now + KEPT_FAILURE_SECONDS, failure=reason)


def _line(line: str, robot: str) -> str:
    """A line of the file. All other robots count as one, since each of them would be given each rule of its group."""
    named = _AGENT.match(line)
    if not named:
        return line
    name = named[1].strip().lower()
    concerns_us = name == "*" or (name.replace("*", "") or " ") in robot
    return f"User-agent: {name.replace('*', '') or '*'}" if concerns_us else "User-agent: -"
