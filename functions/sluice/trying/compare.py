"""A run on this machine beside the trace of the same event: what is as it was then, and what is not."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..traces import Trace
from .first_difference import CallDifference, first_difference
from .process import DIED

_CONTEXT = 2
"""Lines of a result that are shown around each difference."""

_STARTED = "started"
"""The outcome of an attempt without an end on record."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Then and now.

    Attributes:
        then: how the traced run ended; None if there was none.
        now: how this one ended.
        same_outcome: True if both ended in the same way.
        result: the lines in which the results differ, with `-` before those of then and `+` before those of now.
        emitted: the same for the events that were emitted.
        call: the first call that differs; None if none does, or if one of the two runs has no calls on record.
        not_compared: what could not be compared, and why.
    """

    then: str | None
    now: str
    same_outcome: bool
    result: list[str]
    emitted: list[str]
    call: CallDifference | None
    not_compared: dict[str, str]

    @property
    def passes(self) -> bool:
        """True if the run ended as it did then, or `ok`."""
        return self.same_outcome or self.now == "ok"

    @property
    def same(self) -> bool:
        """True if nothing that could be compared differs."""
        return self.same_outcome and not self.result and not self.emitted and self.call is None


def compare(
    then: Trace, now: Trace, *, emitted_then: Mapping[str, str | None], emitted_now: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Compare a run with the trace of the same event.

    Args:
        then: the trace.
        now: the run.
        emitted_then: the events that the trace's run emitted, as JSON text, by their ids; None for an unknown one.
        emitted_now: the events that this run emitted.
    """
    not_compared: dict[str, str] = {}
    ran_then = not (then.duplicate_of or then.skipped or then.status in ("no-handler", "damaged", "running"))
    if not ran_then:
        is_running = then.status == "running"
        not_compared["outcome"] = "the run has not ended yet" if is_running else "the event was not run then"
        return Comparison(
            then=None,
            now=outcome_of(now),
            same_outcome=False,
            result=[],
            emitted=[],
            call=None,
            not_compared=not_compared,
        )
    if "result" in then.cut:
        not_compared["result"] = "the trace does not have the whole of it"
    calls = None
    if then.calls is None or "calls" in then.cut:
        not_compared["calls"] = "the trace does not keep them"
    elif reason := then.no_calls or now.no_calls:
        not_compared["calls"] = reason
    else:
        calls = first_difference(then.calls, now.calls or {})
    return Comparison(
        then=outcome_of(then),
        now=outcome_of(now),
        same_outcome=outcome_of(then) == outcome_of(now),
        result=[] if "result" in not_compared else _diff(_pretty(then.result), _pretty(now.result), _CONTEXT),
        emitted=_diff_of_emitted(then, emitted_then, emitted_now),
        call=calls,
        not_compared=not_compared,
    )


def outcome_of(trace: Trace) -> str:
    """Return how a trace's last attempt ended, in a line."""
    status = trace.status
    if status in ("dead", "interrupted") and trace.history:
        status = DIED if trace.history[-1].outcome == _STARTED else trace.history[-1].outcome
    if status == DIED or trace.error is None:
        return status
    message = trace.error.get("message", "").strip()
    return f"{status}: {trace.error.get('type')}{f': {message}' if message else ''}"


def _diff_of_emitted(then: Trace, events_then: Mapping[str, str | None], now: Sequence[Mapping[str, Any]]) -> list[str]:
    # With a trace that lists only the first of them, as many are compared.
    listed = list(then.emitted)
    of_now = list(now[: len(listed)]) if then.emitted_count > len(listed) else list(now)
    known = all(events_then.get(one["id"]) is not None for one in listed)
    before = [_line(one["handler"], events_then.get(one["id"]) if known else None) for one in listed]
    after = [_line(one["handler"], one["event"] if known else None) for one in of_now]
    return _diff(before, after, 0)


def _line(handler: str, event: str | None) -> str:
    if event is None:
        return handler
    try:
        return f"{handler}  {json.dumps(json.loads(event), ensure_ascii=False)}"
    except ValueError:
        return f"{handler}  {event}"


def _pretty(value: Any) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2).splitlines()


def _diff(then: Sequence[str], now: Sequence[str], context: int) -> list[str]:
    """Return the lines of a unified diff without its headings."""
    lines = difflib.unified_diff(then, now, lineterm="", n=context)
    return [line for number, line in enumerate(lines) if number > 1 and not line.startswith("@@")]
