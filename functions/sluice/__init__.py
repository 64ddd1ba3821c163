"""Sluice: background queues, crons and traces on your own AWS account."""

from . import _collection  # noqa: F401 - it works by being first
from .emitting import emit, emit_many, retry
from .errors import (
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
