"""Decisions on the messages of a batch, made before the first handler starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..schedules.fortnight import is_on
from .attempts import Plan, Verdict, plan, suspicion

if TYPE_CHECKING:
    from datetime import datetime

    from ..queue.message import ReceivedMessage
    from ..traces import TraceStore
    from .attempts import Retries
    from .queue import HandlerQueue
    from .unreachable import Unreachable


class Work(NamedTuple):
    """A message, and the decision on it.

    Attributes:
        message: the message.
        verdict: what to do with it.
        plan: the attempts before this one; None for a first delivery, and where they could not be read.
    """

    message: ReceivedMessage
    verdict: Verdict
    plan: Plan | None = None

    @property
    def used(self) -> int:
        """Attempts that the event has had."""
        return self.plan.used if self.plan else 0

    @property
    def replayed_as(self) -> str | None:
        """The mark of a replay that the event's trace has, and keeps when it is written anew."""
        return self.plan.prior.replayed_as if self.plan and self.plan.prior else None


class Triage:
    """Decides what to do with the messages of a batch.

    Args:
        handler: the handler's name.
        store: the traces.
        queue: the handler's queue.
        retries: sends events back to their queue.
        unreachable: says what happens if DynamoDB does not answer.
    """

    def __init__(
        self, handler: str, *, store: TraceStore, queue: HandlerQueue, retries: Retries, unreachable: Unreachable
    ) -> None:
        self._handler = handler
        self._store = store
        self._queue = queue
        self._retries = retries
        self._unreachable = unreachable

    def decide(self, messages: Sequence[ReceivedMessage]) -> list[Work]:
        """Decide what to do with the messages of a batch, and acknowledge those that are done.

        Returns:
            All of them, in the order to process them: an event that may take the process down comes last, when all
            others are done.
        """
        works = [self._decide_one(message) for message in messages]
        works.sort(key=lambda work: suspicion(work.plan) + 1 if work.plan else 0)
        decided: list[Work] = []
        after_another = False
        for sorted_work in works:
            work = sorted_work
            if work.verdict is Verdict.RUN:
                if after_another and self._retries.put_back_on_last_receive(work.message, work.used):
                    work = work._replace(verdict=Verdict.DONE)
                after_another = True
            if work.verdict is Verdict.DONE:
                self._queue.acknowledge(work.message)
            decided.append(work)
        return decided

    def _decide_one(self, message: ReceivedMessage) -> Work:
        if message.is_first:
            return Work(message, Verdict.RUN)
        try:
            planned = plan(message, self._store.get(self._handler, message.envelope.id))
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch's other events can start
            return Work(message, self._unreachable.trace_not_read(message, error))
        return Work(message, self._retries.carry_out(planned, message), planned)


def is_off_week(message: ReceivedMessage, fortnight: datetime | None) -> bool:
    """Return True for a tick of a fortnightly cron in a week in which it does not run.

    Args:
        message: the message.
        fortnight: a moment at which the cron is due; None for any other handler.
    """
    if fortnight is None:
        return False
    due = message.due
    return due is not None and not is_on(due, fortnight)
