"""The capacity of handlers: the machines that a load takes, and the first limit that it meets.

A machine is one unit of Lambda's concurrency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import SluiceError
from ..traces.item import NEW_TABLE_WRITES, SHARDS

FIRST_CONCURRENCY = 5
CONCURRENCY_A_MINUTE = 300
MAPPING_CONCURRENCY = 1_250
"""The scaling of an event source mapping for SQS (Lambda guide, services-sqs-scaling): it starts with 5 concurrent
invocations, adds up to 300 a minute, and stops at 1,250."""

ACCOUNT_CONCURRENCY = 1_000
"""Lambda's quota for an account and region, unless AWS has raised it."""

INVOCATIONS_A_MACHINE = 10
"""Invocations a second: Lambda's quota for each unit of concurrency (Lambda guide, gettingstarted-limits)."""

WRITES_A_PARTITION = 1_000
"""Write units a second: DynamoDB's quota for a partition, whatever the table's capacity."""

WRITES_A_TABLE = 40_000
"""Write units a second: DynamoDB's quota for a table on demand, unless AWS has raised it."""

DOUBLING_SECONDS = 1_800
"""Seconds in which a table on demand throttles what goes beyond twice its previous peak (as above)."""

IN_FLIGHT = 120_000
"""Messages of a standard queue that may be received and not deleted yet (SQS's approximate quota)."""

FORWARDED_SECONDS = 5.5 * 86_400
"""Age in seconds of a paused handler's message by which the reconciler has sent the event again: a sweep begins every
five days, and takes half a day at most."""

MOST_WAITING = 400_000_000
"""Events that the reconciler can send again in time: 50,000 a minute for five days and a half."""

KEPT_SECONDS = 14 * 86_400
"""Seconds for which SQS keeps a message."""


class ImpossibleLoadError(SluiceError, ValueError):
    """A number of the load is out of range; the message gives the range."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """The events that are emitted, and the handlers that run them.

    Attributes:
        rate: events a second, to all handlers together.
        duration_ms: milliseconds that one event runs, the write of its trace included.
        batch: events in an invocation.
        handlers: handlers with the same settings, which share the events evenly.
        max_concurrency: each handler's setting; None for AWS's limits only.
        account_concurrency: the part of the account's quota that these handlers may use.
        trace_kb: KB of a trace as it is stored.
        table_writes: the table's quota of write units a second.
        backlog: events that wait at the start, of all handlers together.
        pause: seconds for which the handlers are paused at first, while events are emitted.
    """

    rate: float = 1_000
    duration_ms: float = 100
    batch: int = 1
    handlers: int = 1
    max_concurrency: int | None = None
    account_concurrency: int = ACCOUNT_CONCURRENCY
    trace_kb: float = 1
    table_writes: float = WRITES_A_TABLE
    backlog: float = 0
    pause: float = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rate", 0, 1e8),
            ("duration_ms", 1, 900_000),
            ("batch", 1, 10_000),
            ("handlers", 1, 10_000),
            ("max_concurrency", 2, 1_000),
            ("account_concurrency", 1, 1e7),
            ("trace_kb", 0.1, 400),
            ("table_writes", 1, 1e9),
            ("backlog", 0, 1e13),
            ("pause", 0, 366 * 86_400),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                # The command takes the pause in hours.
                unit, scale = (" hours", 3_600) if name == "pause" else ("", 1)
                raise ImpossibleLoadError(
                    f"{name} may be {low / scale:,g} to {high / scale:,g}{unit}, and not {value / scale:,g}"
                )

    @property
    def seconds(self) -> float:
        """Seconds that one event runs."""
        return self.duration_ms / 1000

    @property
    def needed(self) -> int:
        """Machines that are busy at any moment: as many as events run at once (Little's law)."""
        return math.ceil(round(self.rate * self.seconds, 6))

    @property
    def ceiling(self) -> int:
        """Machines that one handler can have."""
        limits = [MAPPING_CONCURRENCY, self.account_concurrency // self.handlers]
        if self.max_concurrency is not None:
            limits.append(self.max_concurrency)
        return max(1, min(limits))

    @property
    def trace_units(self) -> int:
        """Write units of one trace."""
        return math.ceil(self.trace_kb)

    @property
    def ramp(self) -> float:
        """Seconds until a new table takes the load's traces; 0 if it does at once."""
        doublings = math.ceil(math.log2(max(1, self.rate * self.trace_units / NEW_TABLE_WRITES)))
        return doublings * DOUBLING_SECONDS

    @property
    def trace_rate(self) -> float:
        """Events a second of one handler for which traces can be written."""
        of_shards = SHARDS * WRITES_A_PARTITION / self.trace_units
        return min(of_shards, self.table_writes / self.trace_units / self.handlers)

    def done_a_second(self, concurrency: float) -> float:
        """Return the events a second that one handler runs on so many machines."""
        invocations = concurrency * min(1 / (self.seconds * self.batch), INVOCATIONS_A_MACHINE)
        return min(invocations * self.batch, self.trace_rate)

    @property
    def most(self) -> float:
        """Events a second that all handlers together can run."""
        return self.handlers * self.done_a_second(self.ceiling)

    @property
    def keeps_up(self) -> bool:
        """True if events run as fast as they are emitted."""
        return self.most >= self.rate


@dataclass(frozen=True)
class Check:
    """A limit.

    Attributes:
        name: the limited resource.
        used: the load's use of it, in its steady state.
        limit: the most that may be used.
        remedy: the way out if that is too little.
    """

    name: str
    used: float
    limit: float
    remedy: str

    @property
    def holds(self) -> bool:
        """True if the limit is not exceeded."""
        return self.used <= self.limit


def checks(load: Load, longest_wait: float | None) -> list[Check]:
    """Return every limit that the load could meet.

    Args:
        load: the load.
        longest_wait: seconds that an event waits at most; None if the backlog never drains.
    """
    each = load.rate / load.handlers
    running = min(load.needed, load.ceiling * load.handlers)
    invocations = load.rate / load.batch
    found = [
        Check(
            "machines of a handler",
            math.ceil(round(each * load.seconds, 6)),
            min(load.max_concurrency or MAPPING_CONCURRENCY, MAPPING_CONCURRENCY),
            "raise max_concurrency, make events shorter, or spread them over several handlers",
        ),
        Check(
            "machines of the account",
            load.needed,
            load.account_concurrency,
            "have AWS raise the quota 'Concurrent executions' of Lambda, or make events shorter",
        ),
        Check(
            "invocations a second",
            invocations,
            INVOCATIONS_A_MACHINE * load.account_concurrency,
            "raise batch_size, or have AWS raise the quota 'Concurrent executions' of Lambda",
        ),
        Check(
            "trace writes a second of a handler",
            each * load.trace_units,
            SHARDS * WRITES_A_PARTITION,
            "spread the events over several handlers, or keep traces within 1 KB",
        ),
        Check(
            "trace writes a second of the table",
            load.rate * load.trace_units,
            load.table_writes,
            "have AWS raise the quota 'Table-level write throughput' of DynamoDB",
        ),
        Check(
            "events in flight of a queue",
            running / load.handlers * load.batch,
            IN_FLIGHT,
            "lower batch_size, or spread the events over several handlers",
        ),
        Check(
            "days that a message is old",
            math.inf if longest_wait is None else (longest_wait - max(0, load.pause - FORWARDED_SECONDS)) / 86_400,
            KEPT_SECONDS / 86_400,
            "lift the first of these limits that does not hold, or pause for less long",
        ),
    ]
    if load.pause > FORWARDED_SECONDS:
        found.append(
            Check(
                "events that wait while paused",
                load.backlog + load.rate * load.pause,
                MOST_WAITING,
                "pause for less long: the reconciler cannot send more of them again before SQS deletes them",
            )
        )
    return found
