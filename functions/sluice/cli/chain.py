"""`sluice trace ID --chain`: a chain of events as a tree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..operate.chain import REPLAY, Link
from ..traces.trace import iso
from .hide_secrets import hide_secrets
from .tables import one_line
from .terminal import echo
from .traces import told

_NOT_RUN = "no trace"
"""Stands for the status of an event without a trace."""

_DEEPEST = 100
"""Levels that are indented. A chain of retries can be a thousand events long."""


def print_chain(root: Link, event_id: str) -> None:
    """Print a chain, an event a line, and mark one of them.

    Args:
        root: the chain's first event.
        event_id: the id of the event to mark.
    """
    for link, depth in _in_order(root):
        marked = link.id == event_id
        indent = "  " * min(depth, _DEEPEST)
        cause = "replay: " if link.cause == REPLAY else ""
        echo(f"{'>' if marked else ' '} {indent}{cause}{_facts(link)}", heading=marked)
        if link.more:
            echo(f"  {'  ' * min(depth + 1, _DEEPEST)}and {link.more:,} more")


def chain_json(root: Link) -> str:
    """Return a chain as JSON: a list of its events, each before what it caused, with the id of its cause."""
    causes: dict[str, str] = {}
    events = []
    for link, _ in _in_order(root):
        causes.update((effect.id, link.id) for effect in link.effects)
        trace = link.trace
        event: dict[str, Any] = {
            "id": link.id,
            "handler": link.handler,
            "status": trace.status if trace else None,
            "cause": causes.get(link.id),
            "by": link.cause,
            "started_at": iso(trace.started_ms) if trace else None,
            "finished_at": iso(trace.finished_ms) if trace else None,
            "error": trace.error if trace else None,
            "more": link.more,
        }
        events.append(event)
    return json.dumps(events, ensure_ascii=False, indent=2)


def _in_order(root: Link) -> Iterator[tuple[Link, int]]:
    """Yield each event before those that it caused, with its depth."""
    left = [(root, 0)]
    while left:
        link, depth = left.pop()
        yield link, depth
        left.extend((effect, depth + 1) for effect in reversed(link.effects))


def _facts(link: Link) -> str:
    trace = link.trace
    if trace is None:
        return f"{link.handler}  {_NOT_RUN}  {link.id}"
    trace = hide_secrets(trace)
    took = "" if trace.duration_ms is None else f"  {trace.duration_ms} ms"
    return f"{link.handler}  {trace.status}  {link.id}{took}  {one_line(told(trace))}"
