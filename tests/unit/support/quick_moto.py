"""moto and botocore without the work that they repeat for each client, call and message.

What they answer stays the same. An AWS call on moto takes half the time, and setting a stage up a fifth of it.
"""

from __future__ import annotations

import copy
import functools
import secrets
from typing import Any

import botocore.hooks
import botocore.session
import moto.core.models
import moto.core.responses
import moto.sqs.models
import pytest
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from moto import backend_index
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.sqs.models import Message, Queue, SQSBackend

_SERVICES = ("sqs", "dynamodb")
"""Services that most calls go to."""


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have moto and botocore keep what they would compute again."""
    _keep_service_descriptions(monkeypatch)
    _keep_names_of_events(monkeypatch)
    _find_backends(monkeypatch)
    _look_at_messages_once(monkeypatch)


def _keep_service_descriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each JSON file that describes a service once. moto has a loader of its own, which changes what it reads."""
    monkeypatch.setattr(botocore.session, "create_loader", functools.cache(create_loader))


def _keep_names_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work out once what each new client asks of the same handlers of events."""
    by_name: dict[str, str] = {}
    # Any: botocore's types leave the method out.
    aliaser_type: Any = EventAliaser
    alias = aliaser_type._alias_event_name

    def alias_once(aliaser: EventAliaser, event_name: str) -> str:
        if event_name not in by_name:
            by_name[event_name] = alias(aliaser, event_name)
        return by_name[event_name]

    monkeypatch.setattr(aliaser_type, "_alias_event_name", alias_once)
    monkeypatch.setattr(botocore.hooks, "accepts_kwargs", functools.cache(accepts_kwargs))


def _find_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    # These register each URL of AWS with `requests`, which nothing here uses to call AWS.
    monkeypatch.setattr(moto.core.models, "RESPONSES_METHODS", [])
    # moto tries the URLs of all services in this order.
    first = sorted(backend_index.backend_url_patterns, key=lambda pattern: pattern[0] not in _SERVICES)
    monkeypatch.setattr(backend_index, "backend_url_patterns", first)
    monkeypatch.setattr(moto.core.responses, "method_names_from_class", functools.cache(method_names_from_class))


def _look_at_messages_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the time once for all messages of a queue, and look up no attribute of the queue for each."""
    # Any: tests set its clock, which it imports from elsewhere.
    models: Any = moto.sqs.models

    def shown(queue: Queue) -> list[Message]:
        now = models.unix_time_millis()
        return [message for message in queue._messages if now > message.visible_at and now >= message.delayed_until]

    def held(queue: Queue) -> int:
        now = models.unix_time_millis()
        return sum(now <= message.visible_at for message in queue._messages)

    def delayed(queue: Queue) -> int:
        now = models.unix_time_millis()
        return sum(now < message.delayed_until for message in queue._messages)

    def had(message: Message, receipt_handle: str) -> bool:
        return receipt_handle == message.receipt_handle or receipt_handle in message._old_receipt_handles

    def is_kept(backend: SQSBackend, queue_name: str, message: Message) -> bool:
        seconds: int = backend.get_queue(queue_name).message_retention_period  # type: ignore[attr-defined]
        assert message.sent_timestamp is not None
        return seconds + message.sent_timestamp / 1000 > models.unix_time()

    monkeypatch.setattr(Queue, "messages", property(shown))
    monkeypatch.setattr(Queue, "approximate_number_of_messages_not_visible", property(held))
    monkeypatch.setattr(Queue, "approximate_number_of_messages_delayed", property(delayed))
    monkeypatch.setattr(Message, "had_receipt_handle", had)
    monkeypatch.setattr(SQSBackend, "is_message_valid_based_on_retention_period", is_kept)
    monkeypatch.setattr(models, "camelcase_to_underscores", functools.cache(camelcase_to_underscores))
    monkeypatch.setattr(models, "generate_receipt_handle", lambda: secrets.token_urlsafe(138))
    # A receive leaves out message attributes in a copy. It changes nothing inside them.
    monkeypatch.setattr(models, "deepcopy", copy.copy)
