"""A handler's page: its numbers, failures, traces, dead letters, settings and history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..emitting.scheduled_events import ScheduledEvent, list_scheduled
from ..operate.failures import FailureGroup
from ..operate.settings import handler_settings
from ..operate.status import HandlerStatus
from ..pausing.record_store import RecordStore
from ..stage import clients
from ..stage.names import Names
from ..traces import Trace, open_store
from .gathering import failed_lately
from .listing import Page, Wanted, page_of

_CHANGES = 8
"""Changes of the history that are shown."""

_DEAD = 10
"""Dead events that are shown. Their traces are read, as reading a dead letter itself hides it from others."""

_SCHEDULED = 20
"""Scheduled events that are shown."""

_LONGEST = 300
"""Characters of an event in a list."""


@dataclass(frozen=True, kw_only=True)
class HandlerPage:
    """The content of a handler's page, besides its numbers."""

    groups: Sequence[FailureGroup]
    page: Page
    dead: Sequence[Trace]
    settings: Mapping[str, str]
    history: Sequence[Mapping[str, Any]]
    scheduled: Sequence[ScheduledEvent]


def handler_page(stage: str, row: HandlerStatus, wanted: Wanted) -> HandlerPage:
    """Ask for all that a handler's page shows, at once.

    Args:
        stage: the stage.
        row: the handler's numbers, which say what there is to ask for.
        wanted: the traces to list.

    Raises:
        botocore's errors: AWS refused a call, or did not answer.
    """
    store, handler = open_store(stage), row.handler
    records = RecordStore(clients.dynamodb(stage), Names(stage).trace_table)
    with ThreadPoolExecutor(6) as askers:

        def ask(worthwhile: bool, question: Callable[[], Any]) -> Callable[[], Any]:
            return askers.submit(question).result if worthwhile else list

        groups = ask(bool(row.failed), lambda: failed_lately(stage, handler))
        page = ask(True, lambda: page_of(store, handler, wanted))
        dead = ask(bool(row.dead), lambda: store.recent(handler, limit=_DEAD, statuses=["dead"]))
        settings = ask(row.kind is not None, lambda: handler_settings(stage, handler))
        history = ask(True, lambda: [change.printed() for change in records.history(handler, _CHANGES)])
        scheduled = ask(bool(row.scheduled), lambda: list_scheduled(stage, handler)[:_SCHEDULED])
        return HandlerPage(
            groups=groups(),
            page=page(),
            dead=dead(),
            settings=dict(settings()),
            history=history(),
            scheduled=scheduled(),
        )


def told(trace: Trace) -> tuple[str, str]:
    """Return what a list says of a trace, and the class of its colour: what went wrong, or else the event."""
    if trace.duplicate_of or trace.skipped:
        return (
            f"not run: duplicate of {trace.duplicate_of}" if trace.duplicate_of else f"not run: {trace.skipped}"
        ), "warn"
    if trace.error and trace.status != "ok":
        return f"{trace.error.get('type')}: {trace.error.get('message')}"[:_LONGEST], "bad"
    if trace.cause and trace.failure:
        return trace.failure.message[:_LONGEST], "bad"
    return brief_event(trace.event), "soft"


def brief_event(text: str) -> str:
    """Return the beginning of an event, in one line."""
    return " ".join(text[: 2 * _LONGEST].split())[:_LONGEST]
