"""Runs a handler for a batch of messages: each event is run and recorded, and unfinished ones go back to the queue."""

from __future__ import annotations

import inspect
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from ..emitting.current_run import Run, under_way
from ..queue.message import ReceivedMessage
from ..traces import COMPLETED, Trace
from ..traces.failure import FAILED
from .attempts import MAX_ATTEMPTS, Retries, Verdict, is_last_attempt, with_end
from .cause import cause_of
from .deduplication import lock_event, owner_of_key, put_trace
from .executions import Executions
from .process_state import ProcessState
from .redact_trace import redact_trace
from .run_handler import run_handler
from .threads import hand_on_context
from .trace_of_start import trace_of_start
from .triage import Triage, Work, is_off_week
from .unreachable import Unreachable, end_calls_in_time, leaves_time, note_start, remaining_seconds

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ..recording.recorder import Recorder
    from ..traces import TraceStore
    from .failure_brake import FailureBrake
    from .output import Capture
    from .overlap import CronLock
    from .queue import HandlerQueue
    from .run_handler import Handler
    from .settings import Settings
    from .telemetry import Telemetry


ACKNOWLEDGE_KEY = "acknowledge"
"""Key of a batch that no mapping sends: the worker acknowledges its messages."""

_ONE_RECORD = inspect.signature(lambda record: record)
"""Powertools asks for each batch whether a function takes the context, too: to find out costs a tenth of an event."""


class ReturnedError(Exception):
    """The message goes back to its queue."""


class Worker:
    """Runs a handler for the events that Lambda passes.

    Args:
        settings: the function's.
        load: returns the handler, importing it the first time.
        store: the traces.
        queue: the handler's queue.
        telemetry: the function's log and metrics.
        capture: copies what a run prints and logs, and knows the secrets to remove.
        cron_lock: keeps two runs of a cron from overlapping; None if they may.
        recorder: records the handler's execution; None if its traces have none.
        brake: has the handler paused if it fails too often; None if nothing does.
        clock: returns seconds since 1970.
        jitter: source of chance.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        load: Callable[[], Handler],
        store: TraceStore,
        queue: HandlerQueue,
        telemetry: Telemetry,
        capture: Capture,
        cron_lock: CronLock | None = None,
        recorder: Recorder | None = None,
        brake: FailureBrake | None = None,
        clock: Callable[[], float] = time.time,
        jitter: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._load = load
        self._store = store
        self._queue = queue
        self._telemetry = telemetry
        self._capture = capture
        self._cron_lock = cron_lock
        self._recorder, self._brake = recorder, brake
        self._executions = Executions(settings.trace)
        self._processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._clock = clock
        hand_on_context()
        self._state = ProcessState(telemetry.logger, telemetry.loggers)
        self._retries = Retries(queue, jitter or random.Random())  # noqa: S311 - spreads retries, guards nothing
        self._unreachable = Unreachable(self._retries, queue, telemetry)
        self._triage = Triage(
            settings.handler, store=store, queue=queue, retries=self._retries, unreachable=self._unreachable
        )

    def handle(self, batch: Mapping[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Run the handler for a batch of messages.

        Args:
            batch: Lambda's SQS event.
            context: of the invocation.

        Returns:
            The partial batch response: the messages that go back to the queue.
        """
        end_calls_in_time(self._store, self._queue, remaining_seconds(context))
        try:
            return self._handle(batch, context)
        finally:
            self._telemetry.flush()
            end_calls_in_time(self._store, self._queue, None)

    def _handle(self, batch: Mapping[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        handler = self._settings.handler
        works = self._triage.decide([ReceivedMessage.from_lambda(record, handler) for record in batch["Records"]])
        self._return_if_process_dies(works, context)
        by_receipt = {work.message.receipt_handle: work for work in works}
        records = {record["receiptHandle"]: record for record in batch["Records"]}
        acknowledges = batch.get(ACKNOWLEDGE_KEY) is True

        def process(record: SQSRecord) -> None:
            work = by_receipt[record.receipt_handle]
            verdict = self._process(work, context)
            if verdict is Verdict.RETURN:
                raise ReturnedError
            if work.verdict is Verdict.RUN and (acknowledges or not work.message.is_first):
                # This may be its last receive, and an event after it may take the process down.
                self._queue.acknowledge(work.message)

        vars(process)["__signature__"] = _ONE_RECORD
        return process_partial_response(
            event={"Records": [records[work.message.receipt_handle] for work in works]},
            record_handler=process,
            processor=self._processor,
            context=context,
        )

    def _return_if_process_dies(self, works: Sequence[Work], context: LambdaContext) -> None:
        is_long = self._settings.is_long
        risky = [work for work in works if work.verdict is Verdict.RUN and (is_long or not work.message.is_first)]
        self._retries.return_if_process_dies(
            [work.message for work in risky], [work.used for work in risky], remaining_seconds(context)
        )

    # ---- one event, up to its start

    def _process(self, work: Work, context: LambdaContext) -> Verdict:
        verdict = Verdict.DONE if is_off_week(work.message, self._settings.fortnight) else work.verdict
        if verdict is not Verdict.RUN:
            return verdict
        if self._is_too_late(context):
            # An event before it overran its time. This one must not be cut off for that.
            return self._retries.postpone(work.message, work.used)
        self._telemetry.begin(work.message, work.used + 1)
        try:
            return self._lock_and_start(work, context)
        finally:
            self._telemetry.end()

    def _is_too_late(self, context: LambdaContext) -> bool:
        return not leaves_time(remaining_seconds(context), self._settings.timeout)

    def _lock_and_start(self, work: Work, context: LambdaContext) -> Verdict:
        remaining = remaining_seconds(context)
        handler = self._settings.handler
        try:
            work = lock_event(work, handler, self._store, self._now_ms())
            owner = owner_of_key(work, handler, self._store)
        except Exception as error:  # noqa: BLE001 - whatever it is, a lock is not taken
            return self._unreachable.lock_not_taken(work.message, work.used, error)
        if work.verdict is not Verdict.RUN:
            # After the longest delay, as it can take a while until the other message's run must be over.
            done = work.verdict is Verdict.DONE
            return Verdict.DONE if done else self._retries.postpone(work.message, MAX_ATTEMPTS)
        started = trace_of_start(
            work, handler, self._capture.new_secrets(), context, now_ms=self._now_ms(), remaining=remaining
        )
        if owner != work.message.envelope.id:
            return self._skip(work, started, duplicate_of=owner)
        if self._is_too_late(context):
            # Taking the locks took too long.
            return self._retries.postpone(work.message, work.used)
        if self._cron_lock is None:
            return self._start(work, started)
        return self._start_one_at_a_time(work, started, self._cron_lock, remaining)

    def _start_one_at_a_time(self, work: Work, started: Trace, cron_lock: CronLock, remaining: float) -> Verdict:
        """Start an event unless another one of the cron is running."""
        event_id = work.message.envelope.id
        try:
            holder = cron_lock.take(event_id, remaining)
        except Exception as error:  # noqa: BLE001 - whatever it is, the lock is not taken
            return self._unreachable.cron_lock_not_taken(work.message, work.used, error)
        if holder != event_id:
            return self._skip(work, started, skipped=f"another run was under way: {holder}")
        try:
            return self._start(work, started)
        finally:
            try:
                cron_lock.release(event_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the event has run
                self._unreachable.cron_lock_not_released(error)

    def _start(self, work: Work, started: Trace) -> Verdict:
        """Start an event, but a redelivered one only once that is recorded."""
        if work.plan is not None:
            try:
                recorded = self._store.put_start(self._executions.stored(started), work.plan.prior)
            except Exception as error:  # noqa: BLE001 - whatever it is, the start is not recorded
                return self._unreachable.start_not_recorded(work.message, work.used, error)
            if not recorded:
                # Another delivery of the event came between.
                return self._retries.postpone(work.message, work.used)
        elif self._settings.is_long:
            note_start(self._store, self._queue, self._executions.stored(started), self._settings.timeout, self._clock)
        return self._run(work, started)

    # ---- its trace and its run

    def _skip(
        self, work: Work, started: Trace, *, duplicate_of: str | None = None, skipped: str | None = None
    ) -> Verdict:
        """Record an event that is done without a run, as another event runs in its place."""
        history = work.plan.history if work.plan else ()
        trace = started.ended(status="ok", history=history, started_ms=None, duplicate_of=duplicate_of, skipped=skipped)
        self._record(trace, work.message)
        return Verdict.DONE

    def _run(self, work: Work, started: Trace) -> Verdict:
        envelope = work.message.envelope
        run = Run(envelope.id, self._settings.handler, envelope.hops, self._settings.max_hops)
        output, secrets = self._capture.start(), self._capture.secrets
        recording = self._recorder.start() if self._recorder else None
        if recording:
            run.on_emit, output.on_write = recording.note_emit, recording.note_log
        try:
            with under_way(run), self._state:
                outcome = run_handler(self._load, work.message.event, self._settings.timeout, recording, secrets)
        finally:
            self._capture.stop()
            if recording:
                recording.stop()
        completed = outcome.status in COMPLETED
        status = "dead" if not completed and is_last_attempt(work.used) else outcome.status
        trace = started.ended(
            status=status,
            failure=cause_of(self._settings.handler, outcome) if status in FAILED else None,
            history=with_end(started.history, outcome.status, outcome.reason),
            result=outcome.result,
            error=outcome.error,
            logs=output.text(),
            cut=("logs",) if output.shortened else (),
            emitted=tuple(run.emitted),
            emitted_count=run.emitted_count,
            finished_ms=self._now_ms(),
        )
        trace = redact_trace(trace, secrets, recording, logs_redacted=output.redacted)
        self._record(self._executions.kept(trace, recording, secrets) if recording else trace, work.message)
        return Verdict.DONE if completed else self._retries.return_unfinished(work.message, work.used + 1)

    def _record(self, trace: Trace, message: ReceivedMessage) -> None:
        trace = self._executions.stored(trace)
        try:
            put_trace(self._store, trace, message)
        except Exception as error:  # noqa: BLE001 - an event that ran must not run again, whatever went wrong
            self._unreachable.trace_not_written(trace, message, error)
        self._telemetry.ran(trace)
        if self._brake and trace.status in FAILED:
            self._brake.failed()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
