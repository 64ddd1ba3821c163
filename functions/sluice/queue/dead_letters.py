"""Dead letters: events whose five attempts were all cut off, kept until someone redrives or purges them.

Reading them receives them, and makes them visible again afterwards. That costs no attempts: a dead-letter queue has no
limit of receives, and an event's attempts are counted in its trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import scan, transfer
from .scan import Scan

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..event.envelope import Envelope
    from ..stage.names import Names
    from .message import ReceivedMessage

Progress = Callable[[int, int], None]
"""Called after each batch with the number of messages done, and with about how many there are."""

Choose = Callable[[Sequence["ReceivedMessage"]], Sequence["ReceivedMessage"]]
"""Returns some of a batch of dead letters."""

PATIENCE = 150.0
"""Seconds to wait for dead letters that others hold: longer than the 120 for which the reconciler holds them, and than
most listings take. A listing that was killed can hold them for longer."""

LISTING_PATIENCE = 20.0
"""The same for a listing, which can show the letters that it has: the reconciler reads some hundred in that time."""

_MOVE_HOLD = 30
"""Seconds for which messages that are being moved stay invisible to others if the program is stopped."""


@dataclass(frozen=True)
class Redriven:
    """The outcome of a redrive.

    Attributes:
        done: dead letters that were put back into the handler's queue.
        refused: SQS's error for each one that it refused. These are still dead letters.
        arrived: dead letters that were left where they are, as they came in after the redrive began.
        held_by_others: about how many were left because others hold them.
        redrives: how often each event that was put back has been redriven by now, by id, if their number was limited.
    """

    done: int
    refused: tuple[str, ...] = ()
    arrived: int = 0
    held_by_others: int = 0
    redrives: Mapping[str, int] = field(default_factory=dict)


class DeadLetters:
    """The dead letters of one handler.

    Args:
        client: a boto3 SQS client.
        names: names of the stage.
        handler: the handler's name.
        waiting: called once, when the wait for letters that others hold begins, with about how many these are.
        clock: returns seconds on any scale.
        sleep: waits for a number of seconds.

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
        """Return about how many there are, the ones that others hold included."""
        return transfer.count(self._client, self._dead)

    def each(self, visit: Callable[[ReceivedMessage], None], progress: Progress | None = None) -> int:
        """Visit every dead letter, in any order. They stay where they are.

        Args:
            visit: called once with each letter.
            progress: called after each batch.

        Returns:
            About how many letters were not visited, as others hold them even after a short wait.
        """
        seen: set[str] = set()
        with self._scan(LISTING_PATIENCE) as found:
            for batch in found:
                for letter in batch:
                    if letter.message_id not in seen:
                        seen.add(letter.message_id)
                        visit(letter)
                if progress:
                    progress(len(seen), max(len(seen), found.about))
            return found.held_by_others()

    def find(self, event_id: str, progress: Progress | None = None) -> tuple[ReceivedMessage | None, int]:
        """Find the dead letter of one event. It stays where it is.

        Args:
            event_id: the event's id.
            progress: called after each batch.

        Returns:
            The letter, or None; and if None, about how many letters could not be read, as others hold them.
        """
        with self._scan(PATIENCE) as found:
            for batch in found:
                for letter in batch:
                    if letter.envelope.id == event_id:
                        return letter, 0
                if progress:
                    progress(len(found.held), max(len(found.held), found.about))
            return None, found.held_by_others()

    def redrive(
        self,
        event_id: str | None = None,
        progress: Progress | None = None,
        *,
        choose: Choose | None = None,
        limit: int | None = None,
    ) -> Redriven:
        """Put dead letters back into the handler's queue, with their ids and their first emit time.

        Each is sent before it is deleted: whenever this is stopped, no event is lost, and at most those of one batch
        are in both queues. An event that becomes a dead letter again meanwhile stays one.

        Args:
            event_id: only this event; all if left out.
            progress: called after each batch.
            choose: returns those of a batch to put back; all if left out.
            limit: the most to put back.
        """
        if event_id is not None:
            choose, limit = (lambda batch: [letter for letter in batch if letter.envelope.id == event_id]), 1
        done: set[str] = set()
        redrives: dict[str, int] = {}
        sampled = limit is not None and event_id is None
        refused: dict[str, str] = {}
        # All of them: one receive at a time, so that each batch is moved long before its hold is over.
        options = {"hold": _MOVE_HOLD, "receivers": 1} if choose is None and limit is None else {}
        with self._scan(PATIENCE, **options) as found:
            for batch in found:
                old = [letter for letter in batch if event_id is not None or not found.is_new(letter)]
                wanted = (choose(old) if choose and old else old)[: None if limit is None else limit - len(done)]
                errors = transfer.move(
                    self._client, wanted, source=self._dead, target=self._alive, envelope_of=_redriven
                )
                moved = [letter for letter in wanted if letter.message_id not in errors]
                found.forget(moved)
                done.update(letter.message_id for letter in moved)
                if sampled:
                    redrives.update((letter.envelope.id, letter.envelope.redrives + 1) for letter in moved)
                refused = {key: error for key, error in (refused | errors).items() if key not in done}
                if progress:
                    progress(len(done), max(len(done), found.about if limit is None else limit))
                if limit is not None and (len(done) >= limit or (event_id is not None and wanted)):
                    return Redriven(len(done), tuple(refused.values()), redrives=redrives)
            arrived = sum(map(found.is_new, found.held.values())) if event_id is None else 0
            return Redriven(len(done), tuple(refused.values()), arrived, found.held_by_others(), redrives)

    def purge(self) -> None:
        """Delete every dead letter. SQS takes up to a minute, and allows it once a minute."""
        self._client.purge_queue(QueueUrl=self._dead)

    def _scan(self, patience: float, *, hold: int | None = None, receivers: int = scan.RECEIVERS) -> Scan:
        return Scan(
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
