"""Making and recognising the keys of programs that may write.

A key is "bfk_", eight hexadecimal digits that name it, "_", and 256 random bits. The beginning lets scanners find keys
that were published by mistake, and people tell them apart. The ledger has only the SHA-256 of a key: of so many random
bits nobody can guess any, so a slow hash would protect nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Final

from search.ledger.ledger import Ledger
from search.ledger.write_keys import Scope, WriteKey

_BYTES: Final = 32
_KEY: Final = re.compile(r"bfk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_NO_HASH: Final = hashlib.sha256(b"").hexdigest()


def add_key(ledger: Ledger, name: str, scope: Scope, now: datetime) -> str | None:
    """Makes a key and returns it, this once; None if one that is in force has that name. Raises LedgerError."""
    own = secrets.token_hex(4)
    text = f"bfk_{own}_{secrets.token_urlsafe(_BYTES)}"
    return text if ledger.write_keys.add(WriteKey(own, name, scope, _hashed(text), now.date())) else None


def verified(ledger: Ledger, text: str, now: datetime) -> WriteKey | None:
    """The key that a text is, if it is in force; its use is noted, once a day. Raises LedgerError.

    The time that this takes tells nothing about the secret part of any key.
    """
    found = _KEY.fullmatch(text)
    known = ledger.write_keys.of(found[1]) if found else None
    is_right = hmac.compare_digest(_hashed(text), known.hash if known else _NO_HASH)
    if known is None or not is_right or known.revoked_on is not None:
        return None
    if known.used_on != now.date():
        ledger.write_keys.note_use(known.id, now.date())
    return known


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
