"""Traces for tests, with the fields that a test does not care about filled in."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sluice.event.ids import new_id
from sluice.traces import Attempt, Trace
from sluice.worker.attempts import MAX_HISTORY

from tests.unit.support.cloud import HANDLER
from tests.unit.support.function import Function


def a_trace(**fields: Any) -> Trace:
    """Return a trace of a new event that completed."""
    return Trace(**({"id": new_id(), "handler": HANDLER, "status": "ok", "event": "{}"} | fields))


def a_start(started_ms: int) -> Attempt:
    """Return an attempt of which only the start is on record."""
    return Attempt(outcome="started", started_ms=started_ms, request_id=f"r{started_ms}")


def unfinished(*starts: int, **fields: Any) -> Trace:
    """Return a trace of starts at these times, in milliseconds since 1970, none of which has an end."""
    return a_trace(**({"status": "interrupted", "event": "1"} | fields), history=tuple(map(a_start, starts)))


def with_start(trace: Trace, started_ms: int) -> Trace:
    """Return a trace with one more start."""
    return dataclasses.replace(trace, history=(*trace.history[-MAX_HISTORY:], a_start(started_ms)))


def by_event(function: Function) -> dict[Any, Trace]:
    """Return a function's traces by their events."""
    return {json.loads(trace.event): trace for trace in function.traces()}


def outcomes(trace: Trace) -> list[str]:
    """Return the outcome of each attempt."""
    return [attempt.outcome for attempt in trace.history]
