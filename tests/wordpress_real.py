"""A real WordPress on a database of its own, with the plug-in that tells an archive of its posts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from steady import comes_true

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "contrib" / "wordpress" / "backfile.php"
ACTIONS = ROOT / "tests" / "wordpress_actions.php"
WORDPRESS = Path("/usr/share/wordpress")
"""Where Debian's package puts it."""

_PROGRAMS = ("php", "mariadb-install-db", "mariadbd", "mariadb-admin")


def missing() -> list[str]:
    """What is not installed of what a WordPress takes."""
    absent = [name for name in _PROGRAMS if _program(name) is None]
    return absent + ([] if (WORDPRESS / "wp-settings.php").exists() else ["wordpress"])


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass
class WordPress:
    """A WordPress whose plug-in sends to an archive; `archive` and `key` may change between actions."""

    folder: Path
    socket: Path
    archive: str = ""
    key: str = ""

    def does(self, action: str, **given: Any) -> Any:
        """Does something as an editor does it, in a process of its own, and returns what came of it."""
        environ = os.environ | {
            "TRIAL_SOCKET": str(self.socket),
            "TRIAL_CONTENT": str(self.folder),
            "TRIAL_WORDPRESS": str(WORDPRESS),
            "TRIAL_ARCHIVE": self.archive,
            "TRIAL_KEY": self.key,
        }
        done = subprocess.run(
            ["php", "-d", "display_errors=stderr", str(ACTIONS), action, json.dumps(given)],
            env=environ, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def running_wordpress(folder: Path) -> Iterator[WordPress]:
    """A newly installed WordPress; its files are in a folder, its database ends with the block."""
    plugins = folder / "content" / "mu-plugins"
    plugins.mkdir(parents=True)
    shutil.copy(PLUGIN, plugins)
    data = folder / "data"
    place = Path(mkdtemp(prefix="backfile-"))  # the path of a socket must be short
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    plain = ["--no-defaults", *as_root, f"--datadir={data}"]
    with (folder / "database.log").open("w") as log:
        subprocess.run(
            [str(_program("mariadb-install-db")), *plain, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=log, stderr=log,
        )  # fmt: skip
        database = subprocess.Popen(
            [str(_program("mariadbd")), *plain, f"--socket={place / 's'}", "--skip-networking", "--skip-grant-tables",
             "--innodb-flush-log-at-trx-commit=0"],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            admin = [str(_program("mariadb-admin")), "--no-defaults", f"--socket={place / 's'}"]
            assert comes_true(lambda: subprocess.run([*admin, "ping"], capture_output=True).returncode == 0)
            subprocess.run([*admin, "create", "wordpress"], check=True, capture_output=True)
            wordpress = WordPress(folder / "content", place / "s")
            wordpress.does("install")
            yield wordpress
        finally:
            database.terminate()
            database.wait(60)
            shutil.rmtree(place, ignore_errors=True)
