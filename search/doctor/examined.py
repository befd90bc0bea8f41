"""What the checks look at, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from search.engines.protocols import Engine
from search.loaded_settings import LoadedSettings


@dataclass(frozen=True, slots=True)
class Examined:
    """An archive with its settings; `now` is the aware time by the machine's clock."""

    loaded: LoadedSettings
    engine: Engine
    now: datetime

    @property
    def ledger_place(self) -> str:
        """Where the ledger is, or would be."""
        return self.loaded.settings.ledger or self.engine.ledger_place
