"""Lambda, Scheduler and CloudFormation in memory, for thousands of histories a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError
from sluice.pausing.state import RECEIVING
from sluice.stage.names import BLOCKED_TAG, MISSED_TAG, Names

from tests.unit.support.cloud import STAGE

ACCOUNT = "arn:aws:lambda:eu-central-1:123456789012"

Look = Callable[[str, str, Any], Any]
"""Returns what a read shows of a handler's field, given its value: that, or an earlier one. The stack has no handler:
its handler is the empty string."""

Role = Literal["operator", "admin", "reconciler"]
"""Roles with the rights that the template's policies give them, as far as the fakes enforce rights."""


class CutOffError(BaseException):
    """The program that was making calls is gone."""


class NotFoundError(ClientError):
    """Lambda's ResourceNotFoundException."""


def refused(code: str, operation: str = "Any") -> ClientError:
    """Return an error of AWS's."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@dataclass
class FakeFunction:
    """A handler's function, mapping and schedule.

    Attributes:
        concurrency: the function's reserved concurrency.
        mapping: the mapping's state; None if somebody has deleted it.
        tags, mapping_tags: their tags.
        schedule: the schedule's state.
        settings: the mapping's other settings.
        target: the ARN of the mapping's function, if it is another one.
    """

    concurrency: int | None = None
    mapping: str | None = "Enabled"
    tags: dict[str, str] = field(default_factory=dict)
    mapping_tags: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    target: str | None = None

    @property
    def unsafe(self) -> bool:
        """True if events are received and throttled."""
        return self.concurrency == 0 and self.mapping in RECEIVING


class FakeAws:
    """Functions, and the stack that deploys them.

    Args:
        handlers: the handlers' names.
        slow: True if a mapping stays `Enabling` or `Disabling` until `tick`, as AWS's do for a while.

    Attributes:
        look: what reads show.
        before_switch: called before each call that starts (True) or stops a handler; may raise.
    """

    def __init__(self, *handlers: str, slow: bool = False) -> None:
        self.names = Names(STAGE)
        self.functions = {handler: FakeFunction() for handler in handlers}
        self.deployment: str = "2026-01-01"
        self.deploying = False
        self.slow = slow
        self.look: Look = lambda _, __, now: now
        self.before_switch: Callable[[bool], None] = lambda _: None

    def handler_of(self, name: str) -> str:
        """Return the handler that a name, an ARN or a mapping's id belongs to."""
        return name.rsplit(":", 1)[-1].removeprefix(self.names.prefix).removeprefix("mapping-")

    def of(self, name: str) -> FakeFunction:
        """Return the function that a name, an ARN or a mapping's id belongs to."""
        handler = self.handler_of(name)
        if handler not in self.functions:
            raise NotFoundError({"Error": {"Code": "ResourceNotFoundException", "Message": name}}, "GetFunction")
        return self.functions[handler]

    def tick(self) -> None:
        """Let mappings reach the states that they are on their way to."""
        for function in self.functions.values():
            moving = {"Enabling": "Enabled", "Disabling": "Disabled"}
            function.mapping = moving.get(str(function.mapping), function.mapping)


class FakeClient:
    """One caller's clients of Lambda, Scheduler and CloudFormation in one.

    Args:
        aws: the functions.
        role: the caller's role.
        before: called with the name of each call that changes something, before it; may raise.
    """

    class exceptions:  # noqa: N801 - boto3's name
        ResourceNotFoundException = NotFoundError

    def __init__(self, aws: FakeAws, role: Role = "reconciler", before: Callable[[str], None] = lambda _: None) -> None:
        self._aws = aws
        self._role = role
        self._before = before

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, Callable[..., Any]] = {
            "list_event_source_mappings": self._mappings,
            "list_schedules": self._schedules,
        }
        return Pages(pages[operation])

    def _mappings(
        self,
        FunctionName: str | None = None,  # noqa: N803 - boto3's names
        EventSourceArn: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        names = self._aws.names
        if FunctionName is not None:
            self._aws.of(FunctionName)
        found = [
            {
                "UUID": f"mapping-{handler}",
                "FunctionArn": function.target or f"{ACCOUNT}:function:{names.function(handler)}",
                "EventSourceArn": f"arn:aws:sqs:eu-central-1:123456789012:{names.queue(handler)}",
                "State": self._aws.look(handler, "mapping", function.mapping),
                **function.settings,
            }
            for handler, function in self._aws.functions.items()
            if function.mapping is not None
        ]
        return {
            "EventSourceMappings": [
                mapping
                for mapping in found
                if FunctionName is None or mapping["FunctionArn"].endswith(f":function:{FunctionName}")
                if EventSourceArn in (None, mapping["EventSourceArn"])
            ]
        }

    def _schedules(self, GroupName: str) -> dict[str, Any]:  # noqa: N803
        self._check_group(GroupName)
        look = self._aws.look
        return {
            "Schedules": [
                {"Name": handler, "State": look(handler, "schedule", function.schedule)}
                for handler, function in self._aws.functions.items()
                if function.schedule
            ]
        }

    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        function, handler = self._aws.of(FunctionName), self._aws.handler_of(FunctionName)
        found = self._aws.look(handler, "concurrency", function.concurrency)
        concurrency = {} if found is None else {"ReservedConcurrentExecutions": found}
        return {
            "Configuration": {"FunctionArn": f"{ACCOUNT}:function:{FunctionName}", "Timeout": 35},
            "Concurrency": concurrency,
            "Tags": self._shown(handler, "tags", function.tags),
        }

    def list_tags(self, Resource: str) -> dict[str, Any]:  # noqa: N803
        field = "mapping_tags" if ":event-source-mapping:" in Resource else "tags"
        return {"Tags": self._shown(self._aws.handler_of(Resource), field, self._tags(Resource))}

    def _shown(self, handler: str, field: str, tags: dict[str, str]) -> dict[str, str]:
        shown = {key: self._aws.look(handler, f"{field} {key}", tags.get(key)) for key in (BLOCKED_TAG, MISSED_TAG)}
        return {key: value for key, value in {**tags, **shown}.items() if value is not None}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = "UPDATE_IN_PROGRESS" if self._aws.deploying else "UPDATE_COMPLETE"
        status, deployment = self._aws.look("", "stack", (status, self._aws.deployment))
        return {"Stacks": [{"StackStatus": status, "LastUpdatedTime": deployment}]}

    def put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        self._before("put_function_concurrency")
        function = self._aws.of(FunctionName)
        self._refuse_if("operator", "PutFunctionConcurrency", blocked=function.tags)
        if ReservedConcurrentExecutions == 0:
            self._aws.before_switch(False)
        function.concurrency = ReservedConcurrentExecutions

    def delete_function_concurrency(self, FunctionName: str) -> None:  # noqa: N803
        self._before("delete_function_concurrency")
        function = self._aws.of(FunctionName)
        # Also the reconciler: a late run must not lift a block that it has not seen.
        self._refuse_if("operator", "DeleteFunctionConcurrency", blocked=function.tags)
        self._refuse_if("reconciler", "DeleteFunctionConcurrency", blocked=function.tags)
        self._aws.before_switch(True)
        function.concurrency = None

    def update_event_source_mapping(self, UUID: str, Enabled: bool, **settings: Any) -> None:  # noqa: N803
        self._before("update_event_source_mapping")
        function = self._aws.of(UUID)
        self._refuse_if("operator", "UpdateEventSourceMapping", blocked=function.mapping_tags)
        self._refuse_if("reconciler", "UpdateEventSourceMapping", blocked=function.mapping_tags)
        if function.mapping not in ("Enabled", "Disabled"):
            raise refused("ResourceInUseException")
        if "FunctionName" in settings:
            function.target = settings.pop("FunctionName")
        function.settings |= settings
        self._aws.before_switch(Enabled)
        moving, there = ("Enabling", "Enabled") if Enabled else ("Disabling", "Disabled")
        function.mapping = moving if self._aws.slow and function.mapping != there else there

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> None:  # noqa: N803
        self._before("tag_resource")
        self._refuse_if("operator", "TagResource")
        self._tags(Resource).update(Tags)

    def untag_resource(self, Resource: str, TagKeys: list[str]) -> None:  # noqa: N803
        self._before("untag_resource")
        self._refuse_if("operator", "UntagResource")
        assert self._role == "admin" or ":function:" not in Resource, "only an admin lifts a block"
        for key in TagKeys:
            self._tags(Resource).pop(key, None)

    def get_schedule(self, GroupName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        self._check_group(GroupName)
        return {"Name": Name, "ScheduleExpression": "rate(1 minute)", "Target": {"Arn": "a"}, "Arn": "not for updates"}

    def update_schedule(self, GroupName: str, Name: str, State: str, **same: Any) -> None:  # noqa: N803
        self._check_group(GroupName)
        self._before("update_schedule")
        assert self._role == "reconciler", "only the reconciler changes schedules"
        assert same == {"ScheduleExpression": "rate(1 minute)", "Target": {"Arn": "a"}}
        self._aws.of(self._aws.names.function(Name)).schedule = State

    def _check_group(self, name: str) -> None:
        if name != self._aws.names.cron_schedule_group:
            raise NotFoundError({"Error": {"Code": "ResourceNotFoundException", "Message": name}}, "ListSchedules")

    def _refuse_if(self, role: Role, operation: str, *, blocked: dict[str, str] | None = None) -> None:
        """Refuse a call to a role, as IAM does; if tags are given, only if they say that the resource is blocked."""
        if self._role == role and (blocked is None or BLOCKED_TAG in blocked):
            raise refused("AccessDeniedException", operation)

    def _tags(self, resource: str) -> dict[str, str]:
        function = self._aws.of(resource)
        return function.mapping_tags if ":event-source-mapping:" in resource else function.tags


class Pages:
    """A paginator whose results are one page."""

    def __init__(self, page: Callable[..., Any]) -> None:
        self._page = page

    def paginate(self, **arguments: Any) -> Iterator[Any]:
        yield self._page(**arguments)


def block_by_hand(function: FakeFunction) -> None:
    """Tag the function as an admin does in the AWS console, and change nothing else."""
    function.tags[BLOCKED_TAG] = "by hand"
