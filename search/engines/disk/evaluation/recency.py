"""Recent articles favoured: what age leaves of a score, over arrays."""

from __future__ import annotations

from typing import Final

from search.dates import epoch
from search.engines.base import Recency
from search.engines.disk.evaluation.frames import Frame
from search.engines.disk.files.layout import DATE_ORDINALS
from search.engines.disk.reading.ages import recency_factors
from search.engines.disk.reading.segments import Floats

_PUBLISHED: Final = DATE_ORDINALS["published"]


def favour_recent(scores: Floats, frame: Frame, recency: Recency) -> None:
    """Makes the scores of a frame, where they are, what their articles' ages leave of them."""
    now = epoch(recency.now)
    for part in frame.parts:
        segment = part.live.segment
        if part.docs is None:
            factors = part.column(segment.recency_factors(_PUBLISHED, now))
        else:
            factors = recency_factors(segment.epochs(_PUBLISHED)[part.docs], now)
        scores[part.span] *= factors
