"""A trial: some of a paused handler's waiting events run, one after the other, and nothing else does.

The function is invoked as for `run_one`, and takes an event out of its queue itself (worker/sample.py). One that does
not reach its end waits again, and has had an attempt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import SluiceError
from ..pausing.errors import NotPausableError
from ..pausing.handler_states import HandlerStates
from ..pausing.run_one import RunFailedError, run_payload
from ..traces import DamagedTraceError, Trace, TraceStore

_PAYLOAD = json.dumps({"sample": 1}).encode()
"""The function's argument (worker/entry.py)."""


class NotPausedError(SluiceError):
    """A trial is for a paused handler, and this one runs."""


class Tried(NamedTuple):
    """One event of a trial.

    Attributes:
        event_id: the event's id; None if the function failed and did not say it.
        trace: its trace; None if it has none.
        problem: why its outcome is unknown, in words; None if it is known.
    """

    event_id: str | None
    trace: Trace | None
    problem: str | None = None

    @property
    def ended_well(self) -> bool:
        """True if its handler returned."""
        return self.trace is not None and self.trace.status == "ok" and self.problem is None


def sample_waiting(
    handler: str,
    count: int,
    *,
    states: HandlerStates,
    invoke: Callable[..., Any],
    store: TraceStore,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Tried]:
    """Run some of a paused handler's waiting events, and yield each as it ends.

    Args:
        handler: the handler's name.
        count: the most events to run.
        states: the states of the stage's handlers.
        invoke: a Lambda client's `invoke`, which waits as long as the function may take.
        store: the stage's traces.
        sleep: waits for Lambda, for so many seconds.

    Raises:
        NotPausedError: the handler runs.
        BlockedError, StillChangingError: it is blocked, or is being paused or unpaused just now.
    """
    seen: set[str] = set()
    while len(seen) < count:
        (snapshot,) = states.read([handler]) or (None,)
        if snapshot is None:
            raise NotPausableError(handler)
        if not snapshot.decision.desired.paused and snapshot.decision.desired.block is None:
            raise NotPausedError(f"{handler} is not paused, so all its events start by themselves")
        try:
            answer = run_payload(states, invoke, handler, lambda _: _PAYLOAD, sleep=sleep)
        except RunFailedError as error:
            yield Tried(None, None, str(error))
            return
        event_id = json.loads(answer or b"{}").get("event_id")
        if event_id is None or event_id in seen:
            # None waits, or one that did not reach its end has come up again.
            return
        seen.add(event_id)
        yield Tried(event_id, _trace(store, handler, event_id))


def wait_for_redriven(
    store: TraceStore,
    handler: str,
    redrives: Mapping[str, int],
    *,
    patience: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Tried]:
    """Yield redriven events as their first new attempt ends; at the end of the patience those that have not ended.

    Args:
        store: the stage's traces.
        handler: the handler's name.
        redrives: how many times each event was redriven by now, by id.
        patience: seconds to wait.
        clock: returns seconds on any scale.
        sleep: waits for a number of seconds.
    """
    left, until = dict(redrives), clock() + patience
    while left:
        for event_id in list(left):
            trace = _trace(store, handler, event_id)
            if trace is not None and _has_ended(trace, left[event_id]):
                del left[event_id]
                yield Tried(event_id, trace)
        if left and clock() >= until:
            for event_id in left:
                yield Tried(event_id, None, "it has not ended yet")
            return
        if left:
            sleep(0.5)


def all_well(tried: Collection[Tried]) -> bool:
    """Return True if every event of a trial ended well."""
    return all(one.ended_well for one in tried)


def _has_ended(trace: Trace, redrives: int) -> bool:
    """Return True if an attempt since the last redrive has ended. A duplicate and a skipped tick have none."""
    attempts = [one for one in trace.history if (one.redrive or 0) >= redrives]
    return any(one.outcome != "started" for one in attempts) or (trace.completed and not trace.started_ms)


def _trace(store: TraceStore, handler: str, event_id: str) -> Trace | None:
    try:
        return store.get(handler, event_id)
    except DamagedTraceError:
        return None
