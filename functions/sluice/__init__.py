"""Sluice: background queues, crons and traces on your own AWS account."""

from .emitting.emit import emit, emit_many, retry
from .errors import (
    AwsError,
    EventNotSerializableError,
    EventTooLargeError,
    InvalidDelayError,
    InvalidKeyError,
    InvalidNameError,
    NotAcceptedError,
    NotInHandlerError,
    Refused,
    SluiceError,
    StageNotSetError,
    TooManyHopsError,
)
from .stage import startup_gc  # noqa: F401 - imported for its effect

__all__ = [
    "AwsError",
    "EventNotSerializableError",
    "EventTooLargeError",
    "InvalidDelayError",
    "InvalidKeyError",
    "InvalidNameError",
    "NotAcceptedError",
    "NotInHandlerError",
    "Refused",
    "SluiceError",
    "StageNotSetError",
    "TooManyHopsError",
    "emit",
    "emit_many",
    "retry",
]
