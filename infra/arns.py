"""ARNs of a stage's resources, as the statements of roles and policies name them."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import ArnFormat, Aws, Stack
from constructs import Construct
from sluice.stage.names import DEAD_SUFFIX, Names


class Arns:
    """The ARNs of one stage, in the account and region that it is deployed to. Most end in a star.

    Args:
        scope: a construct in the stage's stack.
        names: the stage's names.
    """

    def __init__(self, scope: Construct, names: Names) -> None:
        self._stack = Stack.of(scope)
        self._names = names

    @property
    def functions(self) -> str:
        """All functions: the handlers' and the reconciler."""
        return self._with_colon("lambda", "function", f"{self._names.prefix}*")

    @property
    def function_prefix(self) -> str:
        """The start of every function's ARN."""
        return self._with_colon("lambda", "function", self._names.prefix)

    @property
    def reconciler(self) -> str:
        """The reconciler with all its versions and aliases. No handler's function has a name that starts like it."""
        return self._with_colon("lambda", "function", f"{self._names.reconciler}*")

    @property
    def reconciler_function(self) -> str:
        """The reconciler, without its versions and aliases."""
        return self._with_colon("lambda", "function", self._names.reconciler)

    @property
    def mappings(self) -> str:
        """All event source mappings of the account: a UUID names each, so a condition has to name the function."""
        return self._with_colon("lambda", "event-source-mapping", "*")

    @property
    def queues(self) -> str:
        """All queues, with those of names that have no handler yet."""
        return self._queues(f"{self._names.prefix}*")

    @property
    def dead_letter_queues(self) -> str:
        """All dead-letter queues."""
        return self._queues(f"{self._names.prefix}*{DEAD_SUFFIX}")

    @property
    def all_logs(self) -> str:
        """The log streams of all functions."""
        return self.logs(f"/aws/lambda/{self._names.prefix}*")

    def logs(self, log_group: str) -> str:
        """Return the ARN of a log group's streams."""
        return self._with_colon("logs", "log-group", f"{log_group}:*")

    @property
    def log_groups(self) -> str:
        """The log groups of all functions, without their streams."""
        return self._with_colon("logs", "log-group", f"/aws/lambda/{self._names.prefix}*")

    @property
    def topic(self) -> str:
        """The topic of the alarms."""
        return self._stack.format_arn(
            service="sns", resource=self._names.alarm_topic, arn_format=ArnFormat.NO_RESOURCE_NAME
        )

    @property
    def alarms(self) -> str:
        """All alarms."""
        return self._with_colon("cloudwatch", "alarm", f"{self._names.prefix}*")

    @property
    def cron_schedules(self) -> str:
        """The crons' schedules."""
        return self._schedules(self._names.cron_schedule_group)

    @property
    def delayed_events(self) -> str:
        """The schedules of delayed events."""
        return self._schedules(self._names.schedule_group)

    @property
    def schedule_groups(self) -> list[str]:
        """The stage's groups of schedules."""
        return [
            self._stack.format_arn(service="scheduler", resource="schedule-group", resource_name=group)
            for group in (self._names.schedule_group, self._names.cron_schedule_group)
        ]

    def scheduled_to(self, handlers: Iterable[str]) -> list[str]:
        """Return the queues that schedules send to: those of handlers, and the one for what cannot be delivered."""
        queues = [self._names.queue(handler) for handler in handlers]
        return [self._queues(queue) for queue in (*queues, self._names.schedules_dead_letter_queue)]

    @property
    def scheduler_role(self) -> str:
        """The role that all schedules have."""
        return self._stack.format_arn(
            service="iam", region="", resource="role", resource_name=self._names.scheduler_role(Aws.REGION)
        )

    @property
    def stacks(self) -> str:
        """The stage's stack, also after it was deleted and made again."""
        return f"{self.stack_prefix}*"

    @property
    def stack_prefix(self) -> str:
        """The start of the stack's id. The rest is another one each time that the stack is made."""
        return self._stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{self._names.stack}/")

    def _queues(self, pattern: str) -> str:
        return self._stack.format_arn(service="sqs", resource=pattern, arn_format=ArnFormat.NO_RESOURCE_NAME)

    def _schedules(self, group: str) -> str:
        return self._stack.format_arn(service="scheduler", resource=f"schedule/{group}", resource_name="*")

    def _with_colon(self, service: str, kind: str, name: str) -> str:
        return self._stack.format_arn(
            service=service, resource=kind, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
