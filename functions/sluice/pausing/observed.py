"""Read from AWS the state of a stage's functions, event source mappings and schedules. `changing` changes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..stage.failure_limit import LIMIT_TAG, FailureLimit, limit_from_text
from ..stage.names import BLOCKED_TAG, MAPPING_TAG, MISSED_TAG, Names
from . import cron_schedules
from .mapping_settings import Repair, from_tag, repair_of
from .pace import Pace
from .state import MISSING, Observed

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
        mapping_id: the event source mapping's UUID; empty if it has none.
        mapping_arn: the event source mapping's ARN; empty if it has none.
        observed: the state.
        repair: the way back to the mapping as it was deployed; None if it is so, or a deployment is under way.
        timeout: seconds after which Lambda ends an invocation.
        failure_limit: failures at which the handler is to be paused; None if it is not.
    """

    handler: str
    function_arn: str
    mapping_id: str
    mapping_arn: str
    observed: Observed
    repair: Repair | None = None
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
        """Read the handlers that have a function and a mapping, and those that are asked for and have only a function.

        Args:
            handlers: only these; all of the stage's if left out.
            blocked: handlers that are blocked or ever were: their mappings may still have the tag, or be gone.

        Raises:
            botocore.exceptions.ClientError: AWS refused a call, or the tags of a function.
        """
        # The deployment is read first and last, so that one that begins meanwhile is not taken for somebody's wish.
        deployment = self._deployment()
        mappings = self._mappings(None if handlers is None else list(handlers))
        if handlers is None:
            mappings |= {name: None for name in blocked if name not in mappings}
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
        return [_during_deployment(one) for one in found]

    def _mappings(self, handlers: list[str] | None) -> dict[str, Any]:
        """Return the event source mappings by handler: of all handlers in one list, or of these one by one.

        A mapping is a handler's by its queue, as anybody who may change a mapping may give it another function.
        """
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
        mappings = self._by_handler(found)
        for handler in handlers or ():
            if handler not in mappings:
                queue = self._queue_arn(handler)
                if queue is not None:
                    found = [
                        each
                        for page in paginator.paginate(EventSourceArn=queue)
                        for each in page["EventSourceMappings"]
                    ]
                    mappings[handler] = self._by_handler(found).get(handler)
        return mappings

    def _by_handler(self, found: Iterable[Any]) -> dict[str, Any]:
        """Return mappings by the handlers whose queue they receive from. One of the handler's function comes first."""
        own: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for mapping in found:
            # A team may feed a function from other sources too; those mappings are the team's.
            name = self._names.handler_of_queue(mapping.get("EventSourceArn", "").rsplit(":", 1)[-1])
            if name is not None:
                is_own = mapping["FunctionArn"].split(":")[6] == self._names.function(name)
                (own if is_own else others)[name] = mapping
        return others | own

    def _queue_arn(self, handler: str) -> str | None:
        """Return the ARN of a handler's queue, by its function's; None if it has no function."""
        function = self._function(handler)
        if function is None:
            return None
        _, partition, _, region, account, *_ = function["Configuration"]["FunctionArn"].split(":")
        return f"arn:{partition}:sqs:{region}:{account}:{self._names.queue(handler)}"

    def _function(self, handler: str) -> Any:
        """Return a handler's function; None if it has none."""
        self._pace.wait()
        try:
            return self._functions.get_function(FunctionName=self._names.function(handler))
        except self._functions.exceptions.ResourceNotFoundException:
            return None

    def _read(
        self, handler: str, mapping: Any, schedule: str | None, deployment: str | None, *, check_tags: bool
    ) -> HandlerResources | None:
        function = self._function(handler)
        if function is None:
            return None
        if "TagsError" in function:
            # The caller may get the function but not list its tags. Read as "no tags", that would lift a block.
            raise ClientError({"Error": _error_of(function["TagsError"], handler)}, "ListTags")
        configuration, tags = function["Configuration"], function.get("Tags", {})
        arn = self._mapping_arn(handler, mapping, configuration) if mapping else ""
        mapping_tags: dict[str, str] = {}
        if arn and (check_tags or BLOCKED_TAG in tags):
            mapping_tags = self._functions.list_tags(Resource=arn)["Tags"]
        observed = Observed(
            concurrency=function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            mapping=mapping["State"] if mapping else MISSING,
            block=tags.get(BLOCKED_TAG),
            mapping_block=mapping_tags.get(BLOCKED_TAG),
            schedule=schedule,
            missed=tags.get(MISSED_TAG),
            deployment=deployment,
        )
        return HandlerResources(
            handler=handler,
            function_arn=configuration["FunctionArn"],
            mapping_id=mapping["UUID"] if mapping else "",
            mapping_arn=arn,
            observed=observed,
            repair=repair_of(mapping, from_tag(tags.get(MAPPING_TAG)), configuration["FunctionArn"])
            if mapping and deployment is not None
            else None,
            timeout=configuration.get("Timeout", 0),
            failure_limit=limit_from_text(tags.get(LIMIT_TAG, "")),
        )

    def _mapping_arn(self, handler: str, mapping: Any, configuration: Any) -> str:
        arn = mapping.get("EventSourceMappingArn") or configuration["FunctionArn"].replace(
            f":function:{self._names.function(handler)}", f":event-source-mapping:{mapping['UUID']}"
        )
        return str(arn)

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


def _during_deployment(one: HandlerResources) -> HandlerResources:
    return dataclasses.replace(one, observed=dataclasses.replace(one.observed, deployment=None), repair=None)


def _error_of(refusal: Any, handler: str) -> Any:
    reason = f"without the tags of {handler}'s function nobody can tell whether it is blocked"
    return {
        "Code": refusal.get("ErrorCode", "AccessDeniedException"),
        "Message": f"{refusal.get('Message')}; {reason}",
    }
