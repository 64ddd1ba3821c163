"""The reconciler: its function, the rules that run it, and its alarms."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from sluice.reconciler.metric_names import (
    MAPPING_METRIC,
    NO_HANDLER_METRIC,
    PAUSED_ITSELF_METRIC,
    STOPPED_METRIC,
    dimensions_of,
)
from sluice.stage.names import METRICS_NAMESPACE, Names

from ..arns import Arns
from ..bundle import Bundle
from ..findings import FUNCTION_FINDINGS, accept
from ..log_group import make_log_group
from ..protection import Protection
from .alarms import Alarms
from .reconciler_role import make_reconciler_role
from .scheduler import StageScheduler
from .trace_table import TraceTable

ENTRY_POINT = "sluice.reconciler.entry.handle"
"""The function that Lambda calls."""

EVERY = Duration.minutes(1)
"""The shortest interval that EventBridge has."""

TIMEOUT = 60
"""Seconds: a run stops its work on queues after 40."""

MAX_EVENT_AGE = Duration.minutes(5)
"""Time for which Lambda keeps an event while the function is throttled. Its default is six hours: an hour without
concurrency would then bring 60 runs at once. An event that is dropped costs at most the name of who paused."""

MEMORY = 1024
"""MB. Moving events takes processor time, and memory decides a function's share of a processor: 58 % of one here."""

CHANGES = [
    "PutFunctionConcurrency20171031",
    "DeleteFunctionConcurrency20171031",
    "UpdateEventSourceMapping20150331",
    "TagResource20170331v2",
    "UntagResource20170331v2",
]
"""CloudTrail's names of the calls that change a handler's state."""


def _about(arns: Arns, names: Names) -> list[dict[str, object]]:
    """Return the alternatives of a pattern for calls about this stage's functions, not every function of the account.

    A call names its function by name or ARN, or its mapping by a UUID; then the answer has the function's ARN. A
    mapping's tag is left out, because it names no function: every block tags the function as well.
    """
    arn = {"prefix": arns.function_prefix}
    return [
        {"requestParameters": {"functionName": [{"prefix": names.prefix}, {"wildcard": f"*function:{names.prefix}*"}]}},
        {"requestParameters": {"resource": [arn]}},
        {"responseElements": {"functionArn": [arn]}},
    ]


class Reconciler(Construct):
    """The function, its role, the rules that run it, an alarm if it fails, and one if it doesn't run.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        bundle: the code and packages that it runs.
        traces: the stage's trace table.
        protection: the key that encrypts logs, queues and table.
        scheduler: the role of the stage's schedules.
        alarms: the stage's alarms.
        alarm_stopped_hours: hours of a pause or block after which an alarm fires.
        handlers_pause_themselves: True if a handler pauses itself when its runs fail: an alarm tells of it.

    Attributes:
        function: the function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        bundle: Bundle,
        traces: TraceTable,
        protection: Protection,
        scheduler: StageScheduler,
        alarms: Alarms,
        alarm_stopped_hours: int,
        handlers_pause_themselves: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = make_log_group(self, "Log", function=names.reconciler, protection=protection)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.reconciler,
            description="Makes the event source mappings follow the functions, and keeps what waits from expiring",
            handler=ENTRY_POINT,
            code=bundle.code,
            layers=[bundle.layer],
            runtime=bundle.runtime,
            architecture=bundle.architecture,
            timeout=Duration.seconds(TIMEOUT),
            # The rule runs it again within a minute, so Lambda need not.
            retry_attempts=0,
            max_event_age=MAX_EVENT_AGE,
            memory_size=MEMORY,
            environment={"SLUICE_STAGE": names.stage},
            role=make_reconciler_role(
                self, names=names, log_group=log_group, traces=traces, protection=protection, scheduler=scheduler
            ),
            log_group=log_group,
        )
        again = "The next minute's run does what a lost one would have done"
        accept(
            self.function,
            {
                **FUNCTION_FINDINGS,
                "Serverless-LambdaDLQ": again,
                "Serverless-LambdaAsyncFailureDestination": again,
                "CKV_AWS_116": again,
            },
        )
        accept(self, {"Serverless-EventBusDLQ": again})
        self._add_rules(names)
        self._add_alarms(names, alarms)
        self._add_alarms_on_handlers(names, alarms, alarm_stopped_hours, pauses=handlers_pause_themselves)

    def _add_rules(self, names: Names) -> None:
        events.Rule(
            self,
            "EveryMinute",
            description=f"Sets off the reconciler of stage {names.stage}",
            schedule=events.Schedule.rate(EVERY),
            targets=[targets.LambdaFunction(self.function, event=events.RuleTargetInput.from_object({"upkeep": True}))],
        )
        # Fires only where a trail logs management events, minutes late. It is the only rule that names the person.
        events.Rule(
            self,
            "Changes",
            description=f"Tells the reconciler of stage {names.stage} who changed a function",
            event_pattern=events.EventPattern(
                source=["aws.lambda"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={"eventName": CHANGES, "$or": _about(Arns(self, names), names)},
            ),
            targets=[targets.LambdaFunction(self.function)],
        )
        # Fires at each change of the stack's status, the start of a deployment included.
        events.Rule(
            self,
            "Deployments",
            description=f"Sets off the reconciler of stage {names.stage} when a deployment ends",
            event_pattern=events.EventPattern(
                source=["aws.cloudformation"],
                detail_type=["CloudFormation Stack Status Change"],
                detail={"stack-id": [{"prefix": Arns(self, names).stack_prefix}]},
            ),
            targets=[targets.LambdaFunction(self.function)],
        )

    def _add_alarms(self, names: Names, alarms: Alarms) -> None:
        alarms.add(
            self,
            "Failing",
            f"{names.reconciler}-failing",
            "The reconciler fails. A pause that is made in the AWS console is not followed, and what"
            f" waits for a paused handler may expire. See: /aws/lambda/{names.reconciler}",
            metric=self.function.metric_errors(period=Duration.minutes(5), statistic=cloudwatch.Stats.SUM),
            at_least=3,
        )
        alarms.add_silence(
            self,
            "Silent",
            f"{names.reconciler}-silent",
            "The reconciler has not run for a quarter of an hour. Is its rule disabled, or the"
            " account out of concurrency?",
            metric=self.function.metric_invocations(period=Duration.minutes(5), statistic=cloudwatch.Stats.SUM),
            periods=3,
        )

    def _add_alarms_on_handlers(self, names: Names, alarms: Alarms, stopped_hours: int, *, pauses: bool) -> None:
        def metric(name: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=name,
                dimensions_map=dimensions_of(names.stage),
                period=Duration.minutes(5),
                statistic=cloudwatch.Stats.MAXIMUM,
            )

        alarms.add(
            self,
            "Stopped",
            f"{names.stack}--stopped",
            f"A handler has been paused or blocked for {stopped_hours} h or longer. See: sluice status --stage"
            f" {names.stage}",
            metric=metric(STOPPED_METRIC),
            at_least=stopped_hours * 3_600,
        )
        alarms.add(
            self,
            "MappingChanged",
            f"{names.stack}--mapping-changed",
            "Somebody changed the settings of a handler's event source mapping, such as its filter. They were put back;"
            " a filter may have deleted events. See: sluice history HANDLER --stage"
            f" {names.stage}",
            metric=metric(MAPPING_METRIC),
            at_least=1,
        )
        alarms.add(
            self,
            "NoHandler",
            f"{names.stack}--no-handler",
            f"Events were emitted to a name without a handler. See: sluice status --stage {names.stage}",
            metric=metric(NO_HANDLER_METRIC),
            at_least=1,
        )
        if pauses:
            alarms.add(
                self,
                "PausedItself",
                f"{names.stack}--paused-itself",
                "So many runs of a handler failed that it was paused, and its events wait (pause_on_failures). See:"
                f" sluice status --stage {names.stage}",
                metric=metric(PAUSED_ITSELF_METRIC),
                at_least=1,
            )
