"""MiniStack's IAM, corrected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.services import lambda_svc  # type: ignore[import-untyped]
from sluice.local.ministack_iam import (
    lambda_action,
    leading_keys,
    mapping_context,
    schedule_arn,
    without_batch,
    without_tags,
)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/2015-03-31/event-source-mappings/1-2", "GetEventSourceMapping"),
        ("PUT", "/2015-03-31/event-source-mappings/1-2", "UpdateEventSourceMapping"),
        ("DELETE", "/2015-03-31/event-source-mappings/1-2", "DeleteEventSourceMapping"),
        ("GET", "/2015-03-31/event-source-mappings/", None),
        ("POST", "/2015-03-31/event-source-mappings/", None),
        ("DELETE", "/2017-10-31/functions/sluice-local-a/concurrency", "DeleteFunctionConcurrency"),
        ("PUT", "/2017-10-31/functions/sluice-local-a/concurrency", None),
        ("DELETE", "/2015-03-31/functions/sluice-local-a", None),
    ],
)
def test_calls_to_lambda_are_named_as_aws_does(method: str, path: str, action: str | None) -> None:
    assert lambda_action(method, path) == action


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("sqs:SendMessageBatch", "sqs:SendMessage"),
        ("sqs:ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility"),
        ("sqs:DeleteMessageBatch", "sqs:DeleteMessage"),
        ("sqs:ReceiveMessage", "sqs:ReceiveMessage"),
        ("batch:SubmitBatch", "batch:SubmitBatch"),
        (None, None),
    ],
)
def test_batch_calls_to_sqs_need_the_right_to_single_ones(action: str | None, named: str | None) -> None:
    assert without_batch(action) == named


@pytest.mark.parametrize(
    ("request_body", "keys"),
    [
        ({"Item": {"pk": {"S": "a"}, "sk": {"S": "x"}}}, ["a"]),
        ({"Key": {"pk": {"S": "a"}, "sk": {"S": "x"}}}, ["a"]),
        (
            {"TransactItems": [{"Put": {"Item": {"pk": {"S": "b"}}}}, {"Delete": {"Key": {"pk": {"S": "a"}}}}]},
            ["a", "b"],
        ),
        (
            {
                "RequestItems": {
                    "t": [{"PutRequest": {"Item": {"pk": {"S": "b"}}}}, {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}]
                }
            },
            ["a", "b"],
        ),
        ({"RequestItems": {"t": {"Keys": [{"pk": {"S": "a"}}]}}}, []),
        ({"TableName": "t"}, []),
        ([], []),
    ],
)
def test_the_partitions_of_a_call_are_found(request_body: Any, keys: list[str]) -> None:
    assert leading_keys(json.dumps(request_body).encode()) == keys


def test_a_body_that_is_not_json_has_no_partitions() -> None:
    assert leading_keys(b"{") == leading_keys(b"") == []


def test_a_function_is_shown_without_its_tags_as_aws_does() -> None:
    answer = (200, {"Content-Type": "application/json"}, json.dumps({"Configuration": {}, "Tags": {"a": "b"}}).encode())
    status, _, body = without_tags(answer)
    shown = json.loads(body)
    assert (status, set(shown)) == (200, {"Configuration", "TagsError"})
    assert shown["TagsError"]["ErrorCode"] == "AccessDeniedException"
    missing: Any = (404, {}, b'{"Type": "User"}')
    assert without_tags(missing) == missing


def test_conditions_can_ask_for_the_function_of_a_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:sluice-local-a"
    monkeypatch.setattr(lambda_svc, "_esms", {"1-2": {"FunctionArn": function}})
    assert mapping_context("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:1-2") == {
        "lambda:FunctionArn": function
    }
    assert mapping_context("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:other") == {}
    assert mapping_context(function) == {}


@pytest.mark.parametrize(
    ("body", "query", "group"),
    [
        (b'{"GroupName": "ours"}', {}, "ours"),
        (b"", {"groupName": "ours"}, "ours"),
        (b"", {"groupName": ["ours"]}, "ours"),
        (b"", {}, "default"),
        (b"{", {}, "default"),
        (b"[]", {}, "default"),
    ],
)
def test_a_schedule_is_of_the_group_that_a_call_names(body: bytes, query: dict[str, Any], group: str) -> None:
    arn = "arn:aws:scheduler:us-east-1:1:schedule/default/x"
    assert schedule_arn(arn, body, query) == f"arn:aws:scheduler:us-east-1:1:schedule/{group}/x"
