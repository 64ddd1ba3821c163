"""Make the calls that change a handler's function, event source mapping and schedule. `observed` reads their state."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ..stage.names import BLOCKED_TAG, Names
from . import cron_schedules
from .observed import HandlerResources
from .state import MAPPING_CALLS, RUN_ONE_CONCURRENCY, Call

BUSY_CODES = frozenset({"ResourceInUseException", "ResourceConflictException", "TooManyRequestsException"})
"""Error codes with which AWS refuses a change while an earlier one is still under way."""


class StateWriter:
    """Changes the state of a stage's functions, with their mappings and schedules.

    Args:
        names: the stage's names.
        functions: a boto3 Lambda client.
        schedules: a boto3 EventBridge Scheduler client.
    """

    def __init__(self, names: Names, functions: Any, schedules: Any) -> None:
        self._names = names
        self._functions = functions
        self._schedules = schedules

    def call(
        self, resources: HandlerResources, call: Call, *, block: str | None = None, cap: int | None = None
    ) -> None:
        """Make a call.

        Args:
            resources: the handler's resources.
            call: the call to make.
            block: value for the tags of a block.
            cap: the reserved concurrency that the function is given back; None if it had none.

        Raises:
            botocore.exceptions.ClientError: AWS refused it.
        """
        name = self._names.function(resources.handler)
        if call in MAPPING_CALLS and not resources.mapping_id:
            # Without a mapping nothing receives, and there is nothing to tag.
            return
        if call is Call.SET_ZERO:
            self._functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        elif call is Call.RELEASE:
            # Removed before it is set, as IAM denies the reconciler to remove that of a blocked function.
            self._functions.delete_function_concurrency(FunctionName=name)
            if cap is not None:
                self._functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=cap)
        elif call in (Call.ENABLE_MAPPING, Call.DISABLE_MAPPING):
            # In one call: AWS refuses a second one while the first is under way.
            repaired = resources.repair.arguments if resources.repair else {}
            enabled = call is Call.ENABLE_MAPPING
            self._functions.update_event_source_mapping(UUID=resources.mapping_id, Enabled=enabled, **repaired)
        elif call is Call.TAG_FUNCTION:
            self._functions.tag_resource(Resource=resources.function_arn, Tags={BLOCKED_TAG: block or ""})
        elif call is Call.TAG_MAPPING:
            self._functions.tag_resource(Resource=resources.mapping_arn, Tags={BLOCKED_TAG: block or ""})
        elif call is Call.UNTAG_MAPPING:
            self._functions.untag_resource(Resource=resources.mapping_arn, TagKeys=[BLOCKED_TAG])
        else:
            state = "ENABLED" if call is Call.ENABLE_SCHEDULE else "DISABLED"
            cron_schedules.set_state(self._schedules, self._names, resources.handler, state)

    def repair_mapping(self, resources: HandlerResources, *, enabled: bool) -> None:
        """Put a mapping's settings back as they were deployed.

        Args:
            resources: the handler's resources.
            enabled: whether the mapping receives. AWS may enable one if an update leaves that out.

        Raises:
            botocore.exceptions.ClientError: AWS refused it.
        """
        if resources.repair:
            self._functions.update_event_source_mapping(
                UUID=resources.mapping_id, Enabled=enabled, **resources.repair.arguments
            )

    def remove_block_tag(self, resources: HandlerResources) -> None:
        """Remove the tag that blocks a function. Only an admin has the right to; Sluice never does it by itself."""
        self._functions.untag_resource(Resource=resources.function_arn, TagKeys=[BLOCKED_TAG])

    def allow_one_invocation(self, resources: HandlerResources) -> None:
        """Set a reserved concurrency of 1 on a paused function. Its mapping stays disabled, so nothing else starts."""
        name = self._names.function(resources.handler)
        self._functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=RUN_ONE_CONCURRENCY)


def is_busy(error: ClientError) -> bool:
    """Return True if AWS refused a change because an earlier one is still under way."""
    return error.response["Error"]["Code"] in BUSY_CODES
