"""The trace table, and the roles' rights to write its partitions."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from sluice.event.ids import new_id
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, PAUSES, Names
from sluice.traces import Trace
from sluice.traces.failure import INDEX_ATTRIBUTES
from sluice.traces.item import to_item

from infra.checks import problems_with_warm_writes
from infra.protection import Protection
from infra.shared.trace_table import TraceTable
from tests.infra.support.evaluation import EVERYTHING, TABLE, WRITES, decision, document, role
from tests.infra.support.synth import Template


def test_the_table_has_its_keys_on_demand_billing_ttl_and_recovery(template: Template) -> None:
    [found] = template.of_type("AWS::DynamoDB::Table").values()
    table = found["Properties"]
    assert table["TableName"] == "sluice-dev-traces"
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    types = {kind["AttributeName"]: kind["AttributeType"] for kind in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S", "failed_shard": "S", "failed_ms": "N"}


def test_the_index_of_failures_has_keys_that_only_failed_runs_have(template: Template) -> None:
    [table] = template.of_type("AWS::DynamoDB::Table").values()
    [index] = table["Properties"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "failures"
    assert index["KeySchema"] == [
        {"AttributeName": "failed_shard", "KeyType": "HASH"},
        {"AttributeName": "failed_ms", "KeyType": "RANGE"},
    ]
    ran = to_item(Trace(id=new_id(), handler="plain", status="ok", event="1"), 1)
    failed = to_item(Trace(id=new_id(), handler="plain", status="error", event="1"), 1)
    keys = {key["AttributeName"] for key in index["KeySchema"]}
    assert (keys & set(ran), keys & set(failed)) == (set(), keys)
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(INDEX_ATTRIBUTES)}


@pytest.mark.parametrize("kind", ["viewer", "operator", "admin"])
def test_every_policy_allows_reading_the_index_of_failures(template: Template, kind: str) -> None:
    assert decision([document(template, kind)], "dynamodb:Query", f"{TABLE}/index/failures") == "Allow"
    assert decision([role(template, "sluice-dev-plain")], "dynamodb:Query", f"{TABLE}/index/failures") != "Allow"


def test_the_table_is_kept_once_it_was_made_and_not_when_the_first_deployment_fails(template: Template) -> None:
    [found] = template.of_type("AWS::DynamoDB::Table").values()
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_local_stages_table_is_deleted_with_the_stack(deployed: dict[str, Template]) -> None:
    [table] = deployed["local"].of_type("AWS::DynamoDB::Table").values()
    assert table["DeletionPolicy"] == "Delete"


TRACES = "plain#07"
UNHANDLED = "#no-handler"
PLAINS_HISTORY = f"{HISTORY}plain"


def policy_of(template: Template, kind: str) -> Any:
    return role(template, "sluice-dev-plain") if kind == "handler" else document(template, kind)


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize(
    ("kind", "partitions"),
    [
        ("handler", [PAUSES, BLOCKS, KEEPING, PLAINS_HISTORY, f"{HISTORY}another"]),
        ("operator", [BLOCKS, KEEPING]),
        ("admin", [KEEPING]),
    ],
)
def test_reserved_partitions_cannot_be_written_whatever_other_policies_allow(
    template: Template, kind: str, partitions: list[str], action: str
) -> None:
    policies = [policy_of(template, kind), EVERYTHING]
    for partition in partitions:
        # Alone, and as one of several in a batch or a transaction.
        assert decision(policies, action, TABLE, partitions=[partition]) == "Deny"
        assert decision(policies, action, TABLE, partitions=[TRACES, partition]) == "Deny"
    assert decision(policies, action, TABLE, partitions=[TRACES, UNHANDLED]) == "Allow"


@pytest.mark.parametrize(
    ("kind", "partitions"),
    [
        ("handler", [TRACES, "#event#id", "#lease#plain"]),
        ("operator", [PAUSES, PLAINS_HISTORY, TRACES, UNHANDLED]),
        ("admin", [PAUSES, BLOCKS, PLAINS_HISTORY, TRACES, UNHANDLED]),
    ],
)
def test_each_kind_of_role_may_write_the_partitions_that_it_needs(
    template: Template, kind: str, partitions: list[str]
) -> None:
    policies, viewer = [policy_of(template, kind)], [document(template, "viewer")]
    for partition in partitions:
        assert decision(policies, "dynamodb:PutItem", TABLE, partitions=[partition]) == "Allow", partition
        assert decision(viewer, "dynamodb:PutItem", TABLE, partitions=[partition]) != "Allow"


@pytest.mark.parametrize("kind", ["viewer", "operator", "admin"])
def test_every_policy_allows_reading_every_partition(template: Template, kind: str) -> None:
    for partition in (PAUSES, BLOCKS, KEEPING, PLAINS_HISTORY, TRACES):
        assert decision([document(template, kind)], "dynamodb:Query", TABLE, partitions=[partition]) == "Allow"


def test_a_trace_that_is_not_written_rings_the_stages_alarm(template: Template) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--traces-missing")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Sluice", "TraceNotWritten")
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": "dev"}]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Sum", 1, 1)


def test_a_table_takes_more_from_the_start_only_if_app_py_says_so(template: Template) -> None:
    assert "WarmThroughput" not in template.one("AWS::DynamoDB::Table")
    app = App()
    TraceTable(Stack(app, "Stack"), "Traces", names=Names("dev"), protection=Protection(), warm_writes=12_000)
    table = Template(app.synth().get_stack_by_name("Stack").template).one("AWS::DynamoDB::Table")
    assert table["WarmThroughput"] == {"WriteUnitsPerSecond": 12_000}


@pytest.mark.parametrize("writes", [0, 3_999, "12000", 12e3, True])
def test_fewer_writes_than_a_new_table_takes_anyway_are_a_problem(writes: object) -> None:
    (problem,) = problems_with_warm_writes(writes)
    assert problem.startswith(f"warm_writes: it is {writes!r}; write a whole number from 4,000")
    assert problems_with_warm_writes(None) == problems_with_warm_writes(4_000) == []
