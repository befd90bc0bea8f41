"""What a worker counts and times of its requests, and what it tells of the state that it is in.

Every label has few values, known beforehand: no address, no path, no query. docs/reference/metrics.md lists them all.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from search.phases import OUTCOMES, PHASES
from webui.observing import SOURCES, Answered

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PHASE_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Meters:
    """The counters and gauges of one process: an observer of its requests (see `webui.observing`).

    All that does not depend on a route is there from the start, with 0.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "backfile_requests", "Requests that were answered.", ("route", "method", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "backfile_request_seconds", "Time from the head of a request to its answer.", ("route",),
            registry=registry, buckets=_REQUEST_SECONDS,
        )  # fmt: skip
        answers = Counter("backfile_answers", "Answers that may be kept, by where they came from.", ("source",),
                          registry=registry)  # fmt: skip
        searches = Counter("backfile_searches", "Searches that were run, by how they ended.", ("outcome",),
                           registry=registry)  # fmt: skip
        phases = Histogram(
            "backfile_search_phase_seconds", "Time of each phase of an answer that needed a search.", ("phase",),
            registry=registry, buckets=_PHASE_SECONDS,
        )  # fmt: skip
        self._answers = {source: answers.labels(source) for source in SOURCES}
        self._searches = {outcome: searches.labels(outcome) for outcome in OUTCOMES}
        self._phases = {phase: phases.labels(phase) for phase in PHASES}
        self.articles = _gauge("backfile_index_articles", "Articles in the newest commit.", "mostrecent", registry)
        self.segments = _gauge("backfile_index_segments", "Segments of the newest commit.", "mostrecent", registry)
        self.commit = _gauge(
            "backfile_index_commit", "Number of the commit that answers; the oldest of all workers.", "min", registry
        )
        self.built_at = _gauge(
            "backfile_index_built_timestamp_seconds", "Time of that commit; 0 if there is none.", "min", registry
        )
        self.ready = _gauge(
            "backfile_ready", "1 if all workers answer from the newest commit, else 0.", "min", registry
        )
        self.workers = _gauge("backfile_workers", "Worker processes that answer.", "sum", registry)
        self.snapshots = _gauge("backfile_open_snapshots", "Commits held open, in all workers.", "sum", registry)
        self.waiting = _gauge("backfile_searches_waiting", "Searches that wait for a turn now.", "sum", registry)
        self.kept_bytes = _gauge("backfile_kept_answers_bytes", "Memory of the answers that are kept.", "sum", registry)

    def answered(self, answered: Answered) -> None:
        """Counts a request, and what it took."""
        self._requests.labels(answered.route, answered.method, str(answered.status)).inc()
        self._request_seconds.labels(answered.route).observe(answered.seconds)
        if answered.source is not None:
            self._answers[answered.source].inc()
        if answered.recording.searches:
            for outcome in answered.recording.searches:
                self._searches[outcome].inc()
            for phase, seconds in answered.recording.seconds().items():
                self._phases[phase].observe(seconds)


def _gauge(name: str, said: str, together: str, registry: CollectorRegistry) -> Gauge:
    """A gauge whose values in the processes that are alive make one number, in that way."""
    return Gauge(name, said, registry=registry, multiprocess_mode=f"live{together}")  # type: ignore[arg-type]
