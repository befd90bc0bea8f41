"""A real Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks by itself.

Playwright drives only a Firefox of its own build, and Debian has no geckodriver.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds for one command, on a machine that has other things to do."""
KEYS = {
    "Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c",
}  # fmt: skip
"""The code points of keys without a character (WebDriver, 17.4.2)."""
PREFERENCES = {
    "accessibility.tabfocus": 7,
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "focusmanager.testmode": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}
"""So that Tab reaches links, a window that nobody sees has the focus, and the browser calls nobody."""


def firefox() -> str | None:
    """Where the browser is, or None."""
    return shutil.which(os.environ.get("BACKFILE_FIREFOX", "firefox-esr")) or shutil.which("firefox")


class FirefoxTab:
    """A tab that is reached by its keyboard and by scripts."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._ask("session.new", capabilities={})
        [first, *_] = self._ask("browsingContext.getTree")["contexts"]
        self._context = first["context"]
        self._ask("browsingContext.activate", context=self._context)

    def open(self, address: str) -> None:
        """Opens the page and waits for its load event."""
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def press(self, key: str) -> None:
        """Presses a key by its name."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("input.performActions", context=self._context, actions=[source])

    def back(self) -> None:
        """Goes back, as by the browser's own key, which reaches no page."""
        self._ask("browsingContext.traverseHistory", context=self._context, delta=-1)

    def type(self, text: str) -> None:
        """Presses the keys of a text."""
        for letter in text:
            self.press(letter)

    def value(self, script: str) -> Any:
        """What an expression gives in the page as it is now: a text, a number or a boolean."""
        target = {"context": self._context}
        found = self._ask("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert found["type"] == "success", found
        return found["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                assert answer["type"] == "success", f"{method}: {answer.get('error')}: {answer.get('message')}"
                result: dict[str, Any] = answer["result"]
                return result


@contextmanager
def firefox_tab(folder: Path) -> Iterator[FirefoxTab]:
    """A tab in a new Firefox without a window, whose profile is in that folder."""
    program = firefox()
    assert program is not None
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("".join(lines), encoding="utf-8")
    running = subprocess.Popen(
        [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"],
        env=os.environ | {"HOME": str(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        with connect(f"{_address(running)}/session", open_timeout=PATIENCE, max_size=None) as connection:
            yield FirefoxTab(connection)
    finally:
        running.terminate()
        running.communicate(timeout=120)


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stderr is not None
    said = []
    for line in running.stderr:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            return found[1]
        said.append(line)
    raise AssertionError("Firefox stopped before it could be driven:\n" + "".join(said))
