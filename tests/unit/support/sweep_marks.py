"""The marks of passes in messages, and runs with little room."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice.event.envelope import Envelope
from sluice.event.ids import id_of_message
from sluice.reconciler import reconciler
from sluice.retention.budget import Budget

HOUR = 3600.0


def with_budget(monkeypatch: pytest.MonkeyPatch, moves: int, receives: int) -> None:
    """In place of 50,000 of each."""
    monkeypatch.setattr(reconciler, "Budget", lambda _, out_of_time: Budget(moves, out_of_time, receives))


def envelope_of(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.attributes["sluice"]["StringValue"]) if message.attributes else {}
    return found


def marked(began_ms: int, **fields: Any) -> Any:
    envelope = Envelope(id=id_of_message("00000000-0000-4000-8000-000000000001", 1), emitted_ms=1, **fields)
    text = Envelope(**{**vars(envelope), "sweep_ms": began_ms}).to_text()
    return {"sluice": {"DataType": "String", "StringValue": text}}
