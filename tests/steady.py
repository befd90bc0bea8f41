"""Answers of two archives with the same articles, made comparable."""

from __future__ import annotations

from typing import Any

LEFT_OUT = frozenset({"took_ms", "generation", "built_at", "index"})


def without_chance(value: Any, address: str = "") -> Any:
    """A JSON value without times, generations and the site's own address, and with numbers of four digits."""
    if isinstance(value, dict):
        return {name: without_chance(part, address) for name, part in value.items() if name not in LEFT_OUT}
    if isinstance(value, list):
        return [without_chance(part, address) for part in value]
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value.replace(address, "") if isinstance(value, str) else value
