"""What `backfile doctor` says of what fills an archive and tells of it: its sources, its inbox, its alerts and its
webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from index.identity import is_address
from index.sync.named_source import NamedSource, named_sources
from search.doctor.examined import Examined
from search.engines.protocols import Finding
from search.errors import ConfigError, LedgerError
from search.ledger import ledger_of
from search.ledger.deliveries import Deliveries
from search.ledger.examining import ledger_state
from search.ledger.ledger import Ledger
from search.ledger.syncs import SyncRecord

LATE: Final = 3
"""A source that was not looked at for so many of its intervals is late."""
LEAST_LATE: Final = timedelta(days=2)
"""Many archives are brought into step once a night, whatever `every` says."""
INBOX_LATE: Final = timedelta(minutes=15)
"""What was sent is written within seconds, and while an import holds the index a little later."""
ALERTS_LATE: Final = timedelta(days=1)
_RUNS: Final = "run `backfile webhooks run` by a timer, or `backfile serve`"

_NOBODY_WRITES: Final = "no program may write; `backfile keys add` makes a key"

Look = Callable[[Examined, Ledger], Finding]
"""Looks at one part of an archive's ledger. May raise LedgerError."""


def sources(archive: Examined) -> Iterator[Finding]:
    """Each source that is configured: whether it is there, when it was last looked at, and what was wrong."""
    loaded = archive.loaded
    try:
        named = named_sources(loaded.sources, loaded.folder)
    except ConfigError as error:
        yield Finding("sources", "problem", str(error), "change the table in backfile.toml")
        return
    if not named:
        yield Finding("sources", "ok", "none are configured: articles come by `backfile index`")
    known = {each.source: each for each in _syncs(archive)} if named else {}
    for source in named:
        yield _source(source, known.get(source.name), archive.now)


def inbox(archive: Examined) -> Iterator[Finding]:
    """Whether what programs send is written: what was set aside, and what waits too long."""
    yield _in_ledger("inbox", archive, _inbox, _NOBODY_WRITES)


def alerts(archive: Examined) -> Iterator[Finding]:
    """Whether alerts are sent: what was given up, what waits too long, and what has no way to be sent."""
    yield _in_ledger("alerts", archive, _alerts)


def webhooks(archive: Examined) -> Iterator[Finding]:
    """Whether webhooks are told: which have ended, what was given up, and what waits too long."""
    yield _in_ledger("webhooks", archive, _webhooks)


def _in_ledger(what: str, archive: Examined, look: Look, nothing: str = "none") -> Finding:
    """What `look` finds in the ledger; without a ledger that there is nothing."""
    try:
        ledger = _ledger(archive)
        return look(archive, ledger) if ledger else Finding(what, "ok", nothing)
    except LedgerError as error:
        return Finding(what, "problem", str(error), "mend the ledger first")


def _ledger(archive: Examined) -> Ledger | None:
    """The ledger, if it is there and has the tables of today: opening it changes nothing then. Raises LedgerError."""
    state = ledger_state(archive.ledger_place)
    if state is None or not state.is_current:
        return None
    return ledger_of(archive.engine, archive.loaded.settings)


def _syncs(archive: Examined) -> Sequence[SyncRecord]:
    with suppress(LedgerError):  # what is wrong with it has lines of its own
        ledger = _ledger(archive)
        return ledger.syncs.all() if ledger else ()
    return ()


def _inbox(archive: Examined, ledger: Ledger) -> Finding:
    keys = sum(key.revoked_on is None for key in ledger.write_keys.listed())
    queued, failed = ledger.inbox.count("queued"), ledger.inbox.count("failed")
    found = f"keys of programs: {keys:,}; articles queued: {queued:,}, set aside: {failed:,}"
    if failed:
        return Finding("inbox", "problem", found, "see why by `backfile inbox list`, then retry or drop them")
    oldest = next(iter(ledger.inbox.listed("queued", 1)), None)
    if oldest is not None and archive.now - oldest.at > INBOX_LATE:
        advice = "see that `backfile serve` runs, or `backfile inbox run --watch` where the setting inbox is false"
        return Finding("inbox", "problem", f"{found}; the first has waited since {oldest.at:%Y-%m-%d %H:%M}", advice)
    return Finding("inbox", "ok", found if keys or queued else _NOBODY_WRITES)


def _source(source: NamedSource, last: SyncRecord | None, now: datetime) -> Finding:
    what = f"source {source.name}"
    if not is_address(source.at) and not Path(source.at).exists():
        return Finding(what, "problem", f"{source.at} is not there", "change `at` in backfile.toml, or bring it back")
    if last is None:
        return Finding(what, "warning", "it was never brought into step", "run `backfile sync`, by a timer or --watch")
    seen = f"last brought into step at {last.at:%Y-%m-%d %H:%M}"
    if last.problem:
        well = f"; it last went well at {last.succeeded_at:%Y-%m-%d %H:%M}" if last.succeeded_at else ""
        return Finding(
            what, "problem", f"{seen}, and that failed: {last.problem}{well}", f"run `backfile sync {source.name}`"
        )
    if now - last.at > max(LATE * timedelta(seconds=source.every), LEAST_LATE):
        return Finding(what, "warning", f"{seen}: that is long ago", "see that the timer or `sync --watch` runs")
    return Finding(what, "ok", seen)


def _alerts(archive: Examined, ledger: Ledger) -> Finding:
    known = ledger.alerts.all()
    if not known:
        return Finding("alerts", "ok", "none")
    found, dead, late_since = _messages(archive, ledger.alerts.messages, len(known))
    settings = archive.loaded.settings
    by_mail = any(alert.target.startswith("mailto:") for alert in known)
    if by_mail and not (settings.mail_server and settings.mail_from):
        return Finding("alerts", "problem", f"{found}; some go by mail", "set mail_server and mail_from")
    if dead:
        return Finding("alerts", "problem", found, "see why by `backfile alerts list`, then `backfile alerts retry`")
    if late_since:
        return Finding("alerts", "warning", f"{found}, one since {late_since:%Y-%m-%d}", "run `backfile alerts run`")
    came = ledger.arrivals.first_after(ledger.alerts.matched())
    if came is not None and archive.now - came > ALERTS_LATE:
        said = f"{found}; nothing that came since {came:%Y-%m-%d %H:%M} was looked through for them"
        return Finding("alerts", "warning", said, "run `backfile alerts run` by a timer, or `backfile sync --watch`")
    return Finding("alerts", "ok", found)


def _webhooks(archive: Examined, ledger: Ledger) -> Finding:
    known = ledger.webhooks.all()
    if not known:
        return Finding("webhooks", "ok", "none")
    found, dead, late_since = _messages(archive, ledger.webhooks.messages, len(known))
    ended = [hook.id for hook in known if hook.ended]
    if ended:
        found = f"{found}; ended: {', '.join(ended)}"
    if ended or dead:
        advice = "see why by `backfile webhooks list`, then `backfile webhooks retry` or `remove`"
        return Finding("webhooks", "problem", found, advice)
    if late_since:
        return Finding("webhooks", "warning", f"{found}, one since {late_since:%Y-%m-%d}", _RUNS)
    looked = ledger.changes.looked_at()
    if looked is not None and archive.now - looked > ALERTS_LATE:
        said = f"{found}; nobody has looked for changes since {looked:%Y-%m-%d %H:%M}"
        return Finding("webhooks", "warning", said, _RUNS)
    return Finding("webhooks", "ok", found)


def _messages(archive: Examined, messages: Deliveries, owners: int) -> tuple[str, int, datetime | None]:
    """What is said of the messages of so many owners, how many were given up, and since when one is due that should
    have been sent, or tried again, long ago."""
    dead = len(messages.listed("dead"))
    due = [each.due for each in messages.listed("waiting", "sending")]
    late = [moment for moment in due if archive.now - moment > ALERTS_LATE]
    return f"{owners:,}; {len(due):,} messages to be sent, {dead:,} given up", dead, min(late, default=None)
