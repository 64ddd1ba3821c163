"""Lambda, Scheduler, CloudFormation and a DynamoDB table in memory, for thousands of histories a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from sluice.pausing.decision import RECEIVING
from sluice.stage.names import BLOCKED_TAG, Names

from tests.unit.support.cloud import STAGE

ACCOUNT = "arn:aws:lambda:eu-central-1:123456789012"


class CutOffError(BaseException):
    """The program that was calling is gone."""


class NotFoundError(ClientError):
    pass


def refused(code: str, operation: str = "Any") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@dataclass
class OneFunction:
    """A handler's function, mapping and schedule."""

    concurrency: int | None = None
    mapping: str = "Enabled"
    tags: dict[str, str] = field(default_factory=dict)
    mapping_tags: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None

    @property
    def unsafe(self) -> bool:
        """Whether events are received and thrown back."""
        return self.concurrency == 0 and self.mapping in RECEIVING


class FakeAws:
    """What pausing sees and changes.

    Args:
        handlers: the handlers' names.
        slow: whether a mapping takes until `tick` to reach its next state, as AWS's do.
    """

    def __init__(self, *handlers: str, slow: bool = False) -> None:
        self.names = Names(STAGE)
        self.functions = {handler: OneFunction() for handler in handlers}
        self.deployment: str = "2026-01-01"
        self.deploying = False
        self.slow = slow

    def of(self, name: str) -> OneFunction:
        handler = name.rsplit(":", 1)[-1].removeprefix(self.names.prefix).removeprefix("mapping-")
        if handler not in self.functions:
            raise NotFoundError({"Error": {"Code": "ResourceNotFoundException", "Message": name}}, "GetFunction")
        return self.functions[handler]

    def tick(self) -> None:
        """Mappings reach the states that they are on their way to."""
        for function in self.functions.values():
            function.mapping = {"Enabling": "Enabled", "Disabling": "Disabled"}.get(function.mapping, function.mapping)


class Caller:
    """One caller's clients of Lambda, Scheduler and CloudFormation.

    Args:
        aws: what they see and change.
        before: called before each call that changes something, with its name; may raise.
        admin: whether the caller may tag and untag functions as blocked.
    """

    class exceptions:  # noqa: N801 - as boto3 has it
        ResourceNotFoundException = NotFoundError

    def __init__(self, aws: FakeAws, before: Callable[[str], None], *, admin: bool = False) -> None:
        self._aws = aws
        self._before = before
        self._admin = admin

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, Callable[..., Any]] = {
            "list_event_source_mappings": self._mappings,
            "list_schedules": self._schedules,
        }
        return Pages(pages[operation])

    def _mappings(self, FunctionName: str | None = None) -> dict[str, Any]:  # noqa: N803 - boto3's names
        names = self._aws.names
        if FunctionName is not None:
            self._aws.of(FunctionName)
        return {
            "EventSourceMappings": [
                {
                    "UUID": f"mapping-{handler}",
                    "FunctionArn": f"{ACCOUNT}:function:{names.function(handler)}",
                    "EventSourceArn": f"arn:aws:sqs:eu-central-1:123456789012:{names.queue(handler)}",
                    "State": function.mapping,
                }
                for handler, function in self._aws.functions.items()
                if FunctionName in (None, names.function(handler))
            ]
        }

    def _schedules(self, NamePrefix: str) -> dict[str, Any]:  # noqa: N803
        return {
            "Schedules": [
                {"Name": NamePrefix + handler, "State": function.schedule}
                for handler, function in self._aws.functions.items()
                if function.schedule
            ]
        }

    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        function = self._aws.of(FunctionName)
        concurrency = {} if function.concurrency is None else {"ReservedConcurrentExecutions": function.concurrency}
        return {
            "Configuration": {"FunctionArn": f"{ACCOUNT}:function:{FunctionName}", "Timeout": 35},
            "Concurrency": concurrency,
            "Tags": dict(function.tags),
        }

    def list_tags(self, Resource: str) -> dict[str, Any]:  # noqa: N803
        return {"Tags": dict(self._tags(Resource))}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = "UPDATE_IN_PROGRESS" if self._aws.deploying else "UPDATE_COMPLETE"
        return {"Stacks": [{"StackStatus": status, "LastUpdatedTime": self._aws.deployment}]}

    def put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        self._before("put_function_concurrency")
        self._aws.of(FunctionName).concurrency = ReservedConcurrentExecutions

    def delete_function_concurrency(self, FunctionName: str) -> None:  # noqa: N803
        self._before("delete_function_concurrency")
        function = self._aws.of(FunctionName)
        if BLOCKED_TAG in function.tags and not self._admin:
            # As IAM has it: nobody lifts a block by what was decided before there was one.
            raise refused("AccessDeniedException", "DeleteFunctionConcurrency")
        function.concurrency = None

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803
        self._before("update_event_source_mapping")
        function = self._aws.of(UUID)
        if function.mapping not in ("Enabled", "Disabled"):
            raise refused("ResourceInUseException")
        moving, there = ("Enabling", "Enabled") if Enabled else ("Disabling", "Disabled")
        function.mapping = moving if self._aws.slow and function.mapping != there else there

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> None:  # noqa: N803
        self._before("tag_resource")
        self._tags(Resource).update(Tags)

    def untag_resource(self, Resource: str, TagKeys: list[str]) -> None:  # noqa: N803
        self._before("untag_resource")
        assert self._admin or ":function:" not in Resource, "nobody but an admin lifts a block"
        for key in TagKeys:
            self._tags(Resource).pop(key, None)

    def get_schedule(self, Name: str) -> dict[str, Any]:  # noqa: N803
        return {"Name": Name, "ScheduleExpression": "rate(1 minute)", "Target": {"Arn": "a"}, "Arn": "not for updates"}

    def update_schedule(self, Name: str, State: str, **same: Any) -> None:  # noqa: N803
        self._before("update_schedule")
        assert same == {"ScheduleExpression": "rate(1 minute)", "Target": {"Arn": "a"}}
        self._aws.of(Name).schedule = State

    def _tags(self, resource: str) -> dict[str, str]:
        function = self._aws.of(resource)
        return function.mapping_tags if ":event-source-mapping:" in resource else function.tags


class Pages:
    def __init__(self, page: Callable[..., Any]) -> None:
        self._page = page

    def paginate(self, **arguments: Any) -> Iterator[Any]:
        yield self._page(**arguments)


class FakeTable:
    """A DynamoDB table, as far as records and what is remembered of queues need one.

    Args:
        items: the items; share them to have another caller's client of the same table.
        before: called before each write, with its name; may raise.
    """

    def __init__(self, items: dict[tuple[str, str], Any], before: Callable[[str], None] = lambda _: None) -> None:
        self.items = items
        self._before = before

    def get_paginator(self, operation: str) -> Any:
        assert operation == "query"
        return Pages(self._query)

    def _query(
        self,
        *,
        ExpressionAttributeValues: Any,  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        PaginationConfig: Any = None,  # noqa: N803
        **_: Any,
    ) -> Any:
        wanted = ExpressionAttributeValues[":pk"]["S"]
        keys = sorted((key for key in self.items if key[0] == wanted), reverse=not ScanIndexForward)
        limit = (PaginationConfig or {}).get("MaxItems")
        return {"Items": [self.items[key] for key in keys[:limit]]}

    def get_item(self, *, Key: Any, **_: Any) -> Any:  # noqa: N803
        found = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {"Item": found} if found else {}

    def put_item(self, *, Item: Any, **_: Any) -> None:  # noqa: N803
        self._before("put_item")
        self._put(Item)

    def transact_write_items(self, *, TransactItems: Any) -> None:  # noqa: N803
        self._before("transact_write_items")
        condition = TransactItems[0]["Put"]
        item = condition["Item"]
        there = self.items.get((item["pk"]["S"], item["sk"]["S"]))
        before = condition.get("ExpressionAttributeValues", {}).get(":before")
        for entry in TransactItems:
            _check_item(entry["Put"]["Item"])
        if "ConditionExpression" in condition and (there.get("revision") if there else None) != before:
            raise refused("TransactionCanceledException")
        for entry in TransactItems:
            self._put(entry["Put"]["Item"])

    def _put(self, item: Any) -> None:
        self.items[item["pk"]["S"], item["sk"]["S"]] = item


def _check_item(item: Any) -> None:
    """What DynamoDB refuses to write."""
    if len(item.get("revision", {}).get("N", "0").rstrip("0")) > 38:
        raise refused("ValidationException", "TransactWriteItems")
    if sum(len(name) + sum(map(len, value.values())) for name, value in item.items()) > 409_600:
        error = refused("TransactionCanceledException", "TransactWriteItems")
        response: Any = error.response
        response["CancellationReasons"] = [{"Code": "ValidationError", "Message": "Item size has exceeded the maximum"}]
        raise error


def block_by_hand(function: OneFunction) -> None:
    """An admin tags the function in the AWS console, and nothing else."""
    function.tags[BLOCKED_TAG] = "by hand"
