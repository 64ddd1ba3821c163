"""A stage's numbers for the pages, asked for once however many pages show them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from ..operate.crons import Cron, crons
from ..operate.failures import FailureGroup, failure_groups
from ..operate.status import FAILED_SECONDS, HandlerStatus, statuses
from ..traces import open_store

FRESH_SECONDS = 2.0
"""Seconds for which the handlers' numbers are shown again without another look."""

_SLOW_SECONDS = 20.0
"""The same for what changes more slowly and costs more: crons and causes."""

MOST_FAILURES = 2_000
"""Failed runs that are put into groups, the newest ones."""

Asked = TypeVar("Asked")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The handlers' numbers.

    Attributes:
        rows: a row for each handler and each name without one.
        at: when they were asked for, in seconds since 1970.
    """

    rows: Sequence[HandlerStatus]
    at: float

    def row(self, handler: str) -> HandlerStatus | None:
        """Return a handler's row; None if there is none."""
        return next((row for row in self.rows if row.handler == handler), None)


class Gathering:
    """Asks AWS about one stage, and keeps the answers for a moment.

    Args:
        stage: the stage.
        clock: returns seconds on any scale.
    """

    def __init__(self, stage: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.stage = stage
        self._clock = clock
        self._locks: dict[str, threading.Lock] = {"rows": threading.Lock(), "crons": threading.Lock()}
        self._locks["causes"] = threading.Lock()
        self._known: dict[str, tuple[float, Any]] = {}

    def rows(self) -> Rows:
        """Return the handlers' numbers.

        Raises:
            NotDeployedError: the stage is not deployed.
            botocore's errors: AWS refused a call, or did not answer.
        """
        return self._fresh("rows", FRESH_SECONDS, lambda: Rows(rows=statuses(self.stage), at=time.time()))

    def crons(self) -> Sequence[Cron]:
        """Return the crons."""
        rows = self.rows().rows
        return self._fresh("crons", _SLOW_SECONDS, lambda: crons(self.stage, handlers=rows))

    def causes(self) -> Sequence[FailureGroup]:
        """Return the groups of the newest failed runs; none if the stage's failures cannot be read."""
        if not any(row.failed for row in self.rows().rows):
            return ()
        return self._fresh("causes", _SLOW_SECONDS, lambda: failed_lately(self.stage))

    def forget(self) -> None:
        """Ask anew, as something was just changed."""
        self._known.clear()

    def _fresh(self, name: str, seconds: float, ask: Callable[[], Asked]) -> Asked:
        # Whoever comes while another asks waits for the same answer.
        with self._locks[name]:
            at, answer = self._known.get(name, (0.0, None))
            if name not in self._known or self._clock() - at >= seconds:
                answer = ask()
                self._known[name] = (self._clock(), answer)
            found: Asked = answer
            return found


def failed_lately(stage: str, handler: str | None = None) -> Sequence[FailureGroup]:
    """Return the groups of the runs that failed in the last 24 hours, of the newest `MOST_FAILURES`.

    Args:
        stage: the stage.
        handler: only this one's; every handler's if left out.
    """
    try:
        search = open_store(stage).search
        runs = search.failures.runs(handler, since=time.time() - FAILED_SECONDS)
        return failure_groups(islice(runs, MOST_FAILURES), search)
    except ClientError:
        # The stage was deployed before there was an index, or the caller may not read it.
        return ()
