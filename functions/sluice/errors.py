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


class AwsError(SluiceError):
    """AWS refused an emit, or did not answer, after every retry.

    It is the same whichever client called AWS. That client's own exception is its `__cause__`: botocore's, or within
    a handler's function that of Sluice's own client.

    Attributes:
        code: AWS's error code, such as `AccessDenied`; None if AWS gave no answer.
        message: AWS's message, or the reason why there was no answer.
        may_be_accepted: True unless the event was certainly not accepted, as when AWS refuses the first try. If True,
            the event may run although the emit failed, and twice if it is emitted again.
    """

    def __init__(self, code: str | None, message: str, *, may_be_accepted: bool) -> None:
        self.code = code
        self.message = message
        self.may_be_accepted = may_be_accepted
        what = f"AWS refused the event: {code}: {message}" if code else f"no answer from AWS: {message}"
        then = "it may have been accepted nevertheless" if may_be_accepted else "it was not accepted"
        super().__init__(f"{what}; {then}")


@dataclass(frozen=True)
class Refused:
    """One event of an `emit_many` that SQS, or Scheduler for a later time, did not accept.

    Attributes:
        index: the event's place in the iterable, from 0.
        code: AWS's error code; None if AWS gave no answer.
        message: AWS's message, or the reason why there was no answer.
        may_be_accepted: as for `AwsError`.
    """

    index: int
    code: str | None
    message: str
    may_be_accepted: bool = False

    @property
    def reason(self) -> str:
        """The code, if there is one, and the message."""
        return f"{self.code}: {self.message}" if self.code else self.message


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
            f" accepted; the first is number {first.index}: {first.reason}."
            " Emit again those whose index is in .refused; the others are on their way."
        )
