"""The stack of one stage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from aws_cdk import CfnOutput, CfnResource, CliCredentialsStackSynthesizer, IStackSynthesizer, Stack
from constructs import Construct
from sluice.local.interpreter import PYTHON_METADATA
from sluice.stage.names import LOCAL_ASSETS_BUCKET, LOCAL_STAGE, Names

from .bundle import finish_assets, make_bundle, target_of
from .bundle.target import DEFAULT_PYTHON
from .checks import (
    problems_with,
    problems_with_emails,
    problems_with_protection,
    problems_with_python,
    problems_with_stopped_hours,
    problems_with_warm_writes,
)
from .entries import Entry
from .handler.handler import Handler
from .problems import InvalidAppError, UnknownHandlerError
from .protection import Protection, key_of
from .redact import problems_with_redact, with_stage_names
from .shared.alarms import Alarms
from .shared.reconciler import Reconciler
from .shared.scheduler import StageScheduler
from .shared.team_policies import Policies
from .shared.trace_table import TraceTable
from .stage import aims_local_stage_at_aws

MAX_RESOURCES = 500
"""CloudFormation's limit for a stack. A worker has 12 of them, a cron 13, and some 20 are shared."""

FEW_HANDLERS = 35
"""With fewer handlers than this the stack is within the limit, and its resources are not counted."""

LOCAL_ONLY = (
    "the stage `local` is for this machine's local cloud only: `sluice up` deploys it there. To deploy to AWS, name a"
    " stage: sluice cdk deploy --stage prod (or: cdk deploy -c stage=prod)"
)
"""The problem with a plain `cdk deploy`, which has no stage."""

PROJECT = Path(__file__).resolve().parent.parent
"""The directory that this file's project is in."""


class SluiceStack(Stack):
    """The handlers of a stage, and the parts that they share.

    Args:
        scope: the app.
        stage: the stage's name.
        handlers: the handlers, one entry each.
        alarm_emails: addresses that get a mail when an alarm begins.
        alarm_stopped_hours: hours for which a handler may be paused or blocked before an alarm fires.
        warm_writes: traces a second that the table takes from its first minute, for a stage that starts with more than
            4,000. AWS charges for it once, and it can only be raised.
        redact: names of secrets in events, besides those that Sluice knows, for all handlers. A name with a `!` before
            it is no secret. False stores everything as it is.
        own_key: True to make a KMS key that encrypts events, traces, logs and alarms, or the ARN of a key of yours.
        deletion_protection: True so that neither the table nor the stack can be deleted before this is off again.
        keep_logs: True so that a function's log group stays when the function goes.
        python: the functions' version of Python: `3.12`, `3.13` or `3.14`. In the local cloud they have it if this
            machine has it.
        project: the project's directory, with functions/, pyproject.toml and uv.lock.

    Attributes:
        alarm_topic: the SNS topic that alarms publish to. It can have other subscribers than e-mail addresses.

    Raises:
        InvalidAppError: a setting or a handler's file is wrong; the message lists every problem.
        BundleError: the layer can't be built; the message names the fix.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: str,
        handlers: Iterable[Entry],
        alarm_emails: Sequence[str] = (),
        alarm_stopped_hours: int = 24,
        warm_writes: int | None = None,
        redact: Sequence[str] | bool = (),
        own_key: bool | str = False,
        deletion_protection: bool = False,
        keep_logs: bool = False,
        python: str = DEFAULT_PYTHON,
        project: Path = PROJECT,
    ) -> None:
        if aims_local_stage_at_aws(stage, os.environ):
            raise InvalidAppError([LOCAL_ONLY])
        if problems := problems_with_python(python):
            raise InvalidAppError([f"SluiceStack: {problem}" for problem in problems])
        target = target_of(stage, python)
        problems = [f"SluiceStack: {problem}" for problem in problems_with_redact(redact)]
        if not problems:
            handlers = [with_stage_names(entry, redact) if isinstance(entry, Entry) else entry for entry in handlers]
        handlers = list(handlers)
        problems += problems_with(stage, handlers, functions=project / "functions", target=target)
        problems += [*problems_with_emails(alarm_emails), *problems_with_stopped_hours(alarm_stopped_hours)]
        problems += problems_with_warm_writes(warm_writes)
        problems += problems_with_protection(own_key, deletion_protection=deletion_protection, keep_logs=keep_logs)
        if problems:
            raise InvalidAppError(problems)
        names = Names(stage)
        super().__init__(
            scope,
            names.stack,
            stack_name=names.stack,
            description=f"Sluice: background queues, crons and traces, stage {stage}",
            synthesizer=_synthesizer(stage),
            analytics_reporting=False,
            termination_protection=deletion_protection or None,
        )
        key = key_of(self, names, own_key)
        protection = Protection(key, keep_logs=keep_logs, keep_table=deletion_protection)
        if target.python != python:
            # `sluice up` tells of it.
            self.template_options.metadata = {PYTHON_METADATA: {"wanted": python, "used": target.python}}
        bundle = make_bundle(self, project=project, target=target)
        traces = TraceTable(self, "Traces", names=names, protection=protection, warm_writes=warm_writes)
        alarms = Alarms(self, "Alarms", names=names, protection=protection, emails=alarm_emails)
        self.alarm_topic = alarms.topic
        traces.watch(alarms, names)
        scheduler = StageScheduler(
            self,
            "Scheduler",
            names=names,
            handlers=[entry.name for entry in handlers],
            protection=protection,
            alarms=alarms,
        )
        self._handlers = {
            entry.name: Handler(
                self,
                entry.name,
                names=names,
                entry=entry,
                others=[other.name for other in handlers if other is not entry],
                bundle=bundle,
                traces=traces,
                protection=protection,
                scheduler=scheduler,
                alarms=alarms,
            )
            for entry in handlers
        }
        Reconciler(
            self,
            "Reconciler",
            names=names,
            bundle=bundle,
            traces=traces,
            protection=protection,
            scheduler=scheduler,
            alarms=alarms,
            alarm_stopped_hours=alarm_stopped_hours,
            handlers_pause_themselves=any(entry.pause_on_failures is not None for entry in handlers),
        )
        Policies(self, "Policies", names=names, traces=traces, protection=protection)
        finish_assets(self, target)
        self._check_size(len(handlers))
        CfnOutput(self, "StageName", value=stage, description="What `sluice --stage` is given")
        CfnOutput(self, "AlarmTopic", value=self.alarm_topic.topic_arn, description="The SNS topic that alarms tell")
        CfnOutput(self, "TraceTable", value=traces.table.table_name, description="The DynamoDB table of traces")

    def _check_size(self, handlers: int) -> None:
        if handlers < FEW_HANDLERS:
            return
        resources = sum(CfnResource.is_cfn_resource(construct) for construct in self.node.find_all())
        if resources > MAX_RESOURCES:
            raise InvalidAppError(
                [
                    f"{handlers} handlers need {resources} resources, and AWS allows a stack {MAX_RESOURCES}; deploy"
                    " some of them as another stage, from a copy of this project"
                ]
            )

    def handler(self, name: str) -> Handler:
        """Return a handler's construct: its `function` can be granted access, and so can others to its `queue`.

        Raises:
            UnknownHandlerError: app.py has no handler of this name.
        """
        try:
            return self._handlers[name]
        except KeyError:
            known = ", ".join(sorted(self._handlers)) or "none"
            raise UnknownHandlerError(f"stack.handler({name!r}): app.py has no such handler; it has: {known}") from None


def _synthesizer(stage: str) -> IStackSynthesizer | None:
    """Use the caller's credentials in the local cloud, and on AWS the roles that `cdk bootstrap` made."""
    if stage == LOCAL_STAGE:
        return CliCredentialsStackSynthesizer(file_assets_bucket_name=LOCAL_ASSETS_BUCKET)
    return None
