"""Sluice: background queues, crons and traces on your own AWS account."""

from .emitting import emit, emit_many
from .errors import (
    EventNotSerializableError,
    EventTooLargeError,
    InvalidDelayError,
    InvalidNameError,
    NotAcceptedError,
    Refused,
    SluiceError,
    StageNotSetError,
)

__all__ = [
    "EventNotSerializableError",
    "EventTooLargeError",
    "InvalidDelayError",
    "InvalidNameError",
    "NotAcceptedError",
    "Refused",
    "SluiceError",
    "StageNotSetError",
    "emit",
    "emit_many",
]
