"""Real receivers of alerts on the loopback: an HTTP server that keeps what is posted to it, and a mail server."""

from __future__ import annotations

import email
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: its path, its headers in lower case and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def articles(self) -> list[str]:
        """The ids in a message of an alert."""
        return [article["id"] for article in json.loads(self.body)["data"]["articles"]]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The events in a message of a webhook, without "article.", and the ids."""
        changes = json.loads(self.body)["data"]["changes"]
        return [(change["event"].removeprefix("article."), change["id"]) for change in changes]


@dataclass
class Hook:
    """What was posted, and what is answered: by path a list of statuses, of which the last one stays."""

    address: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def status(self, path: str) -> int:
        planned = self.answers.get(path, [200])
        return planned.pop(0) if len(planned) > 1 else planned[0]


@contextmanager
def http_receiver() -> Iterator[Hook]:
    """An HTTP server on a free port."""
    hook = Hook()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.posted.append(Posted(self.path, headers, body))
            self.send_response(hook.status(self.path))
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    hook.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """What was mailed, and what the server answers to a message; a recipient in `unknown` is refused for good."""

    address: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    def let_in(self, _server: SMTP, _: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=True)

    async def handle_RCPT(self, _server: SMTP, _: Session, envelope: Envelope, to: str, options: list[str]) -> str:  # noqa: N802
        if to in self.unknown:
            return "550 there is nobody of that name"
        envelope.rcpt_tos.append(to)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            mail = email.message_from_bytes(bytes(envelope.content or b""), policy=modern)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return answer


class OnAnyPort(Controller):
    """A mail server whose port the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_receiver(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server on a free port; with a context it offers STARTTLS, and takes any login over it."""
    mailbox = Mailbox()
    controller = OnAnyPort(
        mailbox, hostname="127.0.0.1", port=0, tls_context=context, authenticator=mailbox.let_in if context else None
    )
    controller.start()
    mailbox.address = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield mailbox
    finally:
        controller.stop()
