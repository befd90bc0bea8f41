"""Posting to a webhook, signed as Standard Webhooks has it (https://www.standardwebhooks.com, specification 1.0.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from index.delivering.outcome import NotDelivered
from index.fetching.address import read_address
from index.fetching.errors import FetchError
from index.fetching.fetcher import USER_AGENT
from index.fetching.hosts import Resolver, look_up
from index.fetching.posting import post
from search.alerts.keys import Keys
from search.errors import ConfigError, SourceError
from search.settings import Settings

ALLOW_SETTING: Final = "alert_allow"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how the specification marks a secret
GONE: Final = 410
"""The receiver wants no more messages."""


def secret_of(key: bytes, archive_id: str, owner: str) -> bytes:
    """The secret of an alert or a webhook, made from the key that was the newest when that was added, so that it is
    written down nowhere else."""
    return hmac.digest(key, f"backfile webhook secret 1\n{archive_id}\n{owner}".encode(), hashlib.sha256)


def shown_secret(secret: bytes) -> str:
    """The secret as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """What the header `webhook-signature` has."""
    signed = hmac.digest(secret, b"%b.%d.%b" % (id.encode(), timestamp, body), hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def payload(type: str, made_at: datetime, data: Mapping[str, object]) -> bytes:
    """The body of a message as the specification recommends it: what it is, of when, and what it tells."""
    content = {"type": type, "timestamp": made_at.isoformat(timespec="seconds"), "data": data}
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


class Owner(Protocol):
    """An alert or a webhook, whose messages go to the address `target`. `key` names the key that its secret is made
    with."""

    @property
    def id(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts the messages of an archive. `resolve` finds the addresses of a host, `context` is that of TLS."""

    settings: Settings
    keys: Keys
    archive_id: str
    resolve: Resolver = look_up
    context: ssl.SSLContext | None = None

    def post(self, owner: Owner, id: str, body: bytes, now: datetime) -> None:
        """Delivers the message of that id; each try has the same `webhook-id`. Raises NotDelivered."""
        key = self.keys.named(owner.key)
        if key is None:
            said = f"the key of its secret was forgotten; remove {owner.id} and add it again"
            raise NotDelivered(said, is_final=True)
        timestamp = int(now.timestamp())
        headers = {
            "user-agent": self.settings.user_agent or USER_AGENT,
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret_of(key, self.archive_id, owner.id), id, timestamp, body),
        }
        try:
            post(
                owner.target,
                body,
                headers,
                allowed=self.settings.alert_allow,
                setting=ALLOW_SETTING,
                resolve=self.resolve,
                context=self.context,
            )
        except FetchError as error:
            # Logs get the reason. The paths and queries of many webhooks hold a secret.
            reason = f"{urlsplit(owner.target).netloc}: {error.reason}"
            raise NotDelivered(reason, is_final=error.status == GONE, is_silent=not error.status) from error


def read_hook(address: str) -> str:
    """The address to post to, from what the operator gave. Raises ConfigError."""
    try:
        return read_address(address).url
    except SourceError as error:
        raise ConfigError(str(error)) from error
