"""Corrections to MiniStack's IAM, where it differs from AWS in what our policies need.

Without them, MiniStack:

- has no action for changing an event source mapping
- takes removing a reserved concurrency for setting one
- asks for rights to SQS's batch calls that AWS has no names for
- tells policies neither a mapping's tags, nor its function, nor the partitions of a call to DynamoDB
- puts all schedules into the default group
- shows a function's tags to everyone who may get the function

MiniStack itself keeps the policies and evaluates them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped]
from ministack.services import lambda_svc, tagging  # type: ignore[import-untyped]

_MAPPINGS = {
    "GET": "GetEventSourceMapping",
    "PUT": "UpdateEventSourceMapping",
    "DELETE": "DeleteEventSourceMapping",
}

_no_tags: ContextVar[bool] = ContextVar("_no_tags", default=False)
"""True while a caller who may not list a function's tags gets the function."""

_PARTITION_KEY = "pk"
"""The partition key of the trace table, which is the only table."""


def lambda_action(method: str, path: str) -> str | None:
    """Return the action of a call to Lambda that MiniStack names wrongly or not at all; None for all other calls.

    Args:
        method: the HTTP method.
        path: the path of the URL.
    """
    parts = [part for part in path.split("/") if part]
    if parts[-2:-1] == ["event-source-mappings"]:
        return _MAPPINGS.get(method)
    if method == "DELETE" and parts[-1:] == ["concurrency"]:
        return "DeleteFunctionConcurrency"
    return None


def without_batch(action: str | None) -> str | None:
    """Return an action as AWS names it: who may send a message may send ten in one call, and so on.

    Args:
        action: MiniStack's action, such as `sqs:SendMessageBatch`; None if it knows none for the call.
    """
    return action.removesuffix("Batch") if action is not None and action.startswith("sqs:") else action


def leading_keys(body: bytes) -> list[str]:
    """Return the partitions that a call to DynamoDB writes to, as the condition key `dynamodb:LeadingKeys` has them.

    Args:
        body: the body of the request.
    """
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return []
    return sorted(set(_partitions(request))) if isinstance(request, dict) else []


def _partitions(request: Any) -> Iterator[str]:
    entries = list(request.get("TransactItems", ()))
    entries += [entry for of_table in request.get("RequestItems", {}).values() for entry in of_table]
    calls = [call for entry in entries if isinstance(entry, dict) for call in entry.values()]
    for call in (request, *calls):
        key = (call.get("Item") or call.get("Key") or {}).get(_PARTITION_KEY, {}).get("S")
        if key is not None:
            yield key


def _mapping_tags(arn: str) -> Any:
    """Return the tags of an event source mapping; None if the ARN is not a mapping's."""
    mapping = lambda_svc._esms.get(lambda_svc._esm_id_from_arn(arn) or "")  # noqa: SLF001 - no other way in
    return mapping.get("Tags", {}) if mapping else None


def mapping_context(arn: str) -> dict[str, str]:
    """Return what a policy's conditions can ask about a call on an event source mapping: its function's ARN.

    Args:
        arn: the ARN of any resource; others than mappings have no such context.
    """
    mapping = lambda_svc._esms.get(lambda_svc._esm_id_from_arn(arn) or "")  # noqa: SLF001 - no other way in
    return {"lambda:FunctionArn": mapping["FunctionArn"]} if mapping else {}


def schedule_arn(arn: str, body: bytes, query: Mapping[str, Any]) -> str:
    """Return the ARN of a call's schedule, in the group that the call names.

    Args:
        arn: the ARN in the default group.
        body: the body of the request.
        query: the query of the URL, which names the group if the body does not.
    """
    try:
        group = json.loads(body or b"{}").get("GroupName")
    except (ValueError, AttributeError):
        group = None
    named = query.get("groupName")
    group = group or (named[0] if isinstance(named, list) and named else named)
    return arn.replace(":schedule/default/", f":schedule/{group}/") if group else arn


def without_tags(answer: tuple[int, Any, bytes]) -> tuple[int, Any, bytes]:
    """Return the answer to GetFunction as AWS gives it to a caller who may not list the function's tags.

    Args:
        answer: MiniStack's answer: the status, the headers and the body.
    """
    status, headers, body = answer
    shown = json.loads(body)
    if "Tags" not in shown:
        return answer
    del shown["Tags"]
    denied = {"ErrorCode": "AccessDeniedException", "Message": "not authorized to perform: lambda:ListTags"}
    changed = json.dumps({**shown, "TagsError": denied}).encode()
    return status, {name: value for name, value in headers.items() if name.lower() != "content-length"}, changed


def _guard_tags() -> None:
    enforce, get_function = iam_evaluator.enforce, lambda_svc._get_function  # noqa: SLF001 - no other way in

    def with_tags(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        context = {**(service_context or {}), **mapping_context(resource_arn)}
        refused = enforce(key, action, service, region, resource_arn, service_context=context)
        if action == "lambda:GetFunction":
            hidden = enforce(key, "lambda:ListTags", service, region, resource_arn, service_context=context)
            _no_tags.set(hidden is not None)
        return refused

    def get(*about: Any, **more: Any) -> Any:
        answer = get_function(*about, **more)
        return without_tags(answer) if _no_tags.get() else answer

    iam_evaluator.enforce = with_tags
    lambda_svc._get_function = get  # noqa: SLF001 - as above


def install() -> None:
    """Put the corrections into MiniStack. Call it before MiniStack is started."""
    _guard_tags()
    resource = iam_actions.extract_resource_arn

    def resource_of(service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *more: Any) -> Any:
        arn = resource(service, method, path, headers, body, query, *more)
        return schedule_arn(arn, body, query) if service == "scheduler" else arn

    iam_actions.extract_resource_arn = resource_of
    any_action = iam_actions.extract_iam_action
    iam_actions.extract_iam_action = lambda *about, **more: without_batch(any_action(*about, **more))
    action, context = iam_actions._lambda_action, iam_actions.dynamodb_service_context  # noqa: SLF001 - as above
    tags = tagging.resource_tags

    def with_keys(body: bytes) -> Any:
        keys = leading_keys(body)
        return {**context(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}

    iam_actions._lambda_action = lambda method, path: lambda_action(method, path) or action(method, path)  # noqa: SLF001
    iam_actions.dynamodb_service_context = with_keys
    tagging.resource_tags = lambda arn: _mapping_tags(arn) or tags(arn)
