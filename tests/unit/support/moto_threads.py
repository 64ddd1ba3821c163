"""moto's SQS, with one call at a time.

By itself moto gives a message to two receives at once, or fails, as a call changes a set that another one loops over.
While a call waits for messages, others go on.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from moto.sqs.models import Queue, SQSBackend

_CALLS = (
    "send_message",
    "send_message_batch",
    "receive_message",
    "delete_message",
    "delete_message_batch",
    "change_message_visibility",
    "change_message_visibility_batch",
    "purge_queue",
)


def serialise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make calls to moto's SQS wait for each other."""
    turn = threading.RLock()

    def alone(call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def guarded(*arguments: Any, **named: Any) -> Any:
            with turn:
                return call(*arguments, **named)

        return guarded

    for name in _CALLS:
        monkeypatch.setattr(SQSBackend, name, alone(getattr(SQSBackend, name)))
    wait_for_messages = Queue.wait_for_messages

    def wait(queue: Queue, timeout: int) -> None:
        turn.release()
        try:
            wait_for_messages(queue, timeout)
        finally:
            turn.acquire()

    monkeypatch.setattr(Queue, "wait_for_messages", wait)
