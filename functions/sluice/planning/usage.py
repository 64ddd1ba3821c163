"""The use of a stage, from which its cost follows."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import SluiceError


class ImpossibleUsageError(SluiceError, ValueError):
    """A number of the usage is out of range; the message gives the range."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The use of a stage.

    Attributes:
        events: events a month.
        duration_ms: milliseconds that one event runs, the write of its trace included.
        memory: MB of the functions' memory.
        batch: events in an invocation, on average.
        emit_batch: events sent with one request: 10 for `emit_many`.
        event_kb: KB of an event.
        trace_kb: KB of a trace as it is stored.
        trace_days: days for which traces are kept.
        execution_kb: KB that calls and values add to a trace that keeps all of them; 0 if the handlers record none.
        failed_percent: percent of the events whose runs fail.
        handlers: the number of handlers, crons included.
        crons: the number of crons.
        cron_minutes: minutes between a cron's runs.
        own_key: True if the stage has a KMS key of its own.
    """

    events: float = 1_000_000
    duration_ms: float = 100
    memory: float = 256
    batch: float = 1
    emit_batch: float = 1
    event_kb: float = 1
    trace_kb: float = 1
    trace_days: float = 30
    execution_kb: float = 2
    failed_percent: float = 0
    handlers: int = 1
    crons: int = 0
    cron_minutes: float = 60
    own_key: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (
            ("events", 0, 1e13),
            ("duration_ms", 1, 900_000),
            ("memory", 128, 10_240),
            ("batch", 1, 10_000),
            ("emit_batch", 1, 10),
            ("event_kb", 0.001, 1024),
            ("trace_kb", 0.1, 400),
            ("trace_days", 1, 36_500),
            ("execution_kb", 0, 100),
            ("failed_percent", 0, 100),
            ("handlers", 1, 10_000),
            ("crons", 0, 10_000),
            ("cron_minutes", 1, 1e6),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ImpossibleUsageError(f"{name} may be {low:,g} to {high:,g}, and not {value:,g}")
        if self.crons > self.handlers:
            raise ImpossibleUsageError(
                f"{self.crons} crons among {self.handlers} handlers: a cron is a handler too; raise --handlers"
            )
