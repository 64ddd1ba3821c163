"""The names of AWS resources, made from a stage and a handler. No other module makes them.

Depends on nothing, so that the CDK code, the worker and the command line can all use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InvalidNameError

PREFIX = "sluice"
"""The start of every resource's name."""

LOCAL_STAGE = "local"
"""The local cloud's stage."""

LOCAL_ASSETS_BUCKET = "sluice-local-assets"
"""The bucket for the local stage's code. On AWS, `cdk bootstrap` makes one; the local cloud is not bootstrapped."""

METRICS_NAMESPACE = "Sluice"
"""The namespace of the worker's CloudWatch metrics."""

BLOCKED_TAG = "sluice:blocked"
"""The tag of a blocked function and of its mapping. Its value holds the time, the person and the reason."""

MAPPING_TAG = "sluice:mapping"
"""The tag of a function for the settings with which its event source mapping was deployed."""

STAGE_TAG = "sluice:stage"
"""The tag of an event source mapping for its stage."""

MISSED_TAG = "sluice:missed"
"""The tag of a cron's function for ticks during a pause: `skip` or `queue`."""

PAUSES = "#pausing"
BLOCKS = "#blocks"
HISTORY = "#history#"
KEEPING = "#keeping"
"""Partitions of the trace table that only some roles may write: the desired states of handlers, the blocks that hold,
each handler's history (with the handler's name appended), and the reconciler's progress with the queues. No handler's
name starts like them."""

UNHANDLED = "#no-handler"
UNHANDLED_PARTS = "#event#"
"""Partitions of the trace table for events without a handler: the number of them for each name, and, with an event's id
appended, the text of one that is too large for its trace."""

KEY_LOCKS = "#key#"
EVENT_LOCKS = "#message#"
CRON_LOCKS = "#lease#"
FAILING = "#failing#"
"""The start of the partitions of a handler's locks, and of the number of its failures. The handler's name follows."""

DEAD_SUFFIX = "-dead"
"""The end of a dead-letter queue's name."""

MAX_QUEUE_NAME = 80
"""Characters: SQS's limit for queue names."""

MAX_STAGE = 32
"""Characters: with a region's 14, as many as fit into a role's name of 64."""

MAX_FUNCTION_NAME = 64
"""Characters: Lambda's limit for function names."""

_HANDLER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_STAGE = re.compile(r"[a-z][a-z0-9]*")


def check_stage(stage: str) -> str:
    """Return `stage` if resources can be named after it.

    A stage has no hyphens, so that stage `a` with handler `b-c` and stage `a-b` with handler `c` never share a queue.

    Raises:
        InvalidNameError: it has other characters than a-z and 0-9, does not start with a letter, or is too long.
    """
    if not isinstance(stage, str) or not _STAGE.fullmatch(stage):
        raise InvalidNameError(
            f"stage {stage!r}: use lower-case letters and digits only, starting with a letter, like 'prod'"
        )
    if len(stage) > MAX_STAGE:
        raise InvalidNameError(
            f"stage {stage!r}: use {MAX_STAGE} characters at most; AWS limits the names made from it"
        )
    return stage


def check_handler(handler: str) -> str:
    """Return `handler` if a handler can have this name.

    Raises:
        InvalidNameError: it has other characters than a-z, 0-9 and single hyphens, does not start with a letter, or
            ends in `-dead`, as dead-letter queues do.
    """
    if not isinstance(handler, str) or not _HANDLER.fullmatch(handler):
        raise InvalidNameError(
            f"handler {handler!r}: use lower-case letters, digits and single hyphens, starting with a letter,"
            " like 'send-receipt' (its file is functions/handlers/send_receipt.py)"
        )
    if handler.endswith(DEAD_SUFFIX):
        raise InvalidNameError(
            f"handler {handler!r}: names ending in '{DEAD_SUFFIX}' are those of dead-letter queues; choose another"
        )
    return handler


def is_handler(name: str) -> bool:
    """Return True if a handler can have this name."""
    return _HANDLER.fullmatch(name) is not None and not name.endswith(DEAD_SUFFIX)


def module_of(handler: str) -> str:
    """Return the name of the handler's module in `functions/handlers`: `send_receipt` for `send-receipt`."""
    return handler.replace("-", "_")


def handler_of(module: str) -> str:
    """Return the name of the handler in a module of `functions/handlers`."""
    return module.replace("_", "-")


def partitions_of(handler: str) -> list[str]:
    """Return the partitions of the trace table with a handler's traces, locks and number of failures.

    A star stands for any characters.
    """
    own = (f"{CRON_LOCKS}{handler}", f"{FAILING}{handler}")
    return [f"{handler}#*", f"{KEY_LOCKS}{handler}#*", f"{EVENT_LOCKS}{handler}#*", *own]


@dataclass(frozen=True)
class Names:
    """The names of one stage's resources.

    Args:
        stage: a valid stage name, such as `prod`.

    Raises:
        InvalidNameError: a stage cannot have this name.
    """

    stage: str

    def __post_init__(self) -> None:
        check_stage(self.stage)

    @property
    def prefix(self) -> str:
        """The start of the names of the stage's queues and functions."""
        return f"{PREFIX}-{self.stage}-"

    @property
    def stack(self) -> str:
        """The CloudFormation stack."""
        return f"{PREFIX}-{self.stage}"

    @property
    def trace_table(self) -> str:
        """The DynamoDB table of traces."""
        return f"{self.prefix}traces"

    @property
    def schedule_group(self) -> str:
        """The group of the schedules that hold delayed events."""
        return f"{PREFIX}-{self.stage}"

    @property
    def cron_schedule_group(self) -> str:
        """The group of the crons' schedules. A schedule has its cron's name."""
        return f"{self.prefix}crons"

    @property
    def schedules_dead_letter_queue(self) -> str:
        """The queue for events that Scheduler could not deliver. No handler's name begins with a hyphen."""
        return f"{self.prefix}-schedules{DEAD_SUFFIX}"

    @property
    def alarm_topic(self) -> str:
        """The SNS topic that alarms notify."""
        return f"{self.prefix}alarms"

    def scheduler_role(self, region: str) -> str:
        """Return the name of the role of all schedules. It includes the region, as roles exist in all regions."""
        return f"{self.prefix}{region}-scheduler"

    def queue(self, handler: str) -> str:
        """Return the name of the handler's SQS queue."""
        return f"{self.prefix}{handler}"

    def dead_letter_queue(self, handler: str) -> str:
        """Return the name of the handler's dead-letter queue."""
        return f"{self.prefix}{handler}{DEAD_SUFFIX}"

    def function(self, handler: str) -> str:
        """Return the name of the handler's Lambda function."""
        return f"{self.prefix}{handler}"

    @property
    def reconciler(self) -> str:
        """The reconciler's function. No handler's name has two hyphens in a row."""
        return f"{self.prefix}-reconciler"

    def policy(self, kind: str, region: str) -> str:
        """Return the name of a kind of managed policy. It includes the region, as policies exist in all regions."""
        return f"{self.prefix}{kind}-{region}"

    def handler_of_queue(self, queue: str) -> str | None:
        """Return the handler whose queue this is; None for dead-letter queues, other stages' and other programs'."""
        handler = queue.removeprefix(self.prefix)
        if handler == queue or handler.endswith(DEAD_SUFFIX) or not _HANDLER.fullmatch(handler):
            return None
        return handler

    def problem_with(self, handler: str) -> str | None:
        """Return why AWS would refuse the handler's resources in this stage; None if it would not."""
        try:
            check_handler(handler)
        except InvalidNameError as error:
            return str(error)
        for what, name, limit in (
            ("dead-letter queue", self.dead_letter_queue(handler), MAX_QUEUE_NAME),
            ("function", self.function(handler), MAX_FUNCTION_NAME),
        ):
            if len(name) > limit:
                return (
                    f"handler {handler!r}: its {what} would be named {name!r}, {len(name)} characters;"
                    f" AWS allows {limit}. Use a shorter name"
                )
        return None
