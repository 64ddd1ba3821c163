"""Then and now."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.traces import Attempt, Trace
from sluice.trying.compare import Comparison, compare, outcome_of

from tests.unit.support.traces import a_trace, unfinished

ERROR = {"type": "ValueError", "message": "no address", "traceback": ""}


def compared(then: Trace, now: Trace, **emitted: Any) -> Comparison:
    return compare(then, now, **({"emitted_then": {}, "emitted_now": []} | emitted))


@pytest.mark.parametrize(
    ("trace", "outcome"),
    [
        (a_trace(), "ok"),
        (a_trace(status="error", error=ERROR), "error: ValueError: no address"),
        (a_trace(status="error", error=ERROR | {"message": ""}), "error: ValueError"),
        (unfinished(1, 2), "died"),
        (unfinished(1, status="dead"), "died"),
        (
            a_trace(
                status="dead",
                history=(Attempt(outcome="timed-out"),),
                error={"type": "TimedOut", "message": "did not end within 5 s"},
            ),
            "timed-out: TimedOut: did not end within 5 s",
        ),
    ],
)
def test_an_outcome_is_that_of_the_last_attempt(trace: Trace, outcome: str) -> None:
    assert outcome_of(trace) == outcome


def test_it_passes_if_it_ends_as_then_or_well() -> None:
    failed = a_trace(status="error", error=ERROR)
    otherwise = a_trace(status="error", error=ERROR | {"message": "no name"})

    assert compared(failed, failed).passes
    assert compared(failed, a_trace()).passes
    assert not compared(failed, otherwise).passes
    assert not compared(a_trace(), failed).passes
    assert compared(unfinished(1), a_trace(status="interrupted", history=(Attempt(outcome="died"),))).passes


def test_results_differ_by_lines() -> None:
    found = compared(a_trace(result={"a": 1, "total": "2.80"}), a_trace(result={"a": 1, "total": "2.90"}))

    assert found.result == [" {", '   "a": 1,', '-  "total": "2.80"', '+  "total": "2.90"', " }"]
    assert not found.same
    assert compared(a_trace(result=[1]), a_trace(result=[1])).same


def test_emitted_events_differ_by_their_handlers_and_by_what_is_in_them() -> None:
    then = a_trace(emitted=({"id": "1", "handler": "a"}, {"id": "2", "handler": "b"}), emitted_count=2)
    now = [{"handler": "a", "event": '{"n":  1}'}, {"handler": "b", "event": "3"}, {"handler": "c", "event": "4"}]

    known = compared(then, a_trace(), emitted_then={"1": '{"n": 1}', "2": "2"}, emitted_now=now)
    assert known.emitted == ["-b  2", "+b  3", "+c  4"]
    unknown = compared(then, a_trace(), emitted_then={"1": '{"n": 1}', "2": None}, emitted_now=now)
    assert unknown.emitted == ["+c"]
    assert compared(a_trace(emitted=then.emitted, emitted_count=9), a_trace(), emitted_now=now).emitted == []


@pytest.mark.parametrize(
    ("fields", "part", "why"),
    [
        ({}, "calls", "the trace does not keep them"),
        ({"calls": {"note": "a debugger"}}, "calls", "a debugger"),
        ({"calls": {"fns": [], "calls": []}, "cut": ("result",)}, "result", "the trace does not have the whole of it"),
        ({"skipped": "another run was under way"}, "outcome", "the event was not run then"),
        ({"status": "no-handler"}, "outcome", "the event was not run then"),
    ],
)
def test_it_says_what_cannot_be_compared(fields: dict[str, Any], part: str, why: str) -> None:
    assert compared(a_trace(**fields), a_trace(result=1, calls={"fns": [], "calls": []})).not_compared == {part: why}
