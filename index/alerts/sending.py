"""How messages leave: by mail or by webhook, as the target of the alert says."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from index.alerts.mail import Mailer
from index.alerts.message import Message
from index.delivering.webhook import Poster, read_hook
from index.fetching.hosts import Resolver, look_up
from search.alerts.keys import Keys
from search.errors import ConfigError
from search.ledger.alerts import Alert
from search.settings import MAIL_ADDRESS, Settings

MAIL: Final = "mailto:"


class Sender(Protocol):
    """What delivers messages."""

    def place(self, alert: Alert) -> str:
        """What fails together: the mail server, or the host of a webhook."""
        ...

    def send(self, message: Message, now: datetime) -> None:
        """Delivers a message. Raises NotDelivered."""
        ...


class Targets:
    """Delivers each message to the target of its alert. `environ` has the login of the mail server; `context` is that
    of TLS, `resolve` finds the addresses of a host. Close it after the run."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        archive_id: str,
        *,
        environ: Mapping[str, str] = os.environ,
        resolve: Resolver = look_up,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._poster = Poster(settings, keys, archive_id, resolve, context)
        self._mailer = Mailer(settings, environ, context)

    def place(self, alert: Alert) -> str:
        """See `Sender`."""
        return MAIL if is_mail(alert.target) else urlsplit(alert.target).netloc

    def send(self, message: Message, now: datetime) -> None:
        """See `Sender`."""
        if is_mail(message.alert.target):
            self._mailer.send(message)
        else:
            self._poster.post(message.alert, message.delivery.id, message.body(), now)

    def close(self) -> None:
        """Ends the session with the mail server."""
        self._mailer.close()


def is_mail(target: str) -> bool:
    """Whether a target is an address of mail."""
    return target.startswith(MAIL)


def read_target(mail: str | None, webhook: str | None, settings: Settings) -> str:
    """The target of an alert, from what its operator gave: one of both. Raises ConfigError."""
    if (mail is None) == (webhook is None):
        raise ConfigError("give one target: --mail ADDRESS or --webhook URL")
    if webhook is not None:
        return read_hook(webhook)
    address = (mail or "").strip()
    if not (address.isascii() and address.isprintable() and MAIL_ADDRESS.fullmatch(address)):
        raise ConfigError(f"{address[:100]!r} is not one address of mail such as desk@news.example")
    if not settings.mail_server or not settings.mail_from:
        raise ConfigError("there is no mail server; set mail_server and mail_from")
    return MAIL + address
