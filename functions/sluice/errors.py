"""The errors that Sluice raises on purpose. Each message says how to fix it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class SluiceError(Exception):
    """The base of all errors raised by Sluice."""


class InvalidNameError(SluiceError, ValueError):
    """The name of a stage or handler is not possible, as AWS resources are named after it."""


class StageNotSetError(SluiceError, LookupError):
    """Neither the call nor SLUICE_STAGE names the stage."""


class EventNotSerializableError(SluiceError, TypeError):
    """JSON cannot carry the event. Nothing was sent."""


class EventTooLargeError(SluiceError, ValueError):
    """The event is too large for SQS, or for Scheduler if it is delayed by more than 15 minutes. Nothing was sent."""


class InvalidDelayError(SluiceError, ValueError):
    """The delay or time of an event is not possible."""


class InvalidKeyError(SluiceError, ValueError):
    """The key of an event, or its window, is not possible."""


class NotInHandlerError(SluiceError, RuntimeError):
    """The call works only while a handler runs."""


class TooManyHopsError(SluiceError, RuntimeError):
    """A chain of emits by handlers, to each other or to themselves, has reached the handler's `max_hops`."""


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
    """An event of an `emit_many` that SQS did not accept; for a delay of more than 15 minutes, Scheduler.

    Attributes:
        index: the event's index in the iterable, from 0.
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
        accepted: the accepted events' ids, by index in the iterable.
        refused: the events that were not accepted, by index.
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
