"""Turns bytes into text when the input does not state its encoding, or states it wrongly."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})|<\?xml[^>]{1,100}?encoding\s*=\s*[\"']([\w-]{2,40})",
    re.IGNORECASE,
)
# The HTML standard reads these labels as the Windows code pages that are really meant.
_AS_WINDOWS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
               "iso-8859-9": "cp1254", "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030",
               "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932", "x-sjis": "cp932"}  # fmt: skip
_SAMPLE = 200_000
# Their bytes may be valid UTF-8 and mean something else.
_LIKE_UTF8 = ("utf-16", "utf-32", "iso2022", "hz")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
# Python has codecs that are no encodings of text, and some that take quadratic time.
_ENCODINGS = re.compile(
    r"utf-(?:8|16|32)|ascii|iso8859|cp\d|koi8|mac-|gb|big5|euc_|shift_jis|johab|tis-620|hz|iso2022|kz1048|ptcp154"
)


def decode(data: bytes, *, markup: bool = False, stated: str = "") -> str:
    """The text of `data`; never fails.

    Tried in this order: a byte order mark, UTF-8, what is `stated` with the data (as by a server), what the markup
    declares, and what the bytes suggest. UTF-8 comes before the statements because those are often wrong, and other
    encodings hardly ever are valid UTF-8; of the few that are, one that is stated comes first.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    named = text_encoding(stated)
    first = named if named and named.startswith(_LIKE_UTF8) else None
    declared = _declared(data) if markup else None
    for encoding in filter(None, (first, "utf-8", named, declared)):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return _guess(data)


def encoding_of(sample: bytes) -> str:
    """The encoding of a text that begins so, which may be cut anywhere: by its byte order mark, UTF-8, or guessed."""
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding
    mended = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    if mended.count("\ufffd") * 200 <= len(mended):
        return "utf-8"
    return _likeliest(sample)


def text_encoding(label: str) -> str | None:
    """Python's name of the encoding that a label means; None if it is not known, or not one of text."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_AS_WINDOWS.get(label, label)).name
    except (LookupError, ValueError):
        return None
    return name if _ENCODINGS.match(name) else None


def is_binary(data: bytes) -> bool:
    """Whether bytes are not text in any encoding: NUL without a byte order mark, or many control characters."""
    sample = data[:8192]
    if any(data.startswith(mark) for mark, _ in _BOMS):
        return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\x00" in sample[:1024] or controls > len(sample) // 20


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:4096])
    if not match:
        return None
    return text_encoding((match[1] or match[2]).decode("ascii", "replace"))


def _guess(data: bytes) -> str:
    # UTF-8 with a few broken bytes is repaired; any other encoding is guessed from a sample.
    mended = data.decode("utf-8", "replace")
    if mended.count("\ufffd") * 200 < len(mended):
        return mended
    return data.decode(_likeliest(data), "replace")


def _likeliest(data: bytes) -> str:
    from charset_normalizer import from_bytes  # hardly any input comes so far

    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best else "cp1252"
