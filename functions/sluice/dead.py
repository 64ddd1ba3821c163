"""Dead letters: events whose five attempts all failed to reach an end, kept until someone decides.

Looking at them receives them and lets go of them again. That costs no attempts: a dead-letter queue gives up on
nothing, and an event's attempts are counted in its trace.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from . import moving
from .envelope import Envelope
from .errors import SluiceError
from .moving import EMPTY_RECEIVES, Held
from .names import Names

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Progress = Callable[[int, int], None]
"""Told how many messages are dealt with, and of about how many."""

HOLD_SECONDS = 120
"""For how long listed messages are out of others' sight, should the program be stopped: as long as listing takes."""

_MOVE_SECONDS = 30
"""The same, for the few messages that are being moved."""


class NotRedrivenError(SluiceError):
    """SQS did not take some messages; those are still in the dead-letter queue."""


class DeadLetters:
    """The dead letters of one handler.

    Args:
        client: a boto3 SQS client.
        names: of the stage.
        handler: the handler's name.

    Raises:
        botocore.exceptions.ClientError: QueueDoesNotExist, if there is no such handler.
    """

    def __init__(self, client: SQSClient, names: Names, handler: str) -> None:
        self._client = client
        self._handler = handler
        self._dead = client.get_queue_url(QueueName=names.dead_letter_queue(handler))["QueueUrl"]
        self._alive = client.get_queue_url(QueueName=names.queue(handler))["QueueUrl"]

    def count(self) -> int:
        """About how many there are, those included that someone is looking at."""
        attributes = self._client.get_queue_attributes(
            QueueUrl=self._dead,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(map(int, attributes.values()))

    def all(self, progress: Progress | None = None) -> list[Held]:
        """Every dead letter, oldest emit first. They stay where they are.

        Args:
            progress: told after each batch.
        """
        about = self.count()
        held: dict[str, Held] = {}
        try:
            for batch in self._batches(HOLD_SECONDS):
                held.update((letter.message_id, letter) for letter in batch)
                if progress:
                    progress(len(held), max(len(held), about))
        finally:
            moving.let_go(self._client, self._dead, list(held.values()))
        return sorted(held.values(), key=lambda letter: letter.envelope.emitted_ms)

    def redrive(self, event_ids: Collection[str] | None = None, progress: Progress | None = None) -> int:
        """Put dead letters back into the handler's queue, with their ids and their first emit time.

        Each is sent before it is deleted: whenever this is stopped, no event is lost, and those of one batch at most
        are in both queues.

        Args:
            event_ids: only these events; all if left out.
            progress: told after each batch.

        Returns:
            How many were put back.

        Raises:
            NotRedrivenError: SQS did not take some.
        """
        about = self.count() if event_ids is None else len(event_ids)
        done = 0
        refused: list[str] = []
        passed_over: list[Held] = []
        try:
            for batch in self._batches(_MOVE_SECONDS if event_ids is None else HOLD_SECONDS):
                wanted = [letter for letter in batch if event_ids is None or letter.envelope.id in event_ids]
                passed_over += [letter for letter in batch if letter not in wanted]
                lost = moving.move(self._client, wanted, source=self._dead, target=self._alive, envelope_of=_redriven)
                done += len(wanted) - len(lost)
                refused += lost
                if progress:
                    progress(done, max(done, about))
                if event_ids is not None and done + len(refused) >= len(event_ids):
                    break
        finally:
            moving.let_go(self._client, self._dead, passed_over)
        if refused:
            raise NotRedrivenError(f"{done} redriven; SQS did not take {len(refused)}: {refused[0]}. Redrive again")
        return done

    def purge(self) -> None:
        """Delete every dead letter. SQS takes up to a minute, and allows it once a minute."""
        self._client.purge_queue(QueueUrl=self._dead)

    def _batches(self, hold: int) -> Iterator[list[Held]]:
        empty = 0
        while empty < EMPTY_RECEIVES:
            letters = moving.receive(self._client, self._dead, self._handler, hold=hold)
            empty = 0 if letters else empty + 1
            if letters:
                yield letters


def _redriven(letter: Held) -> Envelope:
    envelope = letter.envelope
    return dataclasses.replace(
        envelope,
        # SQS names the sender, which from here on is whoever redrives.
        emitted_by=envelope.sender(letter.system),
        redriven=envelope.redriven + 1,
        receives=0,
        round_ms=None,
    )
