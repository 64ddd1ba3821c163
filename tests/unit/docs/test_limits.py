"""Numbers in the docs are those of the code."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from sluice.emitting import delay, emit, scheduled_events
from sluice.event import envelope
from sluice.operate import status
from sluice.planning import capacity, cost, prices
from sluice.planning.cost import bill
from sluice.planning.drain import drain
from sluice.planning.usage import Usage
from sluice.queue import dead_letters, scan, send
from sluice.recording import redaction
from sluice.retention import budget, rescue, resend
from sluice.stage import clients
from sluice.traces import failure, item, packing
from sluice.worker import attempts, output, redacted_lines

from infra import stack
from infra.checks import settings
from infra.handler import queues, timing
from infra.queue import RETENTION
from infra.shared import reconciler as deployed
from tests.unit.support.pages import PAGES

DAY_MS = 86_400_000

LONGEST: Any = SimpleNamespace(uniform=lambda _low, high: high)
SHORTEST: Any = SimpleNamespace(uniform=lambda low, _high: low)
DELAYS = [round(attempts.retry_delay(used, LONGEST)) for used in (1, 2, 3, 4)]

LIMITS = [
    ("emit.md", "Up to {} characters", emit.MAX_KEY),
    ("emit.md", "{} days at most", envelope.MAX_KEY_WINDOW // 86_400),
    ("emit.md", "up to {} MiB", send.MAX_MESSAGE_BYTES // 2**20),
    ("emit.md", "Beyond {} minutes", delay.MAX_DELAY // 60),
    ("delayed-events-and-crons.md", "Up to {} minutes it waits in SQS", delay.MAX_DELAY // 60),
    ("delayed-events-and-crons.md", "it may be {} KiB large", scheduled_events.MAX_INPUT_BYTES // 1024),
    ("traces.md", "counted up to {:,}", scheduled_events.MAX_COUNTED),
    ("traces.md", "DynamoDB's {} KB", round((packing.MAX_BYTES + 10_000) / 1000)),
    ("redaction.md", "has {} characters or more", redaction.SHORTEST_VALUE),
    ("redaction.md", "longer than {:,} characters", redacted_lines.MAX_LINE),
    ("promises.md", "**{} attempts at most.**", {5: "Five"}[attempts.MAX_ATTEMPTS]),
    ("promises.md", "after {} receives", {100: "a hundred"}[attempts.MAX_TOTAL_RECEIVES]),
    ("dead-letters-and-failures.md", "after {} receives", {100: "a hundred"}[attempts.MAX_TOTAL_RECEIVES]),
    ("dead-letters-and-failures.md", "takes {} queries to find one failure", failure.INDEX_SHARDS),
    ("traces.md", "reads a handler's {} partitions at a time", item.SHARDS),
    ("traces.md", "It takes {} queries for all handlers", failure.INDEX_SHARDS),
    (
        "traces.md",
        "failed](dead-letters-and-failures.md#failures) in the last {} hours",
        status.FAILED_SECONDS // 3_600,
    ),
    ("architecture.md", "one of {} partitions and the time of the failure", failure.INDEX_SHARDS),
    ("dead-letters-and-failures.md", "are {}, then {}, then {} seconds", DELAYS[:3]),
    ("dead-letters-and-failures.md", "for {} minutes at most", scan.LONGEST_HOLD // 60),
    ("dead-letters-and-failures.md", "two and a half minutes", {150: ""}[int(dead_letters.PATIENCE)]),
    ("dead-letters-and-failures.md", "`list` for {:g} seconds", dead_letters.LISTING_PATIENCE),
    ("architecture.md", "{}, {}, {} seconds", DELAYS[:3]),
    ("architecture.md", "again in {}, {}, {} s", DELAYS[:3]),
    ("architecture.md", "n is {} at most", attempts.MAX_ATTEMPTS),
    ("architecture.md", "received {} times, and started less often", attempts.PUT_BACK_FROM),
    ("architecture.md", "over {} partitions", item.SHARDS),
    ("architecture.md", "beyond {:,} characters", output.MAX_CHARACTERS),
    ("architecture.md", "= {} \u00d7 the function's timeout", timing.VISIBILITY_FACTOR),
    ("pausing-and-blocking.md", "Every {} minutes the reconciler looks", rescue.EVERY_MINUTES),
    ("pausing-and-blocking.md", "{} times the function's", {6: "six"}[timing.VISIBILITY_FACTOR]),
    ("pausing-and-blocking.md", "{} minutes at least", {3: "three"}[timing.SHORTEST_VISIBILITY // 60]),
    ("pausing-and-blocking.md", "after {} receives", {5: "five"}[attempts.MAX_ATTEMPTS]),
    ("pausing-and-blocking.md", "that is {:g} days old. So", RETENTION.to_days()),
    ("pausing-and-blocking.md", "every {} days the reconciler sends", resend.SWEEP_EVERY_MS // DAY_MS),
    ("pausing-and-blocking.md", "Dead letters that are {} days old", resend.DEAD_AGE_MS // DAY_MS),
    ("pausing-and-blocking.md", "({:,}, or fewer if time is short)", budget.RECEIVES_PER_RUN),
    ("pausing-and-blocking.md", "up to {:,} events a minute", budget.MOVES_PER_RUN),
    ("pausing-and-blocking.md", "{} million a day", budget.MOVES_PER_RUN * 1_440 // 1_000_000),
    ("pausing-and-blocking.md", "So {} million events can wait", capacity.MOST_WAITING // 1_000_000),
    ("pausing-and-blocking.md", "an event that is {:g} days old", queues.OLD.to_days()),
    ("pausing-and-blocking.md", "had dead letters for {:g} days", queues.OLD_DEAD_LETTER.to_days()),
    ("pausing-and-blocking.md", "runs every {}", {1: "minute"}[int(deployed.EVERY.to_minutes())]),
    ("alarms.md", "in the queue is {:g} days old", queues.OLD.to_days()),
    ("alarms.md", "deletes it after {:g} days", RETENTION.to_days()),
    ("alarms.md", "has had dead letters for {:g} days", queues.OLD_DEAD_LETTER.to_days()),
    ("handlers.md", "a stack {} resources", stack.MAX_RESOURCES),
    ("handlers.md", "Lambda's limit of {}, less", settings.MAX_FUNCTION_TIMEOUT),
    ("handlers.md", "less {} s that a function keeps", timing.RECORDING_MARGIN),
    ("handlers.md", "may be {} s at most", settings.MAX_FUNCTION_TIMEOUT - timing.RECORDING_MARGIN),
    ("handlers.md", "above {} only with a `batch_window`", settings.MAX_BATCH_WITHOUT_WINDOW),
    ("handlers.md", "{} KB in all", settings.MAX_ENVIRONMENT // 1024),
    ("deploy.md", "a stack {} resources", stack.MAX_RESOURCES),
    ("local-cloud.md", "its port, {} if not set", clients.DEFAULT_PORT),
    ("local-cloud.md", "region `{}`", clients.LOCAL_REGION),
    ("commands.md", "port, {} if not set", clients.DEFAULT_PORT),
    ("cost-and-capacity.md", "{} machines at first", capacity.FIRST_CONCURRENCY),
    ("cost-and-capacity.md", "{} more a minute", capacity.CONCURRENCY_A_MINUTE),
    ("cost-and-capacity.md", "{:,} at most", capacity.MAPPING_CONCURRENCY),
    ("cost-and-capacity.md", "{:,} machines unless AWS", capacity.ACCOUNT_CONCURRENCY),
    ("cost-and-capacity.md", "{} invocations a second", {10: "ten"}[capacity.INVOCATIONS_A_MACHINE]),
    ("cost-and-capacity.md", "{:,} writes a second", capacity.WRITES_A_PARTITION),
    ("cost-and-capacity.md", "each of the {} partitions", item.SHARDS),
    ("cost-and-capacity.md", "limited to {:,} a second", item.SHARDS * capacity.WRITES_A_PARTITION),
]


@pytest.mark.parametrize(("page", "text", "value"), LIMITS)
def test_a_limit_is_that_of_the_code(page: str, text: str, value: object) -> None:
    told = " ".join(PAGES[f"docs/{page}"].text.split())

    assert text.format(*(value if isinstance(value, list) else [value])) in told


def test_the_delays_between_attempts_are_less_by_up_to_half() -> None:
    assert DELAYS[3] == DELAYS[2]
    for used in (1, 2, 3):
        assert attempts.retry_delay(used, SHORTEST) == attempts.retry_delay(used, LONGEST) / 2
    assert isinstance(attempts.retry_delay(1, random.Random(0)), float)


def test_the_bills_that_are_told_are_those_that_are_worked_out() -> None:
    page = " ".join(PAGES["docs/cost-and-capacity.md"].text.split())
    alone, in_tens = bill(Usage()), bill(Usage(batch=10, emit_batch=10))

    assert f"come to ${alone.per_million:.2f} if each event travels alone" in page
    assert f"to ${in_tens.per_million:.2f} in tens" in page
    each = cost.FAILURE_UNITS * prices.DYNAMODB_WRITE * prices.MILLION
    assert f"two write units more at most, ${each:.2f} a million" in page
    assert f"some ${alone.total - alone.per_million:.0f} for one handler" in page


def test_the_rates_that_are_told_are_those_that_are_worked_out() -> None:
    page = " ".join(PAGES["docs/cost-and-capacity.md"].text.split())
    paused = capacity.Load(pause=86_400)
    drained = drain(paused)

    assert f"one handler does {paused.most:,.0f} events a second" in page
    assert f"its {drained.backlog / 1e6:.0f} million events" in page
    assert drained.seconds is not None
    assert 2 * 3_600 < drained.seconds < 3 * 3_600
    assert not capacity.Load(rate=50_000).keeps_up
    four = {"duration_ms": 20, "batch": 10, "handlers": 4, "account_concurrency": 5_000, "table_writes": 100_000}
    assert capacity.Load(rate=50_000, **four).keeps_up
