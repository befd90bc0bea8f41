"""The login to a WordPress site, an application password: read from the environment in one place, and never shown."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from index.fetching import Fetcher
from index.fetching.address import Address, read_address
from search.errors import ConfigError, SourceError
from search.settings import WORDPRESS_PREFIX

MAX_LENGTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Login:
    """A user and an application password for `site`, a host, with its port if it is not the usual one.

    Without a site it is for whatever site is indexed. An empty user stands for no login.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    site: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Login:
        """What `BACKFILE_WORDPRESS_*` hold. Raises ConfigError for what cannot be used."""
        user, password, site = (
            environ.get(f"{WORDPRESS_PREFIX}{name}", "").strip() for name in ("USER", "PASSWORD", "SITE")
        )
        for name, value in (("USER", user), ("PASSWORD", password)):
            if not value.isprintable() or len(value) > MAX_LENGTH:
                raise ConfigError(f"{WORDPRESS_PREFIX}{name}: must be at most {MAX_LENGTH:,} printable characters")
        if bool(user) != bool(password):
            missing = "PASSWORD" if user else "USER"
            raise ConfigError(f"half of the login to WordPress is missing; set {WORDPRESS_PREFIX}{missing} as well")
        if ":" in user:
            raise ConfigError(f"{WORDPRESS_PREFIX}USER: the name of a user holds no colon")
        return cls(user, password, site.lower())

    def headers_for(self, root: str, location: str, fetcher: Fetcher) -> dict[str, str]:
        """The headers that bring the login to the API at `root`, if it may be sent there; `location` was indexed.

        It goes to the host that was named by the person who runs this, never to one that only a page names. Raises
        SourceError rather than send it where others could read it.
        """
        address = read_address(root)
        if not self.user or not self._is_for(address, read_address(location)):
            return {}
        if address.scheme != "https" and not fetcher.is_allowed(address):
            raise SourceError(
                location, "the login to WordPress is sent over https only; name the site with https://, or unset "
                f"{WORDPRESS_PREFIX}USER"
            )  # fmt: skip
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return {"authorization": f"Basic {token}"}

    def _is_for(self, address: Address, named: Address) -> bool:
        if self.site:
            return self.site in (address.place, address.host)
        return address.place.removeprefix("www.") == named.place.removeprefix("www.")
