"""Everything Sluice raises on purpose. Each message names what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class SluiceError(Exception):
    """The base of all errors raised by Sluice."""


class InvalidNameError(SluiceError, ValueError):
    """A stage's or a handler's name that AWS resources could not be named after."""


class StageNotSetError(SluiceError, LookupError):
    """An emit outside a handler that doesn't say which stage it is for."""


class EventNotSerializableError(SluiceError, TypeError):
    """An event that JSON cannot carry. Nothing was sent."""


class EventTooLargeError(SluiceError, ValueError):
    """An event that is larger than an SQS message may be. Nothing was sent."""


class InvalidDelayError(SluiceError, ValueError):
    """A delay or moment that an event cannot be given."""


class InvalidKeyError(SluiceError, ValueError):
    """A key that an event cannot be given."""


class NotInHandlerError(SluiceError, RuntimeError):
    """A call that only makes sense while a handler runs."""


class TooManyHopsError(SluiceError, RuntimeError):
    """Handlers emitted to each other, or to themselves, more often than the handler's `max_hops` allows."""


@dataclass(frozen=True)
class Refused:
    """One event of an `emit_many` that SQS never accepted.

    Attributes:
        index: the event's place in the iterable, from 0.
        code: SQS's own error code.
        message: SQS's own words.
    """

    index: int
    code: str
    message: str


class NotAcceptedError(SluiceError):
    """Some events of an `emit_many` were not accepted, after every retry.

    Attributes:
        accepted: the ids of the accepted events by their index in the iterable.
        refused: the events that were not accepted, in order.
    """

    def __init__(self, handler: str, accepted: Mapping[int, str], refused: Sequence[Refused]) -> None:
        self.accepted = dict(accepted)
        self.refused = tuple(refused)
        first = self.refused[0]
        super().__init__(
            f"{len(self.refused)} of {len(self.accepted) + len(self.refused)} events for {handler!r} were not"
            f" accepted; the first is number {first.index}: {first.code}: {first.message}."
            " Emit again those whose index is in .refused; the others are on their way."
        )
