"""The cost of a stage, against cases worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.planning import prices
from sluice.planning.cost import bill
from sluice.planning.usage import ImpossibleUsageError, Usage


def part(usage: Usage, name: str) -> float:
    (found,) = [part.dollars for part in bill(usage).parts if part.name == name]
    return found


def test_a_million_single_events() -> None:
    made = bill(Usage())
    # 3 x 0.40 + 0.20 + 1e6 x 0.1 s x 0.25 GB x 0.0000133334 + 0.625
    assert made.per_million == pytest.approx(1.20 + 0.20 + 0.333335 + 0.625)
    assert made.per_million <= 2.40


def test_a_million_events_in_tens() -> None:
    made = bill(Usage(batch=10, emit_batch=10))
    assert made.per_million == pytest.approx(0.12 + 0.02 + 0.333335 + 0.625)
    assert made.per_million <= 1.15


def test_the_total_is_the_sum_of_the_parts_and_each_has_its_arithmetic() -> None:
    made = bill(Usage(events=2e6, handlers=3, crons=1))
    assert made.total == pytest.approx(sum(part.dollars for part in made.parts))
    assert all(part.arithmetic for part in made.parts)


def test_large_events_and_traces_cost_more_requests_and_units() -> None:
    # Ten events of 100 KB are 1,000 KB: 16 chunks of 64 KB, sent and received; deleting is one request.
    assert part(Usage(batch=10, emit_batch=10, event_kb=100), "SQS requests") == pytest.approx((1.6 + 1.6 + 0.1) * 0.4)
    assert part(Usage(trace_kb=2.1), "trace writes") == pytest.approx(3 * 0.625)


def test_only_failures_cost_their_index() -> None:
    assert part(Usage(failed_percent=1), "failures") == pytest.approx(0.01 * 2 * 0.625)
    assert "failures" not in [part.name for part in bill(Usage()).parts]


def test_only_failed_runs_and_the_first_of_each_minute_pay_for_their_execution() -> None:
    minutes = prices.MINUTES_A_MONTH
    assert part(Usage(), "executions") == pytest.approx(minutes * 2 * 0.625e-6)
    assert part(Usage(failed_percent=1), "executions") == pytest.approx((10_000 + minutes) * 2 * 0.625e-6)
    # 1,000 events a second of 100 ms keep 100 processes busy.
    assert part(Usage(events=1_000 * 60 * minutes), "executions") == pytest.approx(100 * minutes * 2 * 0.625e-6)
    assert part(Usage(events=100, handlers=9), "executions") == pytest.approx(100 * 2 * 0.625e-6)
    assert part(Usage(trace_kb=0.5, execution_kb=0.5), "executions") == 0
    assert "executions" not in [part.name for part in bill(Usage(execution_kb=0)).parts]


def test_a_key_of_ones_own_costs_its_month_and_its_requests() -> None:
    # 729.6 hours, for 2 queues and 3 processes.
    assert part(Usage(own_key=True, handlers=2), "key") == pytest.approx(1 + 729.6 * (2 * 3 + 3 * 12) * 3e-6)
    assert "key" not in [part.name for part in bill(Usage()).parts]


def test_larger_batches_are_received_ten_at_a_time() -> None:
    assert part(Usage(batch=500), "SQS requests") == pytest.approx((1 + 0.1 + 0.1) * 0.4)
    assert part(Usage(batch=500), "Lambda requests") == pytest.approx(0.2 / 500)


def test_traces_cost_storage_for_as_long_as_they_are_kept() -> None:
    month = prices.DAYS_A_MONTH
    assert part(Usage(trace_days=month), "traces kept") == pytest.approx(1e6 * 1124 / 1024**3 * 0.45)
    assert part(Usage(trace_days=2 * month), "traces kept") == pytest.approx(2 * 1e6 * 1124 / 1024**3 * 0.45)


def test_crons_cost_an_event_and_a_run_of_scheduler() -> None:
    usage = Usage(events=0, handlers=10, crons=10, cron_minutes=1)
    # 437,760 runs: 3 requests, an invocation, 0.025 GB-s, a lock and a trace; Scheduler's are free.
    assert part(usage, "crons") == pytest.approx(0.43776 * (1.2 + 0.2 + 0.333335 + 1.25))
    many = Usage(events=0, handlers=1_000, crons=1_000, cron_minutes=1)
    assert part(many, "crons") == pytest.approx(43.776 * (1.2 + 0.2 + 0.333335 + 1.25) + 29.776)
    assert bill(usage).per_million == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"memory": 64}, "memory may be 128 to 10,240, and not 64"),
        ({"batch": 0}, "batch may be 1 to 10,000"),
        ({"events": float("nan")}, "events may be"),
        ({"crons": 2}, "raise --handlers"),
    ],
)
def test_a_number_out_of_range_is_refused(wrong: Any, why: str) -> None:
    with pytest.raises(ImpossibleUsageError, match=why):
        Usage(**wrong)
