"""What makes tests steady: answers made comparable, and patience with what comes in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LEFT_OUT = frozenset({"took_ms", "generation", "built_at", "index", "request_id"})


def without_chance(value: Any, address: str = "") -> Any:
    """A JSON value without times, generations and the site's own address, and with numbers of four digits."""
    if isinstance(value, dict):
        return {name: without_chance(part, address) for name, part in value.items() if name not in LEFT_OUT}
    if isinstance(value, list):
        return [without_chance(part, address) for part in value]
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value.replace(address, "") if isinstance(value, str) else value


def comes_true(condition: Callable[[], bool], tries: int = 1_200) -> bool:
    """Whether a condition comes true while it is asked again and again, for a minute or longer."""
    for _ in range(tries):
        if condition():
            return True
        time.sleep(0.05)
    return False
