"""A batch of messages: each event is run and recorded, and what is left undone goes back to the queue."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from ..emitting.current_run import Run, under_way
from ..queue.message import ReceivedMessage
from ..schedules.fortnight import is_on
from ..traces import COMPLETED, Attempt, Trace
from .attempts import MAX_ATTEMPTS, ended, retry_delay
from .deduplication import claimed_by_message
from .run_handler import run_handler
from .triage import Triage, Verdict, Work

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ..traces import TraceStore
    from .output import Capture
    from .overlap import CronLock
    from .queue import HandlerQueue
    from .run_handler import Handler
    from .settings import Settings
    from .telemetry import Telemetry

RECORDING_SECONDS = 2.0
"""Kept free at the end of an invocation, to record what happened before Lambda ends it."""

LOGGING_SECONDS = 1.0
"""Of these, kept free of DynamoDB's calls: if it does not answer, the trace is still to be logged, and the event to be
acknowledged."""

ANSWERING_SECONDS = 0.3
"""Of these again, kept free of SQS's calls: if it does not answer either, the batch response still tells Lambda."""


class ReturnedError(Exception):
    """The event goes back to its queue."""


class Worker:
    """Runs a handler for the events that Lambda passes.

    Args:
        settings: the function's.
        load: gives the handler, importing it the first time.
        store: the traces.
        queue: the handler's queue.
        telemetry: the function's log and metrics.
        capture: keeps what a run prints and logs.
        cron_lock: keeps two runs of a cron from overlapping; None if they may.
        clock: gives seconds since 1970.
        jitter: where chance comes from.
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
        self._clock = clock
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._triage = Triage(settings.handler, store=store, queue=queue, telemetry=telemetry, jitter=self._jitter)

    def handle(self, batch: Mapping[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Deal with a batch.

        Args:
            batch: the SQS event that Lambda passes.
            context: of the invocation.

        Returns:
            The messages that go back to the queue.
        """
        end = time.monotonic() + context.get_remaining_time_in_millis() / 1000
        self._store.end_calls_by(end - LOGGING_SECONDS)
        self._queue.end_calls_by(end - ANSWERING_SECONDS)
        try:
            return self._handle(batch, context)
        finally:
            self._telemetry.flush()
            # Between invocations time stands still, but not for this clock.
            self._store.end_calls_by(None)
            self._queue.end_calls_by(None)

    def _handle(self, batch: Mapping[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        handler = self._settings.handler
        works = self._triage.settle([ReceivedMessage.from_lambda(record, handler) for record in batch["Records"]])
        self._return_sooner_than_the_timeout(works, context)
        by_receipt = {work.delivery.receipt_handle: work for work in works}
        records = {record["receiptHandle"]: record for record in batch["Records"]}

        def process(record: SQSRecord) -> None:
            work = by_receipt[record.receipt_handle]
            verdict = self._process(work, context)
            if verdict is Verdict.RETURN:
                raise ReturnedError
            if work.verdict is Verdict.RUN and not work.delivery.is_first:
                # It may be its last receive, and what comes after it may take the process down.
                self._queue.acknowledge(work.delivery)

        return process_partial_response(
            event={"Records": [records[work.delivery.receipt_handle] for work in works]},
            record_handler=process,
            processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
            context=context,
        )

    def _return_sooner_than_the_timeout(self, works: Sequence[Work], context: LambdaContext) -> None:
        """Should the process die, have SQS deliver redelivered events again once the invocation must be over."""
        risky = [work for work in works if work.verdict is Verdict.RUN and not work.delivery.is_first]
        rest = context.get_remaining_time_in_millis() / 1000
        self._queue.return_after(
            [work.delivery for work in risky], [rest + retry_delay(work.used + 1, self._jitter) for work in risky]
        )

    def _process(self, work: Work, context: LambdaContext) -> Verdict:
        verdict = Verdict.DONE if self._is_off_week(work.delivery) else work.verdict
        if verdict is not Verdict.RUN:
            return verdict
        if self._is_too_late(context):
            # An event before it overran its time. This one must not be cut off for that.
            return self._triage.give_back(work.delivery, work.used)
        self._telemetry.begin(work.delivery, work.used + 1)
        try:
            return self._claim_and_start(work, context)
        finally:
            self._telemetry.end()

    def _claim_and_start(self, work: Work, context: LambdaContext) -> Verdict:
        remaining = context.get_remaining_time_in_millis() / 1000
        try:
            work = claimed_by_message(work, self._settings.handler, self._store, self._now_ms())
            owner = self._owner_of_key(work)
        except Exception as error:  # noqa: BLE001 - whatever it is, a lock is not taken
            self._telemetry.logger.warning("lock not taken", extra={"reason": repr(error)})
            return self._triage.give_back(work.delivery, work.used, error)
        if work.verdict is not Verdict.RUN:
            # The longest delay, as it can take a while until the other message's event has surely ended.
            return Verdict.DONE if work.verdict is Verdict.DONE else self._triage.give_back(work.delivery, MAX_ATTEMPTS)
        started = self._started(work, context, remaining)
        if owner != work.delivery.envelope.id:
            return self._skip(work, started, duplicate_of=owner)
        if self._is_too_late(context):
            # Claiming it took too long.
            return self._triage.give_back(work.delivery, work.used)
        if self._cron_lock is None:
            return self._start(work, started)
        return self._start_alone(work, started, self._cron_lock, remaining)

    def _is_too_late(self, context: LambdaContext) -> bool:
        """Whether less time is left than an event may take."""
        return context.get_remaining_time_in_millis() / 1000 - RECORDING_SECONDS < self._settings.timeout

    def _start(self, work: Work, started: Trace) -> Verdict:
        """Start it, once that is on record if it is a redelivered event's start."""
        if work.plan is not None:
            try:
                recorded = self._store.put_start(started, work.plan.prior)
            except Exception as error:  # noqa: BLE001 - whatever it is, the start is not on record
                self._telemetry.logger.warning("start not recorded", extra={"reason": repr(error)})
                return self._triage.give_back(work.delivery, work.used, error)
            if not recorded:
                # Another delivery of it came between.
                return self._triage.give_back(work.delivery, work.used)
        return self._run(work, started)

    def _start_alone(self, work: Work, started: Trace, cron_lock: CronLock, remaining: float) -> Verdict:
        """Start it unless another run of the cron is under way."""
        event_id = work.delivery.envelope.id
        try:
            holder = cron_lock.take(event_id, remaining)
        except Exception as error:  # noqa: BLE001 - whatever it is, the lock is not taken
            self._telemetry.logger.warning("lock not taken", extra={"reason": repr(error)})
            return self._triage.give_back(work.delivery, work.used, error)
        if holder != event_id:
            return self._skip(work, started, skipped=f"another run was under way: {holder}")
        try:
            return self._start(work, started)
        finally:
            try:
                cron_lock.release(event_id)
            except Exception as error:  # noqa: BLE001 - it ends by itself, and the event has run
                self._telemetry.logger.warning("lock not released", extra={"reason": repr(error)})

    def _is_off_week(self, delivery: ReceivedMessage) -> bool:
        """Whether it is the tick of a week in which a fortnightly cron does not run."""
        fortnight = self._settings.fortnight
        if fortnight is None:
            return False
        due = delivery.due
        return due is not None and not is_on(due, fortnight)

    def _started(self, work: Work, context: LambdaContext, remaining: float) -> Trace:
        """The trace of an event that is about to start, as it reads if nothing more is heard of it."""
        delivery, envelope = work.delivery, work.delivery.envelope
        now = self._now_ms()
        attempt = Attempt(
            outcome="started", started_ms=now, request_id=context.aws_request_id, redrive=envelope.redrives or None
        )
        last = work.used + 1 >= MAX_ATTEMPTS
        return Trace(
            id=envelope.id,
            handler=self._settings.handler,
            status="interrupted",
            event=delivery.body,
            history=(*(work.plan.history if work.plan else ()), attempt),
            parent=envelope.parent,
            hops=envelope.hops,
            emitted_ms=envelope.emitted_ms,
            emitted_by=delivery.emitted_by,
            started_ms=now,
            request_id=context.aws_request_id,
            log_stream=context.log_stream_name,
            dead_ms=now + int(remaining * 1000) if last else None,
        )

    def _owner_of_key(self, work: Work) -> str:
        """The id of the event that may run: this one's, unless another has its key."""
        envelope = work.delivery.envelope
        if envelope.key is None or work.verdict is not Verdict.RUN:
            return envelope.id
        return self._store.locks.take_key(self._settings.handler, envelope.key, envelope.id, envelope.window)

    def _skip(
        self, work: Work, started: Trace, *, duplicate_of: str | None = None, skipped: str | None = None
    ) -> Verdict:
        """Another event runs in this one's place: this one is done without a run."""
        history = work.plan.history if work.plan else ()
        self._record(
            started.ended(status="ok", history=history, started_ms=None, duplicate_of=duplicate_of, skipped=skipped),
            work.delivery,
        )
        return Verdict.DONE

    def _run(self, work: Work, started: Trace) -> Verdict:
        envelope = work.delivery.envelope
        run = Run(envelope.id, self._settings.handler, envelope.hops, self._settings.max_hops)
        output = self._capture.start()
        try:
            with under_way(run):
                outcome = run_handler(self._load, work.delivery.event, self._settings.timeout)
        finally:
            self._capture.stop()
        used = work.used + 1
        completed = outcome.status in COMPLETED
        dead = not completed and used >= MAX_ATTEMPTS
        trace = started.ended(
            status="dead" if dead else outcome.status,
            history=ended(started.history, outcome.status, outcome.reason),
            result=outcome.result,
            error=outcome.error,
            logs=output.text(),
            cut=("logs",) if output.shortened else (),
            emitted=tuple(run.emitted),
            emitted_count=run.emitted_count,
            finished_ms=self._now_ms(),
        )
        self._record(trace, work.delivery)
        if completed:
            return Verdict.DONE
        self._queue.return_after([work.delivery], [0 if dead else retry_delay(used, self._jitter)])
        return Verdict.RETURN

    def _record(self, trace: Trace, delivery: ReceivedMessage) -> None:
        try:
            self._store.put(trace)
        except Exception as error:  # noqa: BLE001 - an event that ran must not run again, whatever went wrong
            self._telemetry.trace_not_written(trace, error)
            if trace.completed:
                # Nothing tells a redelivery that it ran, and an event after it may take the process down before the
                # batch response says so.
                self._queue.acknowledge(delivery)
        self._telemetry.ran(trace)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
