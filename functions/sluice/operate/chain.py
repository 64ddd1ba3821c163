"""A chain of events: what caused an event, up to the first of them, and what they all caused.

One event causes another by an emit of its run, also for later, or by a replay. The events are read level by level, a
hundred a call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..event.ids import is_id
from ..traces import Trace, TraceStore
from ..traces.item import key_of

EMIT = "emit"
REPLAY = "replay"
"""Ways in which an event causes another."""

MAX_EVENTS = 1_000
"""Events of a chain that are read, unless told otherwise."""

_KEYS_A_READ = 100


@dataclass(kw_only=True)
class Link:
    """An event of a chain.

    Attributes:
        id: the event's id.
        handler: the handler's name.
        cause: `emit` or `replay`; None for the first event of the chain.
        trace: its trace; None if it has none: it waits, is for later, was cancelled, or its trace has expired.
        effects: the events that it caused.
        more: events that it caused and that are not among these, as they are too many.
    """

    id: str
    handler: str
    cause: str | None = None
    trace: Trace | None = None
    effects: list[Link] = field(default_factory=list)
    more: int = 0


def first_of(trace: Trace, store: TraceStore, handlers: Collection[str]) -> Trace:
    """Return the first event of an event's chain, as far back as there are traces.

    Args:
        trace: the event's trace.
        store: the stage's traces.
        handlers: the names of the stage's handlers.
    """
    seen = {trace.id}
    while True:
        cause = trace.replay_of or trace.parent
        # Anyone who may send an event can claim any parent: a claim may lead round in a circle.
        if cause is None or cause in seen:
            return trace
        seen.add(cause)
        found = store.get(trace.handler, cause) if trace.replay_of else store.find(cause, handlers)
        if found is None:
            return trace
        trace = found


def chain_from(first: Trace, store: TraceStore, *, most: int = MAX_EVENTS) -> Link:
    """Return an event with all that it caused.

    Args:
        first: the event's trace.
        store: the stage's traces.
        most: the most events to read.
    """
    root = Link(id=first.id, handler=first.handler, trace=first)
    level, seen = [root], {root.id}
    while level:
        following: list[Link] = []
        for link in level:
            for effect in _effects(link.trace):
                if effect.id in seen:
                    continue
                if len(seen) >= most:
                    link.more += 1
                    continue
                seen.add(effect.id)
                link.effects.append(effect)
                following.append(effect)
            if link.trace is not None:
                link.more += max(0, link.trace.emitted_count - len(link.trace.emitted))
        _read(following, store)
        level = following
    return root


def _effects(trace: Trace | None) -> Iterator[Link]:
    if trace is None:
        return
    for emitted in trace.emitted:
        yield Link(id=emitted["id"], handler=emitted["handler"], cause=EMIT)
    replay = trace.last_replay
    if replay is not None:
        yield Link(id=replay, handler=trace.handler, cause=REPLAY)


def _read(links: list[Link], store: TraceStore) -> None:
    """Read the links' traces."""
    readable = [link for link in links if is_id(link.id)]
    for start in range(0, len(readable), _KEYS_A_READ):
        some = readable[start : start + _KEYS_A_READ]
        found: Mapping[tuple[str, str], Trace] = {
            (trace.handler, trace.id): trace
            for trace in map(store.search.shown, store.search.items_of([key_of(one.handler, one.id) for one in some]))
        }
        for link in some:
            link.trace = found.get((link.handler, link.id))
