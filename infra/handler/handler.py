"""One handler, with everything it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy, Tags
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from sluice.stage.names import MISSED_TAG, Names, module_of

from ..bundle import Target
from ..entries import Cron, Entry
from ..shared.alarms import Alarms
from ..shared.scheduler import StageScheduler
from ..shared.trace_table import TraceTable
from ..stage import crons_are_off
from .cron_expression import schedule_of
from .cron_schedule import CronSchedule
from .environment import environment_of
from .queues import HandlerQueues
from .role import FunctionRole
from .timing import timing_of

ENTRY_POINT = "sluice.worker.entry.handle"

LOG_RETENTION = logs.RetentionDays.ONE_MONTH
"""As long as traces, by default: a trace names its log stream."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What every function is made of.

    Attributes:
        target: the machine it is for.
        code: the team's and Sluice's.
        layer: the packages that they import.
    """

    target: Target
    code: lambda_.Code
    layer: lambda_.ILayerVersion


class Handler(Construct):
    """A handler's queues, function, event source mapping and, for a cron, schedule.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.
        entry: the handler's in app.py.
        bundle: what its function is made of.
        traces: the stage's.
        scheduler: what all of the stage's schedules share.
        alarms: the stage's.

    Attributes:
        queue: the queue that is emitted to.
        dead_letter_queue: the one behind it.
        function: the function; grant it access to your own buckets and tables.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        entry: Entry,
        bundle: Bundle,
        traces: TraceTable,
        scheduler: StageScheduler,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        schedule = schedule_of(entry) if isinstance(entry, Cron) else None
        timing = timing_of(entry)
        queues = HandlerQueues(
            self,
            "Queues",
            names=names,
            handler=entry.name,
            visibility_timeout=timing.visibility_timeout,
            alarms=alarms,
        )
        self.queue = queues.queue
        self.dead_letter_queue = queues.dead_letter_queue
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{names.function(entry.name)}",
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        permissions = FunctionRole(
            self, "Permissions", names=names, queue=self.queue, log_group=log_group, traces=traces, scheduler=scheduler
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(entry.name),
            description=f"Runs functions/handlers/{module_of(entry.name)}.py",
            handler=ENTRY_POINT,
            code=bundle.code,
            layers=[bundle.layer],
            runtime=lambda_.Runtime(bundle.target.runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(bundle.target.architecture),
            timeout=Duration.seconds(timing.function_timeout),
            memory_size=entry.memory,
            environment=environment_of(
                entry,
                stage=names.stage,
                queue_url_prefix=f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}/{Aws.ACCOUNT_ID}/",
                fortnight=schedule.fortnight if schedule else None,
            ),
            role=permissions.role,
            log_group=log_group,
            # A handler that emits to itself is how an event is tried again; emit has a hop limit of its own.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        Tags.of(self.function).add("sluice:handler", entry.name)
        if isinstance(entry, Cron) and not crons_are_off(self, names.stage):
            # The reconciler goes by it, and enables the schedule of a cron that has it: it knows nothing of app.py.
            Tags.of(self.function).add(MISSED_TAG, entry.missed)
        # `enabled` is left out: it is what pausing changes, and a deployment leaves alone what it doesn't name.
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=entry.batch_size,
            max_batching_window=Duration.seconds(entry.batch_window),
            max_concurrency=entry.max_concurrency,
            report_batch_item_failures=True,
        )
        if schedule:
            CronSchedule(
                self, "Cron", names=names, handler=entry.name, schedule=schedule, queue=self.queue, shared=scheduler
            )
