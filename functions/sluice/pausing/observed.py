"""Read from AWS the state of a stage's functions, event source mappings and schedules. `changing` changes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..stage.failure_limit import LIMIT_TAG, FailureLimit, limit_from_text
from ..stage.names import BLOCKED_TAG, MISSED_TAG, Names
from . import cron_schedules
from .pace import Pace
from .state import Observed

NO_STACK = "none"
"""Stands for the deployment where no stack of Sluice exists, as in tests."""

_CALLERS = 8
"""Threads that read handlers' functions at once."""

GET_FUNCTION_PER_SECOND = 45
"""Calls of GetFunction in any second. AWS allows 100 for the whole account, in each region, and does not raise that
(Lambda guide, quotas); half of it is left to deployments and to the team's other tools."""


@dataclass(frozen=True, kw_only=True)
class HandlerResources:
    """A handler's AWS resources, and what AWS shows of their state.

    Attributes:
        handler: the handler's name.
        function_arn: the function's ARN.
        mapping_id: the event source mapping's UUID.
        mapping_arn: the event source mapping's ARN.
        observed: the state.
        timeout: seconds after which Lambda ends an invocation.
        failure_limit: failures at which the handler is to be paused; None if it is not.
    """

    handler: str
    function_arn: str
    mapping_id: str
    mapping_arn: str
    observed: Observed
    timeout: int = 0
    failure_limit: FailureLimit | None = None


class StateReader:
    """Reads the state of a stage's functions, with their mappings and schedules.

    Args:
        names: the stage's names.
        functions: a boto3 Lambda client.
        schedules: a boto3 EventBridge Scheduler client.
        stacks: a boto3 CloudFormation client.
        pace: the pace of GetFunction; `GET_FUNCTION_PER_SECOND` if left out.
    """

    def __init__(self, names: Names, functions: Any, schedules: Any, stacks: Any, *, pace: Pace | None = None) -> None:
        self._names = names
        self._functions = functions
        self._schedules = schedules
        self._stacks = stacks
        self._pace = pace or Pace(GET_FUNCTION_PER_SECOND)

    def read(self, handlers: Iterable[str] | None = None, *, blocked: Collection[str] = ()) -> list[HandlerResources]:
        """Read the handlers that have a function and a mapping.

        Args:
            handlers: only these; all of the stage's if left out.
            blocked: handlers that are blocked or ever were: their mappings may still have the tag.

        Raises:
            botocore.exceptions.ClientError: AWS refused a call, or the tags of a function.
        """
        # The deployment is read first and last, so that one that begins meanwhile is not taken for somebody's wish.
        deployment = self._deployment()
        mappings = self._mappings(None if handlers is None else list(handlers))
        if not mappings:
            return []
        states = cron_schedules.states(self._schedules, self._names)

        def read_one(name: str) -> HandlerResources | None:
            return self._read(name, mappings[name], states.get(name), deployment, check_tags=name in blocked)

        if len(mappings) == 1:
            found = [one for one in map(read_one, mappings) if one is not None]
        else:
            with ThreadPoolExecutor(_CALLERS) as callers:
                found = [one for one in callers.map(read_one, sorted(mappings)) if one is not None]
        if deployment in (None, NO_STACK) or self._deployment() == deployment:
            return found
        # A deployment has begun meanwhile, and may have changed the functions.
        return [dataclasses.replace(one, observed=dataclasses.replace(one.observed, deployment=None)) for one in found]

    def _mappings(self, handlers: list[str] | None) -> dict[str, Any]:
        """Return the event source mappings by handler: of all handlers in one list, or of these one by one."""
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
            # A team may feed a function from other sources too; those mappings are the team's.
            if name is not None and queue == self._names.queue(name):
                mappings[name] = mapping
        return mappings

    def _read(
        self, handler: str, mapping: Any, schedule: str | None, deployment: str | None, *, check_tags: bool
    ) -> HandlerResources | None:
        self._pace.wait()
        try:
            function = self._functions.get_function(FunctionName=self._names.function(handler))
        except self._functions.exceptions.ResourceNotFoundException:
            return None
        if "TagsError" in function:
            # The caller may get the function but not list its tags. Read as "no tags", that would lift a block.
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
            failure_limit=limit_from_text(tags.get(LIMIT_TAG, "")),
        )

    def _deployment(self) -> str | None:
        """Return a mark that differs between deployments of the stack; None while one is under way."""
        try:
            (stack,) = self._stacks.describe_stacks(StackName=self._names.stack)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return NO_STACK
            raise
        if stack["StackStatus"].endswith("_IN_PROGRESS"):
            return None
        return str(stack.get("LastUpdatedTime") or stack["CreationTime"])


def _error_of(refusal: Any, handler: str) -> Any:
    reason = f"without the tags of {handler}'s function nobody can tell whether it is blocked"
    return {
        "Code": refusal.get("ErrorCode", "AccessDeniedException"),
        "Message": f"{refusal.get('Message')}; {reason}",
    }
