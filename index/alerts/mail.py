"""Mailing by SMTP (RFC 5321): one session for all the messages of a run, encrypted wherever the server can."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr
from typing import Final
from urllib.parse import urlsplit

from index.alerts.message import Message
from index.delivering.outcome import NotDelivered
from search.settings import MAIL_PREFIX, Settings
from search.translation import speaking

MAIL_SECONDS: Final = 30.0
"""How long each step of a session may take."""
_PORTS: Final = {"smtp": 25, "smtps": 465}
_LASTING: Final = range(500, 600)


class Mailer:
    """A session with the mail server of the settings, which begins with the first message.

    The login is in `environ` and nowhere else: BACKFILE_MAIL_USER and BACKFILE_MAIL_PASSWORD. It is sent only over an
    encrypted connection. `context` is that of TLS; by default certificates are verified by those of the system.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str], context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._login = environ.get(f"{MAIL_PREFIX}USER", ""), environ.get(f"{MAIL_PREFIX}PASSWORD", "")
        self._context = context
        self._session: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Delivers a message to the mail server; each try has the same Message-ID. Raises NotDelivered."""
        if not self._settings.mail_server or not self._settings.mail_from:
            raise NotDelivered("there is no mail server; set mail_server and mail_from")
        recipient = message.alert.target.removeprefix("mailto:")
        mail = mail_of(message, recipient, self._settings)
        try:
            session = self._session or self._opened()
            session.send_message(mail, self._settings.mail_from, [recipient])
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._reset()
            raise _failure(error, self._settings.mail_server) from error

    def close(self) -> None:
        """Ends the session."""
        if self._session is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._session.quit()
        self._session = None

    def _reset(self) -> None:
        """After a failure the next message gets a session of its own."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def _opened(self) -> smtplib.SMTP:
        parts = urlsplit(self._settings.mail_server)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        context = self._context or ssl.create_default_context()
        if parts.scheme == "smtps":
            session: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=MAIL_SECONDS, context=context)
        else:
            session = smtplib.SMTP(host, port, timeout=MAIL_SECONDS)
        self._session = session
        session.ehlo()
        if parts.scheme == "smtp" and session.has_extn("starttls"):
            session.starttls(context=context)
            session.ehlo()
        if self._login[0]:
            if not isinstance(session.sock, ssl.SSLSocket):
                raise smtplib.SMTPNotSupportedError("it offers no encryption, without which no password is sent")
            session.login(*self._login)
        return session


def mail_of(message: Message, recipient: str, settings: Settings) -> EmailMessage:
    """The message as a mail, in the language of the site."""
    with speaking(settings.site_language):
        subject, text = " ".join(message.subject.split()), message.text()
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr((settings.title, settings.mail_from))
    mail["To"] = recipient
    mail["Subject"] = subject
    mail["Date"] = format_datetime(message.delivery.made_at)
    mail["Message-ID"] = f"<{message.delivery.id}@{settings.mail_from.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers by programs
    mail.set_content(text)
    return mail


def _failure(error: Exception, server: str) -> NotDelivered:
    """What a failure means: final is only that the server refuses this recipient or this message for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        recipient, (code, said) = next(iter(error.recipients.items()))
        return NotDelivered(f"the mail server refuses {recipient}: {_text(said)}", is_final=code in _LASTING)
    if isinstance(error, smtplib.SMTPResponseException):
        is_final = isinstance(error, smtplib.SMTPDataError) and error.smtp_code in _LASTING
        answer = f"the mail server answered {error.smtp_code}: {_text(error.smtp_error)}"
        return NotDelivered(answer, is_final=is_final)
    return NotDelivered(f"the mail server {server} cannot be used ({error})", is_silent=True)


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
