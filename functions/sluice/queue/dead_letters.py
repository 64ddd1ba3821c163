"""Dead letters: events whose five attempts all failed to reach an end, kept until someone decides.

Looking at them receives them and lets go of them again. That costs no attempts: a dead-letter queue gives up on
nothing, and an event's attempts are counted in its trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..event.envelope import Envelope
from ..stage.names import Names
from . import scan, transfer
from .message import ReceivedMessage
from .scan import Look

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Progress = Callable[[int, int], None]
"""Told how many messages are dealt with, and of about how many."""

PATIENCE = 150.0
"""Seconds to wait for dead letters that others hold: longer than the reconciler's hold of 120, and than most listings
take. Those of a listing that was killed can be held for longer."""

LISTING_PATIENCE = 20.0
"""The same for a listing, which can show what it has: the reconciler looks at some hundred in that time."""

_MOVE_SECONDS = 30
"""For how long messages that are being moved are out of others' sight, should the program be stopped."""


@dataclass(frozen=True)
class Redriven:
    """What became of a redrive.

    Attributes:
        done: how many were put back into the handler's queue.
        refused: what SQS said of those that it did not take, which are still dead letters.
        since: how many were left where they are, as they were sent since the redrive began.
        out_of_sight: about how many were left as others hold them.
    """

    done: int
    refused: tuple[str, ...] = ()
    since: int = 0
    out_of_sight: int = 0


class DeadLetters:
    """The dead letters of one handler.

    Args:
        client: a boto3 SQS client.
        names: of the stage.
        handler: the handler's name.
        waiting: told how many letters others hold, when waiting for those begins.
        clock: seconds on any scale.
        sleep: waits for some seconds.

    Raises:
        botocore.exceptions.ClientError: QueueDoesNotExist, if there is no such handler.
    """

    def __init__(
        self,
        client: SQSClient,
        names: Names,
        handler: str,
        *,
        waiting: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._handler = handler
        self._waiting = waiting
        self._clock = clock
        self._sleep = sleep
        self._dead = client.get_queue_url(QueueName=names.dead_letter_queue(handler))["QueueUrl"]
        self._alive = client.get_queue_url(QueueName=names.queue(handler))["QueueUrl"]

    def count(self) -> int:
        """About how many there are, those included that someone is looking at."""
        return transfer.count(self._client, self._dead)

    def each(self, see: Callable[[ReceivedMessage], None], progress: Progress | None = None) -> int:
        """Look at every dead letter, in any order. They stay where they are.

        Args:
            see: given each letter, once.
            progress: told after each batch.

        Returns:
            About how many could not be looked at, as others hold them; those are waited for a little.
        """
        seen: set[str] = set()
        with self._look(LISTING_PATIENCE) as look:
            for batch in look:
                for letter in batch:
                    if letter.message_id not in seen:
                        seen.add(letter.message_id)
                        see(letter)
                if progress:
                    progress(len(seen), max(len(seen), look.about))
            return look.out_of_sight()

    def find(self, event_id: str, progress: Progress | None = None) -> tuple[ReceivedMessage | None, int]:
        """Look for the dead letter of one event. It stays where it is.

        Args:
            event_id: the event's.
            progress: told after each batch.

        Returns:
            The letter; and if it was not found, about how many could not be looked at, as others hold them.
        """
        with self._look(PATIENCE) as look:
            for batch in look:
                for letter in batch:
                    if letter.envelope.id == event_id:
                        return letter, 0
                if progress:
                    progress(len(look.held), max(len(look.held), look.about))
            return None, look.out_of_sight()

    def redrive(self, event_id: str | None = None, progress: Progress | None = None) -> Redriven:
        """Put dead letters back into the handler's queue, with their ids and their first emit time.

        Each is sent before it is deleted: whenever this is stopped, no event is lost, and those of one batch at most
        are in both queues. One that dies again meanwhile is left alone: its time in the queue is that of the redrive.

        Args:
            event_id: only this event; all if left out.
            progress: told after each batch.
        """
        done: set[str] = set()
        refused: dict[str, str] = {}
        # One receive at a time where all are moved: what is received then is moved long before its hold is over.
        held = {"hold": _MOVE_SECONDS, "receivers": 1} if event_id is None else {}
        with self._look(PATIENCE, **held) as look:
            for batch in look:
                wanted = [
                    letter
                    for letter in batch
                    if (letter.envelope.id == event_id if event_id is not None else not look.is_new(letter))
                ]
                lost = transfer.move(self._client, wanted, source=self._dead, target=self._alive, envelope_of=_redriven)
                moved = [letter for letter in wanted if letter.message_id not in lost]
                look.gone(moved)
                done.update(letter.message_id for letter in moved)
                refused = {key: said for key, said in (refused | lost).items() if key not in done}
                if progress:
                    progress(len(done), max(len(done), look.about if event_id is None else 1))
                if event_id is not None and wanted:
                    return Redriven(len(done), tuple(refused.values()))
            since = sum(map(look.is_new, look.held.values())) if event_id is None else 0
            return Redriven(len(done), tuple(refused.values()), since, look.out_of_sight())

    def purge(self) -> None:
        """Delete every dead letter. SQS takes up to a minute, and allows it once a minute."""
        self._client.purge_queue(QueueUrl=self._dead)

    def _look(self, patience: float, *, hold: int | None = None, receivers: int = scan.RECEIVERS) -> Look:
        return Look(
            self._client,
            self._dead,
            self._handler,
            hold=hold,
            receivers=receivers,
            patience=patience,
            waiting=self._waiting,
            clock=self._clock,
            sleep=self._sleep,
        )


def _redriven(letter: ReceivedMessage, _: int) -> Envelope:
    return letter.envelope.redriven(sender=letter.emitted_by)
