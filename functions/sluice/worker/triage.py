"""What is to become of each message of a batch, settled before the first handler starts."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ..lean_aws.errors import is_transient
from .attempts import MAX_ATTEMPTS, PUT_BACK_FROM, Plan, Step, may_be_put_back, plan, retry_delay, suspicion

if TYPE_CHECKING:
    from ..queue.message import ReceivedMessage
    from ..traces import TraceStore
    from .queue import HandlerQueue
    from .telemetry import Telemetry


class Verdict(Enum):
    """What the batch response will say of a message, unless its run decides."""

    RUN = "start it"
    DONE = "acknowledge it"
    RETURN = "give it back to its queue"


@dataclass(frozen=True)
class Work:
    """A message, and what is to become of it.

    Attributes:
        delivery: the message.
        verdict: what to do with it.
        plan: the attempts before this one; None for a first delivery, and where they could not be read.
    """

    delivery: ReceivedMessage
    verdict: Verdict
    plan: Plan | None = None

    @property
    def used(self) -> int:
        """How many attempts the event has used up."""
        return self.plan.used if self.plan else 0


class Triage:
    """Settles a batch.

    Args:
        handler: the handler's name.
        store: the traces.
        queue: the handler's queue.
        telemetry: the function's log.
        jitter: where chance comes from.
    """

    def __init__(
        self, handler: str, *, store: TraceStore, queue: HandlerQueue, telemetry: Telemetry, jitter: random.Random
    ) -> None:
        self._handler = handler
        self._store = store
        self._queue = queue
        self._telemetry = telemetry
        self._jitter = jitter

    def settle(self, deliveries: Sequence[ReceivedMessage]) -> list[Work]:
        """Settle the messages of a batch.

        Returns:
            All of them, in the order to deal with them: what may take the process down comes last, so that all
            else is done by then.
        """
        works = [self._settle_one(delivery) for delivery in deliveries]
        works.sort(key=lambda work: suspicion(work.plan) + 1 if work.plan else 0)
        settled: list[Work] = []
        after_another = False
        for sorted_work in works:
            work = sorted_work
            if work.verdict is Verdict.RUN:
                work = self._certain_to_start(work) if after_another else work
                after_another = True
            if work.verdict is Verdict.DONE:
                self._queue.acknowledge(work.delivery)
            settled.append(work)
        return settled

    def _certain_to_start(self, work: Work) -> Work:
        """Put back an event on its last receive, should one before it take the process down."""
        delivery, delay = work.delivery, retry_delay(work.used, self._jitter)
        last = delivery.receive_count >= MAX_ATTEMPTS
        if last and may_be_put_back(delivery) and self._queue.put_back(delivery, delay):
            return dataclasses.replace(work, verdict=Verdict.DONE)
        return work

    def give_back(self, delivery: ReceivedMessage, used: int, error: Exception | None = None) -> Verdict:
        """What to say of an event that cannot be started now: back it goes, and not to the dead-letter queue.

        But for one that will never start, be it that its trace is damaged: that would go round for as long as SQS is
        paid for it.

        Args:
            delivery: the message.
            used: how many attempts the event has used up.
            error: what keeps it from starting, if something failed.
        """
        delay = retry_delay(used, self._jitter)
        again = may_be_put_back(delivery) or (error is not None and is_transient(error))
        if again and delivery.receive_count >= PUT_BACK_FROM and self._queue.put_back(delivery, delay):
            return Verdict.DONE
        self._queue.return_after([delivery], [delay])
        return Verdict.RETURN

    def _settle_one(self, delivery: ReceivedMessage) -> Work:
        if delivery.is_first:
            return Work(delivery, Verdict.RUN)
        try:
            planned = plan(delivery, self._store.get(self._handler, delivery.envelope.id))
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch's other events can start
            # It may have completed. Better late than twice.
            self._telemetry.logger.warning("trace not read", extra={"reason": repr(error)})
            return Work(delivery, self.give_back(delivery, delivery.receive_count, error))
        if planned.step is Step.ACKNOWLEDGE:
            return Work(delivery, Verdict.DONE, planned)
        if planned.step is Step.GIVE_UP:
            self._queue.return_after([delivery], [0])
            return Work(delivery, Verdict.RETURN, planned)
        if planned.step is Step.PUT_BACK and self._queue.put_back(delivery, retry_delay(planned.used, self._jitter)):
            return Work(delivery, Verdict.DONE, planned)
        return Work(delivery, Verdict.RUN, planned)
