"""Calls are recorded by Python 3.12 and newer only, so all runs happen in one process of such a Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.support.call_text import call_text
from tests.unit.support.new_python import run_in_new_python
from tests.unit.support.recorded_runs import RUNS, TREES, run

SCRIPT = Path(__file__).parents[1] / "support" / "record_runs.py"

MANY = "def work(n):\n    return n\n\ndef handle(event):\n    for n in range(event):\n        work(n)\n"
run("many calls, then few", MANY, "handle()\n  work(n=0) -> 0\n  work(n=1) -> 1", events=[100_000, 2])
run("many calls", MANY, events=[100_000])
run(
    "many functions",
    "".join(f"def f{n}(x):\n    return x\n\n" for n in range(300))
    + "def handle(event):\n    for n in range(300):\n        globals()[f'f{n}'](n)\n",
)
run(
    "a deep recursion",
    "def down(n):\n    return n and down(n - 1)\n\ndef handle(event):\n    return down(event)\n",
    events=[200],
)
run(
    "a wide recursion",
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\ndef handle(event):\n    return fib(event)\n",
    events=[15],
)
run(
    "a generator that goes on and on",
    "def numbers():\n    for n in range(1_000):\n        yield n\n\ndef handle(event):\n    return sum(numbers())\n",
)
run(
    "many exceptions",
    """
    def fail(n):
        raise ValueError(n)

    def outer(n):
        try:
            fail(n)
        except ValueError:
            return n

    def last(n):
        return n

    def handle(event):
        for n in range(5_000):
            outer(n)
        return last(1)
    """,
    events=[None, None],
)
for other, take in {
    "a debugger": "sys.monitoring.use_tool_id(0, 'debugger')",
    "coverage": "sys.monitoring.use_tool_id(1, 'coverage')",
    "a profiler": "sys.monitoring.use_tool_id(2, 'profiler')",
    "tools of others": "sys.monitoring.use_tool_id(3, 'a'); sys.monitoring.use_tool_id(4, 'b')",
}.items():
    run(f"beside {other}", MANY, events=[2], setup=f"import sys; {take}")
run("beside one tool of others", MANY, events=[2], setup="import sys; sys.monitoring.use_tool_id(4, 'b')")
run(
    "a debugger that the handler starts",
    """
    import sys

    def work(n):
        return n

    def handle(event):
        seen = []
        def tracer(frame, what, value):
            seen.append(frame.f_code.co_name)
            return None
        sys.settrace(tracer)
        work(1)
        sys.settrace(None)
        return seen
    """,
)
run(
    "a deadline",
    "def work(n):\n    return n\n\ndef handle(event):\n    while True:\n        work(1)\n",
    events=[None] * 40,
    deadline=0.01,
)
run(
    "finalisers",
    """
    import weakref

    class Thing:
        pass

    def use(thing):
        return thing

    def fail():
        thing = Thing()
        alive.append(weakref.ref(thing))
        raise ValueError(thing)

    alive = []

    def handle(event):
        thing = Thing()
        use(thing)
        alive.append(weakref.ref(thing))
        del thing
        try:
            fail()
        except ValueError:
            pass
        return [one() is None for one in alive]
    """,
)
run(
    "locals()",
    "def work(a, **more):\n    b = 1\n    return sorted(locals())\n\ndef handle(event):\n    return work(1, c=2)\n",
)
run(
    "the recursion limit",
    """
    import sys

    def down(n):
        return 0 if n == 0 else 1 + down(n - 1)

    def handle(event):
        low = 0
        for n in range(800, 1_000):
            try:
                low = down(n)
            except RecursionError:
                return low
    """,
)
run("the recursion limit, alone", RUNS["the recursion limit"]["entry"], recorded=False)


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[dict[str, Any]]]:
    """Return the recordings of all runs, which share one process."""
    return dict(zip(RUNS, run_in_new_python(SCRIPT, list(RUNS.values())), strict=True))


@pytest.mark.parametrize("name", TREES)
def test_the_tree_of(recorded: dict[str, Any], name: str) -> None:
    assert call_text(recorded[name][-1]["calls"]) == TREES[name]


def test_a_call_has_its_callers_line_its_raising_line_and_its_time(recorded: dict[str, Any]) -> None:
    (run,) = recorded["an exception that is caught, and one that is not"]
    calls = run["calls"]["calls"]
    assert [row[4] for row in calls] == [0, 13, 8, 14, 8, 15]
    assert [(row[7], row[8]) for row in calls if len(row) > 7] == [("raised", 15), ("raised", 3), ("raised", 3)]
    assert all(row[2] >= 0 and row[3] >= 0 for row in calls)


def test_a_function_has_its_file_and_line(recorded: dict[str, Any]) -> None:
    (run,) = recorded["an order"]
    assert [fn[0:3] for fn in run["calls"]["fns"]][-1] == ["price_of", run["calls"]["fns"][-1][1], 1]
    assert run["calls"]["fns"][-1][1].endswith("/prices.py")


def test_twenty_calls_of_a_function_are_recorded(recorded: dict[str, Any]) -> None:
    (run,) = recorded["many calls"]
    lines = call_text(run["calls"]).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "more: work"


def test_two_hundred_calls_of_a_run_are_recorded(recorded: dict[str, Any]) -> None:
    (run,) = recorded["many functions"]
    assert len(run["calls"]["calls"]) == 200
    assert len(run["calls"]["more"]) == 101


def test_the_outermost_calls_of_a_recursion_have_their_ends(recorded: dict[str, Any]) -> None:
    (run,) = recorded["a deep recursion"]
    assert [row[3] >= 0 for row in run["calls"]["calls"]] == [True] * 21
    assert run["result"] == 0


def test_the_ends_of_a_wide_recursion_are_given_up(recorded: dict[str, Any]) -> None:
    (run,) = recorded["a wide recursion"]
    assert run["result"] == 610
    assert {row[7] for row in run["calls"]["calls"][1:] if len(row) > 7} == {"lost"}
    assert run["calls"]["calls"][0][3] > 0


def test_a_long_generator_has_its_end(recorded: dict[str, Any]) -> None:
    (run,) = recorded["a generator that goes on and on"]
    assert call_text(run["calls"]) == "handle()\n  numbers()"
    assert run["result"] == 499_500


def test_many_exceptions_do_not_mix_up_the_tree(recorded: dict[str, Any]) -> None:
    for recording in recorded["many exceptions"]:
        lines = call_text(recording["calls"]).splitlines()
        assert lines[:3] == ["handle()", "  outer(n=0) -> 0", "    fail(n=0) ! ValueError(0,)"]
        assert "  last(n=1) -> 1" in lines
        assert recording["result"] == 1


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("beside a debugger", "a debugger, coverage or a profiler is at work"),
        ("beside coverage", "a debugger, coverage or a profiler is at work"),
        ("beside a profiler", "a debugger, coverage or a profiler is at work"),
        ("beside tools of others", "sys.monitoring is used by other tools"),
    ],
)
def test_another_tool_wins(recorded: dict[str, Any], name: str, note: str) -> None:
    assert [run["calls"] for run in recorded[name]] == [{"note": note}]


def test_a_second_tool_id_is_taken_if_the_first_is(recorded: dict[str, Any]) -> None:
    (run,) = recorded["beside one tool of others"]
    assert call_text(run["calls"]) == "handle()\n  work(n=0) -> 0\n  work(n=1) -> 1"


def test_a_debugger_in_the_handler_sees_the_handlers_code_only(recorded: dict[str, Any]) -> None:
    (run,) = recorded["a debugger that the handler starts"]
    assert run["result"] == ["work"]


def test_every_deadline_arrives(recorded: dict[str, Any]) -> None:
    assert [run["raised"] for run in recorded["a deadline"]] == ["DeadlinePassed"] * 40


def test_finalisers_run_when_they_would(recorded: dict[str, Any]) -> None:
    assert [run["result"] for run in recorded["finalisers"]] == [[True, True]]


def test_locals_stay_as_they_are(recorded: dict[str, Any]) -> None:
    assert [run["result"] for run in recorded["locals()"]] == [["a", "b", "more"]]


def test_a_recursion_gets_as_deep_as_alone_but_for_one_level(recorded: dict[str, Any]) -> None:
    (run,), (alone,) = recorded["the recursion limit"], recorded["the recursion limit, alone"]
    assert alone["result"] - run["result"] in (0, 1)


def test_a_stored_tree_is_small(recorded: dict[str, Any]) -> None:
    assert all(len(json.dumps(run["calls"])) < 60_000 for runs in recorded.values() for run in runs if "calls" in run)
