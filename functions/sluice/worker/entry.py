"""The entry point that Lambda calls: `sluice.worker.entry.handle`."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

from ..recording.recorder import make_recorder
from ..recording.redaction import Redaction
from ..stage import clients
from ..stage.names import Names, module_of
from ..traces import TraceStore
from .alarm import share_alarm
from .children import prepare_for_forks
from .output import Capture, tee_standard_streams
from .overlap import CronLock
from .queue import HandlerQueue
from .run_handler import NotLoadedError, load_handler
from .settings import Settings
from .telemetry import Telemetry
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from .failure_brake import FailureBrake


def build(environment: Mapping[str, str]) -> Worker:
    """Return the worker of a function.

    Args:
        environment: the function's.
    """
    settings = Settings.from_environment(environment)
    names = Names(settings.stage)
    share_alarm()
    prepare_for_forks()
    capture = Capture(Redaction.of(settings.redact, environment))
    stdout, _ = tee_standard_streams(capture)
    telemetry = Telemetry(settings, capture, stdout, metrics=stdout)
    return Worker(
        settings,
        load=lambda: load_handler(settings.handler),
        store=TraceStore(clients.dynamodb(settings.stage), names.trace_table, days=settings.trace_days),
        queue=HandlerQueue(clients.sqs(settings.stage), settings.queue_url),
        telemetry=telemetry,
        capture=capture,
        cron_lock=CronLock(clients.dynamodb(settings.stage), names.trace_table, settings.handler)
        if settings.skips_overlap
        else None,
        recorder=make_recorder(f"handlers.{module_of(settings.handler)}", values=settings.trace_values)
        if settings.trace == "calls"
        else None,
        brake=_brake(settings, telemetry),
    )


def _brake(settings: Settings, telemetry: Telemetry) -> FailureBrake | None:
    if settings.pause_on_failures is None:
        return None
    # Imported only where it is used: every cold start would pay for it.
    from ..stage.failure_limit import limit_from_text  # noqa: PLC0415 - see above
    from ..traces.failure_counter import FailureCounter  # noqa: PLC0415 - see above
    from .failure_brake import FailureBrake, tell_reconciler  # noqa: PLC0415 - see above

    limit = limit_from_text(settings.pause_on_failures)
    if limit is None:
        return None
    return FailureBrake(
        settings.handler,
        limit=limit,
        counter=FailureCounter(clients.dynamodb(settings.stage), Names(settings.stage).trace_table),
        tell=lambda: tell_reconciler(settings.stage, settings.handler),
        logger=telemetry.logger,
    )


SAMPLE_KEY = "sample"
"""Key of a payload that no mapping sends: the function is to run one of its waiting events."""

_worker = build(os.environ)

# In Lambda's init phase, so that it takes none of the first event's time. If it fails, each attempt tries again and
# records why.
try:
    load_handler(os.environ["SLUICE_HANDLER"])
except NotLoadedError as error:
    sys.stderr.write(f"{error}\n")

# Imported modules stay, so later garbage collections need not look through them. There was none during import.
gc.freeze()
gc.enable()


def handle(batch: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | dict[str, str | None]:
    """Run the handler for a batch of messages.

    Args:
        batch: Lambda's SQS event; or what `unpause --sample` invokes the function with.
        context: of the invocation.

    Returns:
        The partial batch response: the messages that go back to the queue. For a sample, what `run_sample` returns.
    """
    if SAMPLE_KEY in batch:
        return _sample(context)
    return _worker.handle(batch, context)


def _sample(context: LambdaContext) -> dict[str, str | None]:
    from .sample import run_sample  # noqa: PLC0415 - every cold start would pay for it

    settings = Settings.from_environment(os.environ)
    return run_sample(_worker, clients.sqs(settings.stage), settings.queue_url, settings.handler, context)
