"""One handler, with everything that it needs on AWS."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, Tags
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from sluice.pausing.mapping_settings import MappingSettings
from sluice.stage.failure_limit import LIMIT_TAG, limit_from_setting
from sluice.stage.names import MAPPING_TAG, MISSED_TAG, STAGE_TAG, Names, module_of

from ..bundle import Bundle
from ..entries import Cron, Entry
from ..findings import FUNCTION_FINDINGS, accept
from ..log_group import make_log_group
from ..protection import Protection
from ..shared.alarms import Alarms
from ..shared.scheduler import StageScheduler
from ..shared.trace_table import TraceTable
from ..stage import crons_are_off
from .cron_expression import schedule_of
from .cron_schedule import CronSchedule
from .environment import environment_of
from .failure_alarm import add_failure_alarm
from .queues import HandlerQueues
from .role import HandlerRole
from .timing import timing_of

ENTRY_POINT = "sluice.worker.entry.handle"
"""The function that Lambda calls with each batch."""


class Handler(Construct):
    """A handler's queues, function, event source mapping and, for a cron, schedule.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        entry: the handler's entry in app.py.
        others: the names of the stage's other handlers.
        bundle: the code and packages that its function runs.
        traces: the stage's trace table.
        protection: the key that encrypts queues, logs and table, and whether logs stay.
        scheduler: the role, the group and the dead-letter queue of the stage's schedules.
        alarms: the stage's alarms.

    Attributes:
        queue: the queue that is emitted to.
        dead_letter_queue: the queue for events that used up their attempts.
        function: the function; grant it access to your own buckets and tables.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        entry: Entry,
        others: Sequence[str],
        bundle: Bundle,
        traces: TraceTable,
        protection: Protection,
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
            protection=protection,
            visibility_timeout=timing.visibility_timeout,
            alarms=alarms,
        )
        self.queue = queues.queue
        self.dead_letter_queue = queues.dead_letter_queue
        log_group = make_log_group(self, "Log", function=names.function(entry.name), protection=protection)
        permissions = HandlerRole(
            self,
            "Permissions",
            names=names,
            handler=entry.name,
            others=others,
            pauses_itself=entry.pause_on_failures is not None,
            queue=self.queue,
            log_group=log_group,
            traces=traces,
            protection=protection,
            scheduler=scheduler,
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(entry.name),
            description=f"Runs functions/handlers/{module_of(entry.name)}.py",
            handler=ENTRY_POINT,
            code=bundle.code,
            layers=[bundle.layer],
            runtime=bundle.runtime,
            architecture=bundle.architecture,
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
            # A handler retries an event by emitting it to itself. Sluice has a hop limit of its own.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        in_queue = "Its events come from a queue, which has a dead-letter queue"
        accept(self.function, {**FUNCTION_FINDINGS, "Serverless-LambdaDLQ": in_queue, "CKV_AWS_116": in_queue})
        Tags.of(self.function).add("sluice:handler", entry.name)
        if isinstance(entry, Cron) and not crons_are_off(self, names.stage):
            # The reconciler doesn't know app.py. It reads this tag, and enables the schedule of each cron that has it.
            Tags.of(self.function).add(MISSED_TAG, entry.missed)
        limit = limit_from_setting(entry.pause_on_failures)
        if limit is not None:
            Tags.of(self.function).add(LIMIT_TAG, limit.to_text())
        # `enabled` is left out: pausing changes it, and a deployment leaves alone what the template doesn't name.
        settings = MappingSettings(entry.batch_size, entry.batch_window, entry.max_concurrency)
        # Whoever may pause may change the mapping. The reconciler reads this tag, and puts the settings back.
        Tags.of(self.function).add(MAPPING_TAG, settings.to_tag())
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=settings.batch_size,
            max_batching_window=Duration.seconds(settings.batch_window),
            max_concurrency=settings.max_concurrency,
            report_batch_item_failures=True,
        )
        # The reconciler may change it by this tag, also while it is another function's.
        Tags.of(mapping).add(STAGE_TAG, names.stage)
        accept(mapping, {"Serverless-LambdaEventSourceMappingDestination": in_queue})
        add_failure_alarm(self, names=names, entry=entry, alarms=alarms)
        if schedule:
            CronSchedule(
                self, "Cron", names=names, handler=entry.name, schedule=schedule, queue=self.queue, shared=scheduler
            )
