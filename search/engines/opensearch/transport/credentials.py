"""Who we are to the cluster, and whom we trust: read from the environment in one place, and never shown.

Nothing here prints, logs or repeats a secret: errors name the variable alone.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.errors import as_text
from search.errors import ConfigError
from search.settings import OPENSEARCH_PREFIX

MAX_SECRET_LENGTH: Final = 8_000
"""Servers refuse header lines that are longer."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or an API key; and files in PEM for TLS. Empty strings stand for "not given".

    `ca_bundle`: the certificates of the authorities to trust, instead of the system's. `client_cert` and `client_key`:
    our certificate and its unencrypted key; the key may be in the file of the certificate.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca_bundle: str = ""
    client_cert: str = ""
    client_key: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Credentials:
        """The credentials that `BACKFILE_OPENSEARCH_*` hold. Raises ConfigError for what cannot be used."""
        found = {name: environ.get(variable(name), "") for name in (row.name for row in fields(cls))}
        for name, value in found.items():
            if not value.isprintable() or len(value) > MAX_SECRET_LENGTH:
                raise ConfigError(f"{variable(name)}: must be at most {MAX_SECRET_LENGTH:,} printable characters")
        return cls(**found).checked()

    def checked(self) -> Credentials:
        """Itself. Raises ConfigError if the parts do not fit together."""
        if self.user and self.api_key:
            raise ConfigError(f"there are both a user and an API key ({variable('api_key')}) for OpenSearch; give one")
        if self.password and not self.user:
            raise ConfigError(f"there is a password for OpenSearch but no user; set {variable('user')} as well")
        if ":" in self.user:
            raise ConfigError(f"{variable('user')}: the name of a user holds no colon")
        if not self.api_key.isascii() or " " in self.api_key:
            raise ConfigError(f"{variable('api_key')}: must be the encoded key alone, without spaces")
        if self.client_key and not self.client_cert:
            raise ConfigError(f"there is a {variable('client_key')} but no certificate; set {variable('client_cert')}")
        return self

    def for_address(self, address: Address) -> Credentials:
        """These with the user of the URL, if it names one. Raises ConfigError if they do not fit together."""
        if not address.user:
            return self
        password = address.password or (self.password if self.user in ("", address.user) else "")
        return replace(self, user=address.user, password=password, api_key="").checked()

    @property
    def authorization(self) -> str | None:
        """The value of the header `Authorization`; None if there is nothing to say."""
        if self.api_key:
            return f"ApiKey {self.api_key}"
        if self.user:
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return None

    def tls_context(self) -> ssl.SSLContext:
        """How TLS is spoken: nodes are verified, by `ca_bundle` or by the system's authorities. Raises ConfigError for
        files that cannot be read."""
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle or None)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{variable('ca_bundle')}: {self.ca_bundle}: {_unreadable(error)}") from error
        if self.client_cert:
            try:
                # Without the empty password OpenSSL would ask for one on the terminal.
                context.load_cert_chain(self.client_cert, self.client_key or None, password="")
            except (OSError, ValueError) as error:
                raise ConfigError(
                    f"{variable('client_cert')}, {variable('client_key')}: {self.client_cert}: {_unreadable(error)}"
                ) from error
        return context


def variable(name: str) -> str:
    """The environment variable that holds the field `name` of Credentials."""
    return OPENSEARCH_PREFIX + name.upper()


def _unreadable(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return error.strerror or "cannot be read"
    return f"is no certificate in PEM that can be used, with its unencrypted key ({as_text(error)})"
