from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends
from sluice import emit
from sluice.operate import status
from sluice.operate.handlers import NotDeployedError, UnknownHandlerError, handler_names
from sluice.operate.status import statuses
from sluice.retention.state import RetentionState, RetentionStore, SweepState
from sluice.stage import clients
from sluice.stage.names import Names

from tests.unit.support.cloud import HANDLER, STAGE, Cloud

NAMES = Names(STAGE)


def deploy(handler: str, **tags: str) -> str:
    """A function with an event source mapping, whose id is returned."""
    role = boto3.client("iam").create_role(RoleName=handler, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("x.py", "")
    client: Any = boto3.client("lambda")
    client.create_function(
        FunctionName=NAMES.function(handler),
        Runtime="python3.13",
        Role=role,
        Handler="x.handle",
        Code={"ZipFile": code.getvalue()},
        Tags=tags,
    )
    url = boto3.client("sqs").get_queue_url(QueueName=NAMES.queue(handler))["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping: str = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=NAMES.function(handler))["UUID"]
    return mapping


def schedule(handler: str) -> None:
    boto3.client("scheduler").create_schedule(
        Name=NAMES.function(handler),
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-central-1:123456789012:any", "RoleArn": "arn:aws:iam::123456789012:role/any"},
    )


class Zero(int):
    """moto's GetFunction takes a reserved concurrency of 0 for none at all; AWS's does not."""

    def __bool__(self) -> bool:
        return True


def throttle(handler: str) -> None:
    """The console's Throttle button."""
    lambda_backends["123456789012"]["eu-central-1"].get_function(NAMES.function(handler)).reserved_concurrency = Zero()


def test_a_running_worker(cloud: Cloud) -> None:
    deploy(HANDLER)

    (row,) = statuses(STAGE)

    assert row == status.HandlerStatus(
        handler=HANDLER, kind="worker", state="running", waiting=0, in_flight=0, delayed=0, dead=0, scheduled=0
    )


def test_the_counts_are_the_queues(cloud: Cloud) -> None:
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


def test_a_schedule_makes_a_cron(cloud: Cloud) -> None:
    cloud.create_queue("nightly")
    deploy(HANDLER)
    deploy("nightly")
    schedule("nightly")

    assert {row.handler: row.kind for row in statuses(STAGE)} == {HANDLER: "worker", "nightly": "cron"}


def test_paused_by_the_console_s_throttle_button(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    throttle(HANDLER)
    (pausing,) = statuses(STAGE)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    (paused,) = statuses(STAGE)

    assert (pausing.state, paused.state) == ("pausing", "paused")
    assert pausing.reason == paused.reason == "its reserved concurrency was set to 0"


def test_events_in_flight_are_still_ending(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    throttle(HANDLER)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    emit(HANDLER, 1)
    cloud.sqs.receive_message(QueueUrl=cloud.sqs.get_queue_url(QueueName=NAMES.queue(HANDLER))["QueueUrl"])

    (row,) = statuses(STAGE)

    assert (row.state, row.in_flight) == ("pausing", 1)


def test_paused_by_its_mapping(cloud: Cloud) -> None:
    mapping = deploy(HANDLER)
    boto3.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    (disabled,) = statuses(STAGE)
    boto3.client("lambda").delete_event_source_mapping(UUID=mapping)
    (without,) = statuses(STAGE)

    assert (disabled.state, disabled.reason) == ("paused", "its event source mapping is disabled")
    assert (without.state, without.reason) == ("paused", "it has no event source mapping")


def test_blocked_wins_over_paused(cloud: Cloud) -> None:
    deploy(HANDLER, **{"sluice:blocked": "2026-11-23T10:00:00.000Z user/ada - runs amok"})
    throttle(HANDLER)

    (row,) = statuses(STAGE)

    assert (row.state, row.by, row.since) == ("blocked", "user/ada", "2026-11-23T10:00:00.000Z")
    assert row.reason == "runs amok; also paused: its reserved concurrency was set to 0"
    assert row.also_paused


def test_a_block_by_hand_is_all_reason(cloud: Cloud) -> None:
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


def test_a_queue_whose_function_is_gone(cloud: Cloud) -> None:
    (row,) = statuses(STAGE)

    assert (row.state, row.kind, row.waiting, row.dead) == ("no-handler", None, 0, 0)


def test_an_unknown_handler_has_its_closest_match(cloud: Cloud) -> None:
    with pytest.raises(UnknownHandlerError, match="did you mean 'send-receipt'") as caught:
        statuses(STAGE, "send-reciept")
    assert caught.value.closest == HANDLER
    with pytest.raises(UnknownHandlerError, match="there are: send-receipt"):
        statuses(STAGE, "xyz")


def test_other_stages_are_not_seen(cloud: Cloud) -> None:
    for name in ("sluice-testing-a", "sluice-prod-b", "sluice-test-c-dead", "sluice-test-D", "somebody-elses"):
        cloud.sqs.create_queue(QueueName=name)

    assert handler_names(STAGE) == [HANDLER]


def test_more_handlers_than_a_page_of_queues(cloud: Cloud) -> None:
    names = [f"h{number}" for number in range(1100)]
    for name in names:
        cloud.sqs.create_queue(QueueName=NAMES.queue(name))

    assert handler_names(STAGE) == sorted([*names, HANDLER])


def test_a_stage_that_is_not_deployed(cloud: Cloud) -> None:
    for ask in (handler_names, statuses):
        with pytest.raises(NotDeployedError):
            ask("prod")


def test_a_stage_without_handlers_is_deployed_nevertheless(cloud: Cloud) -> None:
    for kind in (NAMES.queue, NAMES.dead_letter_queue):
        cloud.sqs.delete_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=kind(HANDLER))["QueueUrl"])

    assert handler_names(STAGE) == []
    assert statuses(STAGE) == []


def test_the_moves_of_what_waits_long_are_shown(cloud: Cloud) -> None:
    for name in ("moving", "moved"):
        cloud.create_queue(name)
    kept = RetentionStore(cloud.dynamodb, NAMES.trace_table)
    kept.put("moving", RetentionState(idle_ms=1, moved_ms=1_800_000_000_000, live=SweepState(began_ms=2)))
    kept.put("moved", RetentionState(idle_ms=1, moved_ms=1_800_000_000_000, live=SweepState(last_ms=2)))

    rows = {row.handler: (row.moved_at, row.moving) for row in statuses(STAGE)}

    at = "2027-01-15T08:00:00.000Z"
    assert rows == {HANDLER: (None, False), "moving": (at, True), "moved": (at, False)}


class Metrics:
    """CloudWatch's answer to one call, or its refusal."""

    def __init__(self, values: list[float], error: ClientError | None = None) -> None:
        self.values = values
        self.error = error
        self.asked: list[Any] = []

    def get_paginator(self, _: str) -> Metrics:
        return self

    def paginate(self, **arguments: Any) -> list[Any]:
        self.asked.append(arguments)
        if self.error:
            raise self.error
        results = [{"Id": query["Id"], "Values": self.values} for query in arguments["MetricDataQueries"]]
        return [{"MetricDataResults": results}]


def with_metrics(monkeypatch: pytest.MonkeyPatch, metrics: Metrics) -> None:
    real = clients.client
    monkeypatch.setattr(
        clients, "client", lambda service, stage: metrics if service == "cloudwatch" else real(service, stage)
    )


def test_the_age_of_the_oldest_is_what_cloudwatch_measured_last(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.create_queue("idle")
    emit(HANDLER, 1)
    metrics = Metrics([125.0, 65.0])
    with_metrics(monkeypatch, metrics)

    ages = {row.handler: row.oldest_s for row in statuses(STAGE)}

    assert ages == {HANDLER: 125, "idle": None}
    (asked,) = metrics.asked
    (query,) = asked["MetricDataQueries"]
    assert query["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "QueueName", "Value": NAMES.queue(HANDLER)}]
    assert asked["EndTime"] <= datetime.now(UTC)


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics([]),
        Metrics([], ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")),
    ],
)
def test_an_age_that_is_not_known_is_left_open(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, metrics: Metrics) -> None:
    emit(HANDLER, 1)
    with_metrics(monkeypatch, metrics)

    (row,) = statuses(STAGE)

    assert (row.waiting, row.oldest_s) == (1, None)


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
        # Of events without a handler, of the reconciler's progress, of the records, of the blocks.
        "Query": 4,
        # Of the stack, before the functions and, if there is one, after them.
        "DescribeStacks": 1,
        "ListEventSourceMappings": 1,
        # Of crons for the mapped functions, of crons for the unmapped one, and of each queue's later events.
        "ListSchedules": 1 + 1 + 4,
        "GetFunction": 5,
        # Of the blocked mapping.
        "ListTags": 1,
        # Of each queue and its dead-letter queue.
        "GetQueueAttributes": 2 * 4,
        # Of all ages together.
        "GetMetricData": 1,
    }
    for handler, count in ((HANDLER, 13), ("unmapped", 12), ("no-such", 8)):
        calls.clear()
        statuses(STAGE, handler)
        assert sum(calls.values()) == count, calls
