"""The entries of app.py: one for each handler, with its settings and their defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field


@dataclass(frozen=True)
class Entry:
    """The settings that every handler has.

    Attributes:
        name: the handler's name, such as `send-receipt`; its file is functions/handlers/send_receipt.py.
        timeout: seconds that one event may run. The timeouts of the API calls in a handler mostly add up to 30.
        memory: MB. A function's share of a processor grows with it: a whole one at 1,769 MB.
        batch_size: most events in one invocation, which runs them one after the other. With 1, every event has a
            machine to itself; more is cheaper if events are short and many.
        batch_window: seconds that events may wait for their batch to fill.
        max_concurrency: most machines that run this handler at the same time; if left out, AWS's own limits hold.
        environment: further environment variables.
        trace_days: days that traces are kept.
        trace: `calls` records the execution of the handler's own functions. `basic` records everything but that. `off`
            records that an event ran, when and to which end, and nothing of what was in it.
        trace_values: False to record of an execution only names and times: no arguments, results or local variables.
        max_hops: emits in a row by handlers, each caused by the one before, after which this handler can't emit any
            more. This ends endless loops. 1,000 are a retry every hour for six weeks.
        alarm_on_failure: whether an alarm fires when runs fail.
        failure_threshold: failures at which it fires.
        failure_minutes: minutes within which these have to come.
        pause_on_failures: failures at which the handler pauses itself, and the time within which they have to come,
            such as `(20, "5m")`. If left out, it never does.
        redact: names of secrets in the handler's events, besides those that Sluice knows and those of the stage. A name
            with a `!` before it is no secret. False stores everything as it is. If left out, the stage's setting holds.
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
    trace: str = "calls"
    trace_values: bool = True
    max_hops: int = 1_000
    alarm_on_failure: bool = True
    failure_threshold: int = 1
    failure_minutes: int = 5
    pause_on_failures: tuple[int, str] | None = None
    redact: Sequence[str] | bool | None = None


@dataclass(frozen=True)
class Worker(Entry):
    """A handler that runs for each event that is emitted to it."""


@dataclass(frozen=True)
class Cron(Entry):
    """A handler that a schedule emits to. Its event is `{"cron": NAME, "scheduled_at": TIME}`.

    Give either `every` or `cron`.

    Attributes:
        every: `Every 1min`, `Every 5min` or another part of an hour, `Every 1hr`, `Every 12hrs` or another part of a
            day, `Daily`, `Weekly` or `Fortnightly`.
        at: the time of day of a `Daily`, `Weekly` or `Fortnightly` cron, such as `03:00`; midnight if left out.
        on: the day of a `Weekly` or `Fortnightly` cron, such as `FRI`; Monday if left out.
        week_of: a day of one of the weeks (Monday to Sunday) in which a `Fortnightly` cron runs, such as `2026-11-30`;
            if left out, the weeks are counted from that of 1970-01-05.
        timezone: the time zone of `at` or `cron`, such as `Europe/Berlin`; UTC if left out.
        cron: an EventBridge cron expression, such as `0 3 ? * MON-FRI *`: minutes, hours, day of the month,
            month, day of the week, year.
        overlap: `allow` starts a run also while another is under way. `skip` doesn't: the tick is done without a run,
            and its trace says so.
        missed: `skip` sends no ticks while the cron is paused or blocked. `queue` lets them wait, and all of them run
            afterwards.
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
