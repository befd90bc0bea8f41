"""Reading JSON that was sent to the endpoint: bounded, with reasons that say what is wrong with it."""

from __future__ import annotations

import json
from typing import Final

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from webui.responses import JSON

MAX_BODY_BYTES: Final = 1_000_000
"""The longest request body; a draft as long as a book fits."""
MAX_DIGITS: Final = 1_000
"""The most digits that an integer may have. No number in a request means anything beyond twenty."""


def json_body(most: int = MAX_BODY_BYTES) -> dict[str, object]:
    """The JSON object in the body of the request, of at most that many bytes. Raises UnsupportedMediaType,
    RequestEntityTooLarge, BadRequest."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the body as {JSON}.")
    request.max_content_length = most
    raw = request.get_data()
    if len(raw) >= most:
        # Werkzeug cuts a chunked body at MAX_CONTENT_LENGTH without an error.
        raise RequestEntityTooLarge
    try:
        body = json_value(raw)
    except ValueError as error:
        raise BadRequest(f"The body is not JSON in UTF-8 ({error}).") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object.")
    return body


def json_value(raw: bytes) -> object:
    """What these bytes say in JSON. Raises ValueError."""
    try:
        # What is pasted has line breaks.
        return json.loads(raw.decode("utf-8"), strict=False, parse_float=_as_number, parse_int=_as_integer)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _as_number(text: str) -> float | int:
    """A number with a fraction or an exponent; 3.0 is the integer 3 (JSON Schema, core, section 6.3)."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= MAX_BODY_BYTES else value


def _as_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS:,} digits")
    return int(text)
