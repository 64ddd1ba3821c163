"""A stage's functions, mappings and schedules, as AWS shows them and as pausing changes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..stage.names import BLOCKED_TAG, MISSED_TAG, Names
from .decision import ONE, Call, Observed

NO_STACK = "none"
"""The mark of a deployment where there is no stack of ours, as in tests."""

_CALLERS = 8

_SCHEDULE_FIELDS = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "Target",
)
"""What an update of a schedule has to say again, as it replaces the whole."""


@dataclass(frozen=True, kw_only=True)
class HandlerResources:
    """Where a handler's state is changed.

    Attributes:
        handler: its name.
        function_arn: its function's ARN.
        mapping_id: its event source mapping's UUID.
        mapping_arn: the same mapping's ARN.
        observed: its state.
        timeout: seconds after which Lambda ends an invocation.
    """

    handler: str
    function_arn: str
    mapping_id: str
    mapping_arn: str
    observed: Observed
    timeout: int = 0


class Functions:
    """The functions of a stage.

    Args:
        names: of the stage.
        functions: a boto3 Lambda client.
        schedules: a boto3 EventBridge Scheduler client.
        stacks: a boto3 CloudFormation client.
    """

    def __init__(self, names: Names, functions: Any, schedules: Any, stacks: Any) -> None:
        self._names = names
        self._functions = functions
        self._schedules = schedules
        self._stacks = stacks

    def all(self, handlers: Iterable[str] | None = None, *, blocked: Collection[str] = ()) -> list[HandlerResources]:
        """The handlers that have a function and a mapping.

        Args:
            handlers: only these; all of the stage's if left out.
            blocked: those that are blocked or ever were, whose mappings may have kept their tags.
        """
        # First and last: what a deployment changes is not taken for what somebody wants, whenever it begins.
        deployment = self._deployment()
        mappings = self._mappings(None if handlers is None else list(handlers))
        states = self._schedule_states() if mappings else {}
        if not mappings:
            return []

        def resources(name: str) -> HandlerResources | None:
            return self._part(name, mappings[name], states.get(name), deployment, check_tags=name in blocked)

        if len(mappings) == 1:
            found = [one for one in map(resources, mappings) if one is not None]
        else:
            with ThreadPoolExecutor(_CALLERS) as callers:
                found = [one for one in callers.map(resources, sorted(mappings)) if one is not None]
        if deployment in (None, NO_STACK) or self._deployment() == deployment:
            return found
        # One has begun meanwhile. It may be what changed the functions.
        return [dataclasses.replace(one, observed=dataclasses.replace(one.observed, deployment=None)) for one in found]

    def call(self, resources: HandlerResources, call: Call, block: str | None) -> None:
        """Make one change.

        Args:
            resources: the handler's.
            call: the change.
            block: the value for the tags of a block.
        """
        name = self._names.function(resources.handler)
        if call is Call.SET_ZERO:
            self._functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        elif call is Call.RELEASE:
            self._functions.delete_function_concurrency(FunctionName=name)
        elif call in (Call.ENABLE_MAPPING, Call.DISABLE_MAPPING):
            self._functions.update_event_source_mapping(UUID=resources.mapping_id, Enabled=call is Call.ENABLE_MAPPING)
        elif call is Call.TAG_FUNCTION:
            self._functions.tag_resource(Resource=resources.function_arn, Tags={BLOCKED_TAG: block or ""})
        elif call is Call.TAG_MAPPING:
            self._functions.tag_resource(Resource=resources.mapping_arn, Tags={BLOCKED_TAG: block or ""})
        elif call is Call.UNTAG_MAPPING:
            self._functions.untag_resource(Resource=resources.mapping_arn, TagKeys=[BLOCKED_TAG])
        else:
            self._set_schedule(resources.handler, "ENABLED" if call is Call.ENABLE_SCHEDULE else "DISABLED")

    def untag(self, resources: HandlerResources) -> None:
        """Lift a block. No resources of Sluice does this by itself, and none has the right to but an admin."""
        self._functions.untag_resource(Resource=resources.function_arn, TagKeys=[BLOCKED_TAG])

    def let_one_run(self, resources: HandlerResources) -> None:
        """Let a paused function run one invocation at a time. Its mapping stays disabled."""
        name = self._names.function(resources.handler)
        self._functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=ONE)

    def _mappings(self, handlers: list[str] | None) -> dict[str, Any]:
        """The event source mappings by handler: of them all, or asked for one by one."""
        paginator = self._functions.get_paginator("list_event_source_mappings")
        if handlers is None:
            found = [mapping for page in paginator.paginate() for mapping in page["EventSourceMappings"]]
        else:
            found = []
            for handler in handlers:
                try:
                    for page in paginator.paginate(FunctionName=self._names.function(handler)):
                        found += page["EventSourceMappings"]
                except self._functions.exceptions.ResourceNotFoundException:
                    continue
        mappings: dict[str, Any] = {}
        for mapping in found:
            name = self._names.handler_of_queue(mapping["FunctionArn"].split(":")[6])
            queue = mapping.get("EventSourceArn", "").rsplit(":", 1)[-1]
            # A team may feed a function from elsewhere, too; that mapping is theirs.
            if name is not None and queue == self._names.queue(name):
                mappings[name] = mapping
        return mappings

    def _part(
        self, handler: str, mapping: Any, schedule: str | None, deployment: str | None, *, check_tags: bool
    ) -> HandlerResources | None:
        try:
            function = self._functions.get_function(FunctionName=self._names.function(handler))
        except self._functions.exceptions.ResourceNotFoundException:
            return None
        if "TagsError" in function:
            # AWS's answer to who may get the function and not list its tags: taken for no tags, it would lift a block.
            raise ClientError({"Error": _error_of(function["TagsError"], handler)}, "ListTags")
        configuration, tags = function["Configuration"], function.get("Tags", {})
        arn = mapping.get("EventSourceMappingArn") or configuration["FunctionArn"].replace(
            f":function:{self._names.function(handler)}", f":event-source-mapping:{mapping['UUID']}"
        )
        mapping_tags: dict[str, str] = {}
        if check_tags or BLOCKED_TAG in tags:
            mapping_tags = self._functions.list_tags(Resource=arn)["Tags"]
        observed = Observed(
            concurrency=function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            mapping=mapping["State"],
            block=tags.get(BLOCKED_TAG),
            mapping_block=mapping_tags.get(BLOCKED_TAG),
            schedule=schedule,
            missed=tags.get(MISSED_TAG),
            deployment=deployment,
        )
        return HandlerResources(
            handler=handler,
            function_arn=configuration["FunctionArn"],
            mapping_id=mapping["UUID"],
            mapping_arn=arn,
            observed=observed,
            timeout=configuration.get("Timeout", 0),
        )

    def _deployment(self) -> str | None:
        """What tells this deployment of the stack from the others; None while one is under way."""
        try:
            (stack,) = self._stacks.describe_stacks(StackName=self._names.stack)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return NO_STACK
            raise
        if stack["StackStatus"].endswith("_IN_PROGRESS"):
            return None
        return str(stack.get("LastUpdatedTime") or stack["CreationTime"])

    def _schedule_states(self) -> dict[str, str]:
        """The states of the schedules that are named after functions, by handler."""
        prefix = self._names.prefix
        pages = self._schedules.get_paginator("list_schedules").paginate(NamePrefix=prefix)
        return {
            schedule["Name"].removeprefix(prefix): schedule["State"] for page in pages for schedule in page["Schedules"]
        }

    def _set_schedule(self, handler: str, state: str) -> None:
        name = self._names.function(handler)
        schedule = self._schedules.get_schedule(Name=name)
        same = {field: schedule[field] for field in _SCHEDULE_FIELDS if schedule.get(field)}
        self._schedules.update_schedule(Name=name, State=state, **same)


def _error_of(refusal: Any, handler: str) -> Any:
    said = f"{refusal.get('Message')}; without the tags of {handler}'s function nobody can tell whether it is blocked"
    return {"Code": refusal.get("ErrorCode", "AccessDeniedException"), "Message": said}
