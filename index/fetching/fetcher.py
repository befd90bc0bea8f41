"""The client: one for a run, so that rates, rules and connections of a host are shared by all that ask it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Mapping
from importlib.metadata import version
from types import TracebackType
from typing import Final

from index.fetching.address import Address, follow, read_address
from index.fetching.connection import Broken, Deadline, TimeUp
from index.fetching.decoding import Unusable
from index.fetching.errors import Disallowed, FetchError
from index.fetching.hosts import Resolver, is_allowed, look_up
from index.fetching.pace import ATTEMPTS, MAX_RETRY_AFTER, Clock, Pace, Sleep, backoff, retry_after
from index.fetching.robots import MAX_ROBOTS, Rules, no_rules, read_rules, unknown_rules
from index.fetching.sites import Fetched, Sites

MAX_PAGE: Final = 32 * 2**20
"""Bytes of one answer after decompression, unless the caller says otherwise."""
MAX_REDIRECTS: Final = 10
ANSWER_SECONDS: Final = 120.0
"""How long one answer may take from the first packet to the last."""
PER_SECOND: Final = 2.0
MAX_SITES: Final = 10_000
"""Sites whose rules are kept."""
USER_AGENT: Final = f"Backfile/{version('backfile')} (news archive search)"

_USABLE: Final = frozenset({304, 404, 410})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_SECRET: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


class Fetcher:
    """Gets addresses for one run, one after the other; a context manager, which closes its connections.

    `user_agent` names us to servers and, by its first word, in robots.txt. `allowed`: hosts (or host:port) that may be
    asked although they are not public. `per_second`: requests to one host. `robots`: whether robots.txt is obeyed.
    `seconds`: how long one answer may take. `resolve` finds the addresses of a host; `context` is that of TLS. No
    proxy is used.
    """

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        allowed: Collection[str] = (),
        per_second: float = PER_SECOND,
        robots: bool = True,
        seconds: float = ANSWER_SECONDS,
        resolve: Resolver = look_up,
        context: ssl.SSLContext | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._user_agent = user_agent
        self._robot = user_agent.split("/")[0].split(" ")[0]
        self._robots = robots
        self._seconds = seconds
        self._clock = clock
        self._pace = Pace(per_second, clock, sleep)
        self._rules: dict[str, Rules] = {}
        self._allowed = frozenset(allowed)
        self._sites = Sites(user_agent, self._allowed, resolve, context)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._sites.close()

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._sites.requests

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, most: int = MAX_PAGE, robots: bool | None = None
    ) -> Fetched:
        """The answer to a GET with status 200 to 299, 304, 404 or 410, after redirects.

        Waits for the turn of the host, and again before each of a few more attempts if the failure may pass.
        `headers` are added to our own, and go to no other host, port or scheme than that of `url`. `most`: bytes of
        the body. `robots`: whether robots.txt is obeyed, if not as the run does. Raises FetchError for all else.
        """
        given = {name.lower(): value for name, value in (headers or {}).items()}
        start = address = read_address(url)
        obeys = self._robots if robots is None else robots
        passed: list[int] = []
        seen = {address.url}
        while True:
            if obeys:
                self._require_leave(address)
            sent = given if address.site == start.site else {}
            fetched = self._answer(address, sent, most)
            location = fetched.headers.get("location")
            if fetched.status not in _REDIRECTS or not location:
                return self._checked(fetched, start, bool(passed) and _PERMANENT.issuperset(passed))
            passed.append(fetched.status)
            address = self._following(address, location, given, passed, seen)

    def is_allowed(self, address: Address) -> bool:
        """The host of an address is one of those that may be asked although they are not public."""
        return is_allowed(address, self._allowed)

    def site_maps(self, url: str) -> tuple[str, ...]:
        """The site maps that the robots.txt of an address names; none if it cannot be read. Raises FetchError."""
        return self._rules_of(read_address(url)).site_maps

    # --- redirects and robots

    def _following(
        self, address: Address, location: str, given: Mapping[str, str], passed: list[int], seen: set[str]
    ) -> Address:
        target = follow(address, location)
        if target.url in seen:
            raise FetchError(address.url, f"redirects in a circle, to {target.url}")
        if len(passed) > MAX_REDIRECTS:
            raise FetchError(address.url, f"redirects more than {MAX_REDIRECTS} times")
        if address.scheme == "https" and target.scheme == "http" and not _SECRET.isdisjoint(given):
            raise FetchError(address.url, f"redirects to {target.url}, which is not secure, while a login is used")
        seen.add(target.url)
        return target

    def _require_leave(self, address: Address) -> None:
        rules = self._rules_of(address)
        if rules.failure:
            raise FetchError(address.url, f"not fetched: {rules.failure}", is_lasting=True)
        if not rules.allow(address.url):
            raise Disallowed(address.url, f"not fetched, since the robots.txt of {address.site} disallows it")

    def _rules_of(self, address: Address) -> Rules:
        rules = self._rules.get(address.site)
        if rules is None or rules.expires < self._clock():
            while len(self._rules) >= MAX_SITES:
                del self._rules[next(iter(self._rules))]
            rules = self._rules[address.site] = self._read_rules(address)
        return rules

    def _read_rules(self, address: Address) -> Rules:
        try:
            fetched = self.get(f"{address.site}/robots.txt", most=4 * MAX_ROBOTS, robots=False)
        except FetchError as error:
            refused = 400 <= error.status < 500 and error.status != 429
            if refused:
                return no_rules(self._clock())
            reason = (
                error.reason if error.is_lasting else f"robots.txt of {address.site} cannot be read: {error.reason}"
            )
            return unknown_rules(reason, self._clock())
        if fetched.status != 200:
            return no_rules(self._clock())
        return read_rules(fetched.body, self._robot, self._clock())

    # --- one address

    def _answer(self, address: Address, given: Mapping[str, str], most: int) -> Fetched:
        """The answer from an address, whatever its status, after as many attempts as make sense."""
        host = address.place
        if self._pace.is_given_up(host):
            raise FetchError(address.url, f"not asked for, since the last requests to {host} failed", is_lasting=True)
        attempt = 1
        while isinstance(found := self._attempt(address, given, most), FetchError):
            wait = backoff(attempt) if found.retry_after is None else found.retry_after
            if attempt == ATTEMPTS or wait > MAX_RETRY_AFTER:
                self._pace.failed(host)
                raise found
            self._pace.rest(host, wait)
            attempt += 1
        self._pace.answered(host)
        return found

    def _attempt(self, address: Address, given: Mapping[str, str], most: int) -> Fetched | FetchError:
        """The answer, or a failure that may pass. Raises FetchError for one that will not."""
        rules = self._rules.get(address.site)
        self._pace.wait(address.place, rules.delay if rules else 0.0)
        try:
            fetched = self._sites.ask(address, given, most, Deadline(self._clock, self._seconds))
        except Broken as error:
            return FetchError(address.url, f"no answer from {address.place}: {error}")
        except Unusable as error:
            raise FetchError(address.url, f"the answer cannot be used: {error}") from error
        except TimeUp as error:
            self._pace.failed(address.place)
            raise FetchError(address.url, f"no whole answer within {self._seconds:.0f} s") from error
        return _refusal(fetched) if fetched.status in _PASSING else fetched

    @staticmethod
    def _checked(fetched: Fetched, start: Address, moved: bool) -> Fetched:
        if not (200 <= fetched.status < 300 or fetched.status in _USABLE):
            raise FetchError(start.url, _refusal(fetched).reason, status=fetched.status, body=fetched.body)
        return Fetched(fetched.url, fetched.status, fetched.headers, fetched.body, moved)


def _refusal(fetched: Fetched) -> FetchError:
    wait = retry_after(fetched.headers)
    later = f"; it asks to be left alone for {wait:.0f} s" if wait else ""
    reason = f"the server answered {fetched.status}{_MEANINGS.get(fetched.status, '')}{later}"
    return FetchError(fetched.url, reason, status=fetched.status, retry_after=wait, body=fetched.body)


_MEANINGS: Final[Mapping[int, str]] = {
    401: " (a login is wanted)",
    403: " (refused)",
    429: " (too many requests)",
    451: " (withheld for legal reasons)",
    500: " (it failed)",
    502: " (it failed)",
    503: " (not available)",
    504: " (it failed)",
}
