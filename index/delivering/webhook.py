"""Posting to a webhook, signed as Standard Webhooks has it (https://www.standardwebhooks.com, specification 1.0.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from collections.abc import Collection
from datetime import datetime
from typing import Final

from index.delivering.outcome import NotDelivered
from index.fetching.address import read_address
from index.fetching.errors import FetchError
from index.fetching.fetcher import USER_AGENT
from index.fetching.hosts import Resolver, look_up
from index.fetching.posting import post
from search.errors import ConfigError, SourceError

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


def post_message(
    target: str,
    id: str,
    body: bytes,
    secret: bytes,
    now: datetime,
    *,
    allowed: Collection[str] = (),
    user_agent: str = "",
    resolve: Resolver = look_up,
    context: ssl.SSLContext | None = None,
) -> None:
    """Delivers the message of that id; each try has the same `webhook-id`. Raises NotDelivered."""
    timestamp = int(now.timestamp())
    headers = {
        "user-agent": user_agent or USER_AGENT,
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id, timestamp, body),
    }
    try:
        post(target, body, headers, allowed=allowed, setting=ALLOW_SETTING, resolve=resolve, context=context)
    except FetchError as error:
        raise NotDelivered(str(error), is_final=error.status == GONE, is_silent=not error.status) from error


def read_hook(address: str) -> str:
    """The address to post to, from what the operator gave. Raises ConfigError."""
    try:
        return read_address(address).url
    except SourceError as error:
        raise ConfigError(str(error)) from error
