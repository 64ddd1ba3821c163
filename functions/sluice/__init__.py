"""Sluice: background queues, crons and traces on your own AWS account."""

# First, because it turns garbage collection off for all imports after it.
from .stage import startup_gc  # noqa: F401 - imported for its effect

# isort: split
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
