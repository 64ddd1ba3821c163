"""The reconciler's metrics: what a stage's people should learn of, though no run fails.

They are lines of the log in CloudWatch's embedded metric format, so they cost no call. Nothing is written while there
is nothing to tell: CloudWatch charges for a metric only in months in which it has data.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from ..pausing.describe import BLOCKED, PAUSED, state_of
from ..stage.names import METRICS_NAMESPACE
from .metric_names import (
    DEAD_METRIC,
    MAPPING_METRIC,
    NO_HANDLER_METRIC,
    PAUSED_ITSELF_METRIC,
    STOPPED_METRIC,
    WAITING_METRIC,
    dimensions_of,
)

if TYPE_CHECKING:
    from ..pausing.handler_states import Snapshot
    from ..retention.ages import Age
    from ..traces.unhandled import Unhandled

LATELY_SECONDS = 120
"""Time within which an emit counts as new: two runs, should one be left out."""


class Watch:
    """Writes the metrics of one stage.

    Args:
        stage: the stage's name.
        unhandled: the events emitted to names that had no handler.
        stream: the lines are written to it; standard output by default.
    """

    def __init__(self, stage: str, unhandled: Unhandled, stream: TextIO | None = None) -> None:
        self._stage = stage
        self._unhandled = unhandled
        self._stream = stream

    def look(self, snapshots: Sequence[Snapshot], now_ms: int) -> None:
        """Write what there is to tell.

        Args:
            snapshots: the handlers' states.
            now_ms: milliseconds since 1970.
        """
        stopped = max((_stopped_seconds(snapshot, now_ms) for snapshot in snapshots), default=0)
        if stopped > 0:
            self._write(STOPPED_METRIC, "Seconds", stopped, now_ms)
        names = len(self._unhandled.emitted_since(now_ms - LATELY_SECONDS * 1000))
        if names:
            self._write(NO_HANDLER_METRIC, "Count", names, now_ms)

    def paused_themselves(self, handlers: int) -> None:
        """Write that handlers were paused because their runs failed.

        Args:
            handlers: their number.
        """
        self._write(PAUSED_ITSELF_METRIC, "Count", handlers, int(time.time() * 1000))

    def count_changed_mappings(self, count: int, now_ms: int) -> None:
        """Write how many event source mappings are not as deployed.

        Args:
            count: their number.
            now_ms: milliseconds since 1970.
        """
        if count:
            self._write(MAPPING_METRIC, "Count", count, now_ms)

    def tell_ages(self, ages: Iterable[Age], now_ms: int) -> None:
        """Write how long events and dead letters have been waiting.

        Args:
            ages: the ages.
            now_ms: milliseconds since 1970.
        """
        for age in ages:
            name = DEAD_METRIC if age.dead else WAITING_METRIC
            self._write(name, "Seconds", age.seconds, now_ms, handler=age.handler)

    def _write(self, name: str, unit: str, value: int, now_ms: int, *, handler: str | None = None) -> None:
        dimensions = dimensions_of(self._stage, handler)
        described = {
            "Namespace": METRICS_NAMESPACE,
            "Dimensions": [list(dimensions)],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        line = {"_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [described]}, **dimensions, name: value}
        print(json.dumps(line), file=self._stream or sys.stdout, flush=True)


def _stopped_seconds(snapshot: Snapshot, now_ms: int) -> int:
    """Return for how long a handler has been paused or blocked; 0 if it is not, or nobody knows since when."""
    state = state_of(snapshot, now_ms=now_ms)
    if state.state not in (PAUSED, BLOCKED) or state.since is None:
        return 0
    try:
        return max(0, int(now_ms / 1000 - datetime.fromisoformat(state.since).timestamp()))
    except ValueError:
        # A block that was set by hand may have any text.
        return 0
