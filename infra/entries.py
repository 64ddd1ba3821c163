"""The entries of app.py: a handler each, with its settings and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field


@dataclass(frozen=True)
class Entry:
    """What all handlers can be given.

    Attributes:
        name: the handler's name, such as `send-receipt`; its file is functions/handlers/send_receipt.py.
        timeout: seconds that one event may run. 30 is what most API calls' own timeouts add up to.
        memory: MB. A function's share of a processor grows with it: a whole one at 1,769 MB.
        batch_size: events that one invocation takes at most, one after the other. 1 lets every event have a
            machine of its own; more is cheaper for short events that come in numbers.
        batch_window: seconds that events may wait for their batch to fill.
        max_concurrency: machines that run this handler at the same time, at most; AWS's own limits if left out.
        environment: further environment variables.
        trace_days: days that traces are kept.
        max_hops: emits in a row by handlers, each caused by the one before, after which this handler may emit no
            more: what ends an endless loop. 1,000 are a retry every hour for six weeks.
    """

    name: str
    _: KW_ONLY
    timeout: int = 30
    memory: int = 256
    batch_size: int = 1
    batch_window: int = 0
    max_concurrency: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    trace_days: int = 30
    max_hops: int = 1_000


@dataclass(frozen=True)
class Worker(Entry):
    """A handler that runs for what is emitted to it."""


@dataclass(frozen=True)
class Cron(Entry):
    """A handler that a schedule emits to; it is given `{"cron": NAME, "scheduled_at": TIME}`.

    Either `every` or `cron` says when.

    Attributes:
        every: `Every 1min`, `Every 1hr`, `Every 12hrs`, `Daily`, `Weekly` or `Fortnightly`.
        at: the time of day of a `Daily`, `Weekly` or `Fortnightly` cron, such as `03:00`; midnight if left out.
        on: the day of a `Weekly` or `Fortnightly` cron, such as `FRI`; Monday if left out.
        week_of: a day of one of the weeks (Monday to Sunday) in which a `Fortnightly` cron runs, such as `2026-11-30`;
            if left out, the weeks are counted from that of 1970-01-05.
        timezone: the zone whose clock is meant, such as `Europe/Berlin`; UTC if left out.
        cron: an EventBridge cron expression, such as `0 3 ? * MON-FRI *`: minutes, hours, day of the month,
            month, day of the week, year.
        overlap: `allow`: a run may start while another is under way. `skip`: it is done without a run then, and its
            trace says so.
        missed: what becomes of the ticks while it is paused or blocked. `skip`: there are none. `queue`: they wait, and
            all of them run afterwards.
    """

    _: KW_ONLY
    every: str | None = None
    at: str | None = None
    on: str | None = None
    week_of: str | None = None
    timezone: str | None = None
    cron: str | None = None
    overlap: str = "allow"
    missed: str = "skip"
