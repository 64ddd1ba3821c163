"""Messages with the mark of a sweep, and runs with a small budget."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice.event.envelope import Envelope
from sluice.event.ids import id_of_message
from sluice.reconciler import reconciler
from sluice.retention.budget import Budget


def with_budget(monkeypatch: pytest.MonkeyPatch, moves: int, receives: int) -> None:
    """Give the reconciler's runs a budget in place of 50,000 moves and receives."""
    monkeypatch.setattr(reconciler, "Budget", lambda _, out_of_time: Budget(moves, out_of_time, receives))


def envelope_of(message: Any) -> dict[str, Any]:
    """Return the fields of a message's envelope; none if it has no envelope."""
    found: dict[str, Any] = json.loads(message.attributes["sluice"]["StringValue"]) if message.attributes else {}
    return found


def marked(began_ms: int, **fields: Any) -> Any:
    """Return the attributes of a message that a sweep sent.

    Args:
        began_ms: start of the sweep, in milliseconds since 1970.
        fields: further fields of its envelope.
    """
    event_id = id_of_message("00000000-0000-4000-8000-000000000001", 1)
    text = Envelope(id=event_id, emitted_ms=1, sweep_ms=began_ms, **fields).to_text()
    return {"sluice": {"DataType": "String", "StringValue": text}}
