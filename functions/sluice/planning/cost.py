"""A stage's monthly cost, part by part, with the arithmetic.

It assumes a steady load, and of AWS's free tier only Scheduler's, so that the counted parts never cost more. Not
counted: cold starts, retries, the handlers' own calls, and reading traces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import prices
from .usage import Usage

POLLS_A_MINUTE = 15
"""Requests a minute of an idle event source mapping: Lambda's five pollers wait 20 s at a time."""

RECEIVED_AT_ONCE = 10
"""Messages that a mapping receives or deletes with one request, at most."""

LOG_BYTES_INVOCATION = 1_100
"""Bytes that an invocation logs: Lambda's START, END and REPORT lines, and one line of metrics."""

METRICS_A_HANDLER = 3
"""Metrics of a handler without failures: Ok, Duration, Wait."""

STORED_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item it stores."""

RECONCILER_GB_SECONDS = 0.5
"""GB-seconds of a reconciler's run, once a minute: half a second at 1 GB. Sending events again in long pauses costs
extra."""

ALARMED_METRICS = 4
"""Metrics of a handler that alarms watch: failures, the number of dead letters, and the age of each queue's oldest
message."""

STAGE_ALARMS = 7
"""Alarms of a stage: Scheduler's failed deliveries, traces that were not written, a reconciler that fails, one that
does not run, a handler that has been stopped for long, a mapping that was changed, and emits to names without a
handler."""


KMS_REQUESTS_OF_A_QUEUE = 3
"""Requests to KMS for each hour of a queue in use, by AWS's formula for SQS: two of who sends and one of who receives,
for each reuse period of a data key. The template sets that to an hour."""

KMS_REQUESTS_OF_A_PROCESS = 12
"""Requests to KMS an hour of a process that uses the table: DynamoDB keeps a key for each caller for five minutes."""

FAILURE_UNITS = 2
"""Write units that a failed run costs beyond its trace, at most: its entry in the index of failures, and its cause in
its trace, if that makes it larger than a unit."""


@dataclass(frozen=True)
class Part:
    """A part of the bill.

    Attributes:
        name: its name.
        arithmetic: the computation of its price, in words.
        dollars: dollars a month.
        of_events: True for calls and computing, which are paid for each event; False for storage, alarms and polling.
    """

    name: str
    arithmetic: str
    dollars: float
    of_events: bool = False


@dataclass(frozen=True)
class Bill:
    """The bill of a month.

    Attributes:
        usage: the use that it is for.
        parts: its parts.
    """

    usage: Usage
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """Dollars a month."""
        return sum(part.dollars for part in self.parts)

    @property
    def per_million(self) -> float:
        """Dollars for a million events' calls and computing, without crons."""
        of_events = sum(part.dollars for part in self.parts if part.of_events)
        return of_events / self.usage.events * prices.MILLION if self.usage.events else 0.0


def bill(usage: Usage) -> Bill:
    """Return the monthly bill for a use of a stage."""
    runs = usage.crons * prices.MINUTES_A_MONTH / usage.cron_minutes
    return Bill(
        usage,
        (
            _requests(usage),
            _invocations(usage),
            _computing(usage),
            _trace_writes(usage),
            *((_failures(usage),) if usage.failed_percent else ()),
            *((_executions(usage),) if usage.execution_kb else ()),
            _storage(usage, usage.events + runs),
            *((_crons(usage, runs),) if usage.crons else ()),
            _logs(usage.events / usage.batch + runs),
            _watching(usage),
            _polling(usage),
            _reconciling(),
            *((_key(usage),) if usage.own_key else ()),
        ),
    )


def _requests(usage: Usage) -> Part:
    sent = _sqs_requests(usage, usage.emit_batch)
    taken = _sqs_requests(usage, min(usage.batch, RECEIVED_AT_ONCE))
    deleted = 1 / min(usage.batch, RECEIVED_AT_ONCE)
    each = sent + taken + deleted
    return Part(
        "SQS requests",
        f"{usage.events:,.0f} events x ({sent:g} sent + {taken:g} received + {deleted:g} deleted) x "
        f"${prices.SQS_REQUEST * prices.MILLION:.2f}/million",
        usage.events * each * prices.SQS_REQUEST,
        of_events=True,
    )


def _sqs_requests(usage: Usage, together: float) -> float:
    """Return the requests for an event that shares them with others: one for each 64 KB of all of them."""
    return math.ceil(together * usage.event_kb / prices.SQS_CHUNK_KB) / together


def _invocations(usage: Usage) -> Part:
    return Part(
        "Lambda requests",
        f"{usage.events:,.0f} events ÷ {usage.batch:g} in a batch x "
        f"${prices.LAMBDA_REQUEST * prices.MILLION:.2f}/million",
        usage.events / usage.batch * prices.LAMBDA_REQUEST,
        of_events=True,
    )


def _computing(usage: Usage) -> Part:
    return Part(
        "Lambda computing",
        f"{usage.events:,.0f} events x {usage.duration_ms / 1000:g} s x {usage.memory / 1024:g} GB x "
        f"${prices.LAMBDA_GB_SECOND:.10f}/GB-s",
        usage.events * _gb_seconds(usage) * prices.LAMBDA_GB_SECOND,
        of_events=True,
    )


def _gb_seconds(usage: Usage) -> float:
    return usage.duration_ms / 1000 * usage.memory / 1024


def _trace_writes(usage: Usage) -> Part:
    units = math.ceil(usage.trace_kb)
    return Part(
        "trace writes",
        f"{usage.events:,.0f} events x {units} write units (1 KB each, rounded up) x "
        f"${prices.DYNAMODB_WRITE * prices.MILLION:.3f}/million",
        usage.events * units * prices.DYNAMODB_WRITE,
        of_events=True,
    )


def _failures(usage: Usage) -> Part:
    failed = usage.events * usage.failed_percent / 100
    return Part(
        "failures",
        f"{failed:,.0f} failed runs x {FAILURE_UNITS} more write units (the index of failures) x "
        f"${prices.DYNAMODB_WRITE * prices.MILLION:.3f}/million",
        failed * FAILURE_UNITS * prices.DYNAMODB_WRITE,
        of_events=True,
    )


def _executions(usage: Usage) -> Part:
    failed = usage.events * usage.failed_percent / 100
    processes = _processes(usage)
    first = min(usage.events - failed, processes * prices.MINUTES_A_MONTH)
    units = math.ceil(usage.trace_kb + usage.execution_kb) - math.ceil(usage.trace_kb)
    return Part(
        "executions",
        f"({failed:,.0f} failed runs + {first:,.0f} first runs of a minute in {processes:,} processes) x {units} more "
        f"write units x ${prices.DYNAMODB_WRITE * prices.MILLION:.3f}/million; others cost nothing",
        (failed + first) * units * prices.DYNAMODB_WRITE,
    )


def _processes(usage: Usage) -> int:
    """Return how many processes are busy at a time, or one for each handler if fewer are."""
    busy = usage.events / (prices.MINUTES_A_MONTH * 60) * usage.duration_ms / 1000
    return max(usage.handlers, math.ceil(busy))


def _storage(usage: Usage, traces: float) -> Part:
    kept = traces * usage.trace_days / prices.DAYS_A_MONTH
    gigabytes = kept * (usage.trace_kb * 1024 + STORED_OVERHEAD) / 1024**3
    return Part(
        "traces kept",
        f"{kept:,.0f} traces = {gigabytes:,.2f} GB x ${prices.DYNAMODB_GB_MONTH + prices.DYNAMODB_BACKUP_GB_MONTH:.2f}"
        " (table and its backups)",
        gigabytes * (prices.DYNAMODB_GB_MONTH + prices.DYNAMODB_BACKUP_GB_MONTH),
    )


def _crons(usage: Usage, runs: float) -> Part:
    # Scheduler sends the tick; it is received, deleted, traced, and locked so that a tick sent twice runs once.
    each = 3 * prices.SQS_REQUEST + prices.LAMBDA_REQUEST + _gb_seconds(usage) * prices.LAMBDA_GB_SECOND
    each += (math.ceil(usage.trace_kb) + 1) * prices.DYNAMODB_WRITE
    paid = max(0.0, runs - prices.SCHEDULER_FREE_RUNS)
    return Part(
        "crons",
        f"{usage.crons:,} x every {usage.cron_minutes:g} min = {runs:,.0f} runs x "
        f"${each * prices.MILLION:.2f}/million; Scheduler: {paid:,.0f} beyond {prices.SCHEDULER_FREE_RUNS:,} free",
        runs * each + paid * prices.SCHEDULER_RUN,
    )


def _logs(invocations: float) -> Part:
    gigabytes = invocations * LOG_BYTES_INVOCATION / 1024**3
    return Part(
        "logs",
        f"{invocations:,.0f} invocations x {LOG_BYTES_INVOCATION:,} bytes = {gigabytes:,.2f} GB x "
        f"${prices.LOG_GB:.2f}, and what handlers print",
        gigabytes * prices.LOG_GB,
    )


def _watching(usage: Usage) -> Part:
    return Part(
        "metrics and alarms",
        f"{usage.handlers:,} handlers x ({METRICS_A_HANDLER} metrics x ${prices.METRIC_MONTH:.2f} + alarms on "
        f"{ALARMED_METRICS} x ${prices.ALARM_MONTH:.2f}) + {STAGE_ALARMS} alarms of the stage",
        usage.handlers * (METRICS_A_HANDLER * prices.METRIC_MONTH + ALARMED_METRICS * prices.ALARM_MONTH)
        + STAGE_ALARMS * prices.ALARM_MONTH,
    )


def _polling(usage: Usage) -> Part:
    polls = usage.handlers * POLLS_A_MINUTE * prices.MINUTES_A_MONTH
    return Part(
        "polling",
        f"{usage.handlers:,} queues x {POLLS_A_MINUTE} a minute = {polls:,.0f} x "
        f"${prices.SQS_REQUEST * prices.MILLION:.2f}/million; less where events come all the time",
        polls * prices.SQS_REQUEST,
    )


def _reconciling() -> Part:
    runs = prices.MINUTES_A_MONTH
    return Part(
        "reconciler",
        f"{runs:,} runs x (${prices.LAMBDA_REQUEST * prices.MILLION:.2f}/million + {RECONCILER_GB_SECONDS:g} GB-s)",
        runs * (prices.LAMBDA_REQUEST + RECONCILER_GB_SECONDS * prices.LAMBDA_GB_SECOND),
    )


def _key(usage: Usage) -> Part:
    hours = prices.MINUTES_A_MONTH / 60
    # The reconciler is a process too.
    processes = _processes(usage) + 1
    hourly = usage.handlers * KMS_REQUESTS_OF_A_QUEUE + processes * KMS_REQUESTS_OF_A_PROCESS
    return Part(
        "key",
        f"${prices.KEY_MONTH:.2f} + {hours:,.0f} h x ({usage.handlers:,} queues x {KMS_REQUESTS_OF_A_QUEUE} +"
        f" {processes:,} processes x {KMS_REQUESTS_OF_A_PROCESS}) requests x"
        f" ${prices.KMS_REQUEST * prices.MILLION:.2f}/million",
        prices.KEY_MONTH + hours * hourly * prices.KMS_REQUEST,
    )
