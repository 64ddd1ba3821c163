"""The rows of a stage's status, from what AWS shows on moto."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from sluice import emit, emit_many
from sluice.cli.status import print_status
from sluice.operate import status
from sluice.operate.status import statuses
from sluice.retention.state import RetentionState, RetentionStore, SweepState
from sluice.stage import clients
from sluice.traces.failure import INDEX
from sluice.traces.failure_index import FailureCounts

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import NAMES, deploy, schedule, throttle
from tests.unit.support.schedules import IN_A_MONTH
from tests.unit.support.traces import a_trace


def test_a_worker_is_running(cloud: Cloud) -> None:
    deploy(HANDLER)

    (row,) = statuses(STAGE)

    assert row == status.HandlerStatus(
        handler=HANDLER,
        kind="worker",
        state="running",
        waiting=0,
        in_flight=0,
        delayed=0,
        dead=0,
        scheduled=0,
        failed=0,
        running=0,
    )


def test_the_counts_are_those_of_the_queues(cloud: Cloud) -> None:
    url = cloud.sqs.get_queue_url(QueueName=NAMES.queue(HANDLER))["QueueUrl"]
    dead = cloud.sqs.get_queue_url(QueueName=NAMES.dead_letter_queue(HANDLER))["QueueUrl"]
    for number in range(5):
        cloud.sqs.send_message(QueueUrl=url, MessageBody=str(number))
    cloud.sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=60)
    cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)
    for number in range(3):
        cloud.sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    cloud.sqs.receive_message(QueueUrl=dead)

    (row,) = statuses(STAGE)

    assert (row.waiting, row.in_flight, row.delayed, row.dead) == (3, 2, 1, 3)


def test_scheduled_events_are_counted(cloud: Cloud) -> None:
    boto3.client("scheduler").create_schedule_group(Name=NAMES.schedule_group)
    emit_many(HANDLER, [1, 2], at=IN_A_MONTH)
    emit("not-there", 1, at=IN_A_MONTH)

    rows = {row.handler: row.scheduled for row in statuses(STAGE)}

    assert rows == {HANDLER: 2, "not-there": None}


def test_a_schedule_makes_a_cron(cloud: Cloud) -> None:
    cloud.create_queue("nightly")
    deploy(HANDLER)
    deploy("nightly")
    schedule("nightly")

    assert {row.handler: row.kind for row in statuses(STAGE)} == {HANDLER: "worker", "nightly": "cron"}


def test_a_handler_is_paused_by_the_consoles_throttle_button(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    throttle(HANDLER)
    (pausing,) = statuses(STAGE)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    (paused,) = statuses(STAGE)

    assert (pausing.state, paused.state) == ("pausing", "paused")
    assert pausing.reason == paused.reason == "its reserved concurrency was set to 0"


def test_a_handler_is_pausing_while_events_are_in_flight(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    throttle(HANDLER)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    emit(HANDLER, 1)
    cloud.sqs.receive_message(QueueUrl=cloud.sqs.get_queue_url(QueueName=NAMES.queue(HANDLER))["QueueUrl"])

    (row,) = statuses(STAGE)

    assert (row.state, row.in_flight) == ("pausing", 1)


def test_a_handler_is_paused_by_its_mapping(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    (disabled,) = statuses(STAGE)
    boto3.client("lambda").delete_event_source_mapping(UUID=mapping)
    (without,) = statuses(STAGE)

    assert (disabled.state, disabled.reason) == ("paused", "its event source mapping is disabled")
    assert (without.state, without.reason) == ("paused", "it has no event source mapping")


def test_a_handler_that_is_blocked_and_paused_is_blocked(cloud: Cloud) -> None:
    deploy(HANDLER, **{"sluice:blocked": "2026-11-23T10:00:00.000Z user/ada - runs amok"})
    throttle(HANDLER)

    (row,) = statuses(STAGE)

    assert (row.state, row.by, row.since) == ("blocked", "user/ada", "2026-11-23T10:00:00.000Z")
    assert row.reason == "runs amok; also paused: its reserved concurrency was set to 0"
    assert row.also_paused


def test_the_text_of_a_block_by_hand_is_its_reason(cloud: Cloud) -> None:
    deploy(HANDLER, **{"sluice:blocked": "for good"})

    (row,) = statuses(STAGE)

    assert (row.state, row.reason, row.by, row.also_paused) == ("blocked", "for good", None, False)


def test_a_name_without_a_handler_has_a_row_and_a_count(cloud: Cloud) -> None:
    deploy(HANDLER)
    for _ in range(3):
        emit("no-such", 1)

    rows = statuses(STAGE)

    assert [row.handler for row in rows] == ["no-such", HANDLER]
    assert rows[0] == status.HandlerStatus(handler="no-such", state="no-handler", unhandled=3)
    assert statuses(STAGE, "no-such") == rows[:1]
    assert statuses(STAGE, HANDLER) == rows[1:]


def test_a_queue_without_a_function_is_no_handler(cloud: Cloud) -> None:
    (row,) = statuses(STAGE)

    assert (row.state, row.kind, row.waiting, row.dead) == ("no-handler", None, 0, 0)


def test_moved_at_is_the_time_events_were_last_sent_again(cloud: Cloud) -> None:
    for name in ("moving", "moved"):
        cloud.create_queue(name)
    kept = RetentionStore(cloud.dynamodb, NAMES.trace_table)
    kept.put("moving", RetentionState(idle_ms=1, moved_ms=1_800_000_000_000, live=SweepState(began_ms=2)))
    kept.put("moved", RetentionState(idle_ms=1, moved_ms=1_800_000_000_000, live=SweepState(last_ms=2)))

    rows = {row.handler: (row.moved_at, row.moving) for row in statuses(STAGE)}

    at = "2027-01-15T08:00:00.000Z"
    assert rows == {HANDLER: (None, False), "moving": (at, True), "moved": (at, False)}


def test_every_field_of_the_contract_is_there() -> None:
    fields = json.loads(json.dumps(status.HandlerStatus(handler="x", state="running").__dict__))
    contract = [
        "handler",
        "kind",
        "state",
        "waiting",
        "in_flight",
        "delayed",
        "dead",
        "oldest_s",
        "reason",
        "by",
        "since",
    ]
    assert list(fields)[:11] == contract


@pytest.fixture
def calls(cloud: Cloud) -> Iterator[Counter[str]]:
    """The calls that clients make from here on, by operation."""
    made: Counter[str] = Counter()
    events = boto3._get_default_session().events

    def count(model: Any, **_: Any) -> None:
        made[model.name] += 1

    events.register("before-call", count)
    clients.forget_clients()
    yield made
    events.unregister("before-call", count)
    clients.forget_clients()


def test_a_status_makes_no_call_twice(cloud: Cloud, calls: Counter[str]) -> None:
    for name in ("nightly", "blocked", "unmapped"):
        cloud.create_queue(name)
    for name in (HANDLER, "no-such"):
        emit(name, 1)
    for name in (HANDLER, "nightly"):
        deploy(name)
    schedule("nightly")
    deploy("blocked", **{"sluice:blocked": "for good"})
    boto3.client("lambda").delete_event_source_mapping(UUID=deploy("unmapped"))
    calls.clear()

    rows = statuses(STAGE)

    assert [row.handler for row in rows] == ["blocked", "nightly", "no-such", HANDLER, "unmapped"]
    assert calls == {
        # Of the handlers' queues.
        "ListQueues": 1,
        # Of events without a handler, of the reconciler's progress, of the records, of the blocks, and one for each
        # partition of the index of failures.
        "Query": 4 + 32,
        # Of the stack, before the functions and, if there is one, after them.
        "DescribeStacks": 1,
        "ListEventSourceMappings": 1,
        # Of crons for the mapped functions, of crons for the unmapped one, and of each queue's later events.
        "ListSchedules": 1 + 1 + 4,
        "GetFunction": 4,
        # Of the blocked mapping.
        "ListTags": 1,
        # Of each queue and its dead-letter queue.
        "GetQueueAttributes": 2 * 4,
        # Of all ages together.
        "GetMetricData": 1,
    }
    # A handler without a mapping is also looked for by its function, and by its queue among all mappings.
    for handler, count in ((HANDLER, 13 + 32), ("unmapped", 14 + 32), ("no-such", 8 + 32)):
        calls.clear()
        statuses(STAGE, handler)
        assert sum(calls.values()) == count, calls


def test_failures_of_the_last_day_are_counted_for_each_handler(cloud: Cloud) -> None:
    cloud.create_queue("other")
    now_ms = int(time.time() * 1000)
    for handler, hours, state in [
        (HANDLER, 1, "error"),
        (HANDLER, 23, "dead"),
        (HANDLER, 25, "error"),
        ("other", 1, "ok"),
    ]:
        cloud.store.put(a_trace(handler=handler, status=state, finished_ms=now_ms - hours * 3_600_000))

    assert {row.handler: row.failed for row in statuses(STAGE)} == {HANDLER: 2, "other": 0}
    assert [row.failed for row in statuses(STAGE, HANDLER)] == [2]


def test_a_stage_without_the_index_shows_everything_else(cloud: Cloud) -> None:
    index: Any = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": INDEX}}]}
    cloud.dynamodb.update_table(TableName=cloud.names.trace_table, **index)

    assert [(row.failed, row.waiting) for row in statuses(STAGE)] == [(None, 0)]


def test_more_failures_than_can_be_counted_are_shown_as_such(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = FailureCounts({HANDLER: 64_000}, {}, complete=False)
    monkeypatch.setattr(status, "_failed", lambda *_: counts)
    (row,) = statuses(STAGE)
    assert (row.failed, row.failed_more) == (64_000, True)
    print_status([row])
    assert "64000+" in capsys.readouterr().out
