"""The nodes of a cluster: in which order they are asked, and which of them have failed lately."""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections.abc import Callable, Sequence
from typing import Final

from search.engines.opensearch.transport.node import Node

_log = logging.getLogger("backfile.opensearch")

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 60.0
"""A node that fails is asked last for the first time, doubled with each failure up to the second."""


class Member:
    """A node with what is known of it. `proven`: it has answered since it failed last."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.proven = False
        self.failures = 0
        self.again_at = 0.0


class Nodes:
    """Safe to use from several threads. No node is ever given up: those that failed are asked after the others."""

    def __init__(self, nodes: Sequence[Node], clock: Callable[[], float]) -> None:
        self._members = [Member(node) for node in nodes]
        self._clock = clock
        self._lock = threading.Lock()
        # Not all processes begin with the same node.
        self._turns = itertools.count(random.randrange(len(nodes)))  # noqa: S311 - no secret

    def in_order(self) -> list[Member]:
        """All nodes: one whose pause is over, so that it is found out whether it is back; those that answer, each time
        another one first; those that failed, the longest ago first."""
        with self._lock:
            now = self._clock()
            failed = sorted((member for member in self._members if member.failures), key=lambda member: member.again_at)
            due = failed[:1] if failed and failed[0].again_at <= now else []
            for member in due:  # the other threads do not wait for it
                member.again_at = now + _pause(member.failures)
            live = [member for member in self._members if not member.failures]
            turn = next(self._turns) % len(live) if live else 0
            return [*due, *live[turn:], *live[:turn], *(member for member in failed if member not in due)]

    def answered(self, member: Member) -> None:
        """Notes that a node answers."""
        if member.proven:
            return
        with self._lock:
            was_away = member.failures > 0
            member.proven, member.failures, member.again_at = True, 0, 0.0
        if was_away:
            _log.info("the node %s answers again", member.node.label)

    def failed(self, member: Member, reason: str) -> None:
        """Notes that a node did not answer, and why."""
        with self._lock:
            member.proven = False
            member.failures += 1
            member.again_at = self._clock() + _pause(member.failures)
            is_news = member.failures == 1
        if is_news:
            _log.warning("the node %s %s", member.node.label, reason)

    def close(self) -> None:
        """Closes the sockets. The next request opens others."""
        for member in self._members:
            member.node.close()


def _pause(failures: int) -> float:
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10)))
