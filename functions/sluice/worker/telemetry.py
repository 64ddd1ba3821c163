"""The function's structured log and its metrics, by Powertools."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from ..clock import clock
from ..stage.names import METRICS_NAMESPACE
from ..traces.failure import FAILED
from .log_fields import LinesWithFields
from .telemetry_names import DURATION_METRIC, FAILED_METRIC, METRIC_OF_STATUS, NOT_WRITTEN_METRIC, WAIT_METRIC

if TYPE_CHECKING:
    from ..queue.message import ReceivedMessage
    from ..traces import Trace
    from .output import Capture
    from .settings import Settings

_MOST_VALUES = 100
"""Values of a metric in one line: CloudWatch takes no more."""

_COUNT, _MILLISECONDS = MetricUnit.Count.value, MetricUnit.Milliseconds.value

KEYS: ContextVar[dict[str, Any] | None] = ContextVar("sluice_keys", default=None)
"""The keys in the lines of the run in whose name code runs. The worker hands them on to the threads that it starts."""


def _add_keys(record: logging.LogRecord) -> bool:
    """Add the run's keys to a line, unless it has its own of that name."""
    for name, value in (KEYS.get() or {}).items():
        vars(record).setdefault(name, value)
    return True


class Telemetry:
    """The function's log and its metrics.

    Every line that is logged in a run, by the worker or by the handler (through `logging` or a Powertools
    Logger), is JSON with the handler, the event's id and the attempt's number in it. Errors in logging and counting an
    event that ran are ignored, so that it does not run again because of them.

    Args:
        settings: the function's.
        capture: copies the lines of a run for its trace, and removes secrets from them.
        stream: the lines are written to it; standard output by default.
        metrics: so are the metrics to this one. Give it the real one: they have no secrets to look for.

    Attributes:
        logger: logs the worker's own lines.
        loggers: the loggers that write lines, and copy those of a run.
    """

    def __init__(
        self, settings: Settings, capture: Capture, stream: TextIO | None = None, *, metrics: TextIO | None = None
    ) -> None:
        self._stage = settings.stage
        self._metrics_stream = metrics
        self._is_counting = not is_metrics_disabled()
        self._values: dict[str, dict[str, Any]] = {}
        lines = logging.StreamHandler(capture.redacting(stream or sys.stdout))
        self.logger = Logger(service=settings.handler, logger_handler=lines)
        self.logger.append_keys(handler=settings.handler)
        # The handler's own `Logger()` has the same name, so it is this one.
        named = logging.getLogger(settings.handler)
        copies = capture.logging_handler(LinesWithFields(KEYS.get, self._appended))
        named.addHandler(copies)
        named.propagate = False
        lines.addFilter(_add_keys)
        # Lambda's own handler would print each line a second time.
        root = logging.getLogger()
        root.handlers = [lines, copies]
        root.setLevel(self.logger.log_level)
        self.loggers = root, named
        self._formatter: Any = self.logger.registered_formatter
        self._keys = {**self._current_keys()}
        # Instances of Metrics share their metrics: a handler's own would be counted in our namespace, and ours with its
        # dimensions.
        self._metrics = EphemeralMetrics(namespace=METRICS_NAMESPACE, service=settings.handler)
        self._metrics.set_default_dimensions(stage=settings.stage)

    def begin(self, message: ReceivedMessage, attempt: int) -> None:
        """Put the event's id and the attempt's number into every line from now on.

        Args:
            message: the event's message.
            attempt: 1 for the first.
        """
        KEYS.set({"event_id": message.envelope.id, "attempt": attempt})
        self._keys = {**self._current_keys()}

    def end(self) -> None:
        """Leave these out of the lines from now on, and the keys that the handler has appended."""
        KEYS.set(None)
        with contextlib.suppress(Exception):
            self._formatter.log_format = self._keys

    def _appended(self) -> dict[str, Any]:
        """Return the keys that the handler has appended to the lines of its run."""
        return {name: value for name, value in self._current_keys().items() if name not in self._keys}

    def _current_keys(self) -> dict[str, Any]:
        """Return the keys of every line that is logged now."""
        keys: dict[str, Any] = self._formatter.log_format
        return keys

    def ran(self, trace: Trace) -> None:
        """Count an attempt's outcome, and log it unless it is `ok`, which the trace says."""
        with contextlib.suppress(Exception):
            self._count(METRIC_OF_STATUS[trace.status])
            if trace.status in FAILED:
                self._count(FAILED_METRIC)
            if trace.duration_ms is not None:
                self._add(DURATION_METRIC, _MILLISECONDS, trace.duration_ms)
            if trace.wait_ms is not None:
                self._add(WAIT_METRIC, _MILLISECONDS, trace.wait_ms)
        with contextlib.suppress(Exception):
            if trace.status != "ok":
                self.logger.warning(trace.status, extra={"error": trace.error})

    def trace_not_written(self, trace: Trace, error: Exception) -> None:
        """Log a whole trace that could not be written, and count it.

        Args:
            trace: the trace.
            error: why it could not be written.
        """
        with contextlib.suppress(Exception):
            self.logger.error("trace not written", extra={"trace": trace.to_json(), "reason": repr(error)})
        with contextlib.suppress(Exception):
            self._count(NOT_WRITTEN_METRIC)
        with contextlib.suppress(Exception):
            # Once more without the handler, for the stage's one alarm: an alarm can't search for all handlers' counts.
            counted = [{"Name": NOT_WRITTEN_METRIC, "Unit": _COUNT}]
            directive = {"Namespace": METRICS_NAMESPACE, "Dimensions": [["stage"]], "Metrics": counted}
            written = {"Timestamp": int(clock.time() * 1000), "CloudWatchMetrics": [directive]}
            line = {"_aws": written, "stage": self._stage, NOT_WRITTEN_METRIC: 1}
            self._write(line)

    def flush(self) -> None:
        """Write this batch's metrics."""
        with contextlib.suppress(Exception):
            if self._values and self._is_counting:
                self._write(self._metrics.serialize_metric_set(self._values))
        self._values = {}

    def _count(self, name: str) -> None:
        self._add(name, _COUNT, 1)

    def _add(self, name: str, unit: str, value: float) -> None:
        # As Powertools' add_metric keeps it, which checks name and unit at each call: a twentieth of an event's time.
        values = self._values.setdefault(name, {"Unit": unit, "Value": []})["Value"]
        values.append(float(value))
        if len(values) == _MOST_VALUES:
            self.flush()

    def _write(self, line: object) -> None:
        stream = self._metrics_stream or sys.stdout
        stream.write(json.dumps(line, separators=(",", ":")) + "\n")
