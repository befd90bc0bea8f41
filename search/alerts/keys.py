"""The keys that sign saved searches, in a file of their own beside the ledger which only its owner can read.

The newest key signs, and all of them verify, so that links go on working after a rotation until their key is
forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from search.errors import ConfigError
from search.ledger import IN_MEMORY

KEY_BYTES: Final = 32
MAX_KEYS: Final = 20
SUFFIX: Final = ".key"
"""What the name of the file has after that of the ledger."""

_MOST_BYTES: Final = 4096
_IN_MEMORY: Final[dict[str, tuple[bytes, ...]]] = {}
_LOCK: Final = Lock()


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an archive, the newest first; never shown."""

    all: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """What the newest key is called: it tells keys apart and says nothing about them."""
        return name_of(self.all[0])

    def named(self, name: str) -> bytes | None:
        """The key of that name; None if it was forgotten."""
        return next((key for key in self.all if name_of(key) == name), None)

    def sign(self, text: str) -> bytes:
        """The HMAC-SHA-256 of a text by the newest key (RFC 2104)."""
        return hmac.digest(self.all[0], text.encode(), hashlib.sha256)

    def have_signed(self, text: str, signature: bytes) -> bool:
        """Whether that is the signature of the text by any of the keys, in the same time whichever it is."""
        matches = [hmac.compare_digest(hmac.digest(key, text.encode(), hashlib.sha256), signature) for key in self.all]
        return any(matches)

    def __repr__(self) -> str:
        return f"Keys({len(self.all)})"


def name_of(key: bytes) -> str:
    """The first letters of a hash of the key."""
    return hashlib.sha256(b"backfile key name\n" + key).hexdigest()[:12]


def key_path(ledger_place: str) -> Path:
    """Where the keys of the archive with that ledger are."""
    return Path(ledger_place + SUFFIX)


def read_keys(ledger_place: str) -> Keys | None:
    """The keys of an archive; None if none have been made.

    Raises ConfigError if the file cannot be read, is none of keys, or if others may read it.
    """
    if ledger_place.startswith(IN_MEMORY):
        kept = _IN_MEMORY.get(ledger_place)
        return Keys(kept) if kept else None
    path = key_path(ledger_place)
    try:
        with path.open("rb") as stream:
            _require_private(path, os.fstat(stream.fileno()).st_mode)
            return Keys(_read(path, stream.read(_MOST_BYTES + 1)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"the keys {path} cannot be read ({error.strerror or error})") from error


def made_keys(ledger_place: str) -> Keys:
    """The same, made now if there are none. Raises ConfigError."""
    known = read_keys(ledger_place)
    if known is not None:
        return known
    _write(ledger_place, (secrets.token_bytes(KEY_BYTES),), new=True)
    known = read_keys(ledger_place)
    if known is None:
        raise ConfigError(f"the keys {key_path(ledger_place)} were deleted while they were made; try again")
    return known


def rotate(ledger_place: str) -> Keys:
    """Makes a new key, which signs from now on; the others go on verifying, up to MAX_KEYS. Raises ConfigError."""
    known = made_keys(ledger_place)
    _write(ledger_place, (secrets.token_bytes(KEY_BYTES), *known.all)[:MAX_KEYS], new=False)
    return made_keys(ledger_place)


def forget_old(ledger_place: str) -> int:
    """Keeps the newest key alone, so that what others have signed is refused from now on; returns how many were
    forgotten. Raises ConfigError."""
    known = made_keys(ledger_place)
    _write(ledger_place, known.all[:1], new=False)
    return len(known.all) - 1


def _require_private(path: Path, mode: int) -> None:
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"the keys {path} can be read by others; run: chmod 600 {path}")


def _read(path: Path, raw: bytes) -> tuple[bytes, ...]:
    with suppress(ValueError):
        keys = tuple(base64.b64decode(line, validate=True) for line in raw.split())
        if 0 < len(keys) <= MAX_KEYS and all(len(key) == KEY_BYTES for key in keys):
            return keys
    raise ConfigError(f"{path} is no file of keys; put a copy of it in its place, or delete it")


def _write(ledger_place: str, keys: Sequence[bytes], *, new: bool) -> None:
    """Puts the file in place whole. `new`: unless there is one."""
    if ledger_place.startswith(IN_MEMORY):
        with _LOCK:
            if not (new and ledger_place in _IN_MEMORY):
                _IN_MEMORY[ledger_place] = tuple(keys)
        return
    path = key_path(ledger_place)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as stream:
            stream.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
            stream.flush()
            os.fsync(stream.fileno())
        _put_in_place(draft, path, new)
    except OSError as error:
        raise ConfigError(f"the keys {path} cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            draft.unlink()


def _put_in_place(draft: Path, path: Path, new: bool) -> None:
    if not new:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        path.hardlink_to(draft)
