"""A run of `sluice try`, printed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..traces import Trace
from ..traces.calls import TracedCall
from ..trying.compare import Comparison, outcome_of
from ..trying.first_difference import CallDifference
from ..trying.process import TryRun
from .call_tree import call_lines, call_text, local_lines
from .terminal import echo
from .trace_page import pretty, section

_WIDE = 9
"""Columns of a label."""

_WHAT = {"call": "function", "arguments": "arguments", "outcome": "outcome"}
"""Words for the part of a call that differs, by `CallDifference.what`."""


def print_try(run: TryRun, comparison: Comparison | None, *, full: bool) -> None:
    """Print a run, and how it differs from that of then, which comes last.

    Args:
        run: the run.
        comparison: it beside the trace of the same event; None if there is no trace.
        full: True to show all calls, and whole values.
    """
    width = shutil.get_terminal_size().columns - 2
    now = run.trace
    duration = "" if now.duration_ms is None else f" in {now.duration_ms} ms"
    echo(f"{now.handler}  {now.status}{duration} on Python {run.python}", heading=True)
    if now.error:
        section("error", now.error["traceback"].rstrip() or f"{now.error['type']}: {now.error['message']}")
    if now.calls is not None:
        section("calls", "\n".join(call_lines(now, width=width, full=full)))
    if now.locals:
        section("locals", "\n".join(local_lines(now, width=width, full=full)))
    if now.logs:
        section("logs", now.logs.rstrip("\n"))
    if run.emitted:
        section("emitted, but not sent", "\n".join(map(_emit_line, run.emitted)))
    if run.refused:
        lines = [f"{call['service']} {call['operation']}" for call in run.refused]
        section("refused", "\n".join([*lines, "--allow-writes lets such calls through"]))
    if comparison is None:
        if now.status == "ok":
            section("result", pretty(json.dumps(now.result, ensure_ascii=False)))
        return
    section("then and now", "\n".join(_comparison_lines(comparison, width=width, full=full)))


def try_json(run: TryRun, then: Trace | None, comparison: Comparison | None) -> str:
    """Return a run as JSON: `handler`, `now`, `then` (the trace) and `comparison`.

    Args:
        run: the run.
        then: the trace of the same event; None if there is none.
        comparison: it beside that trace.
    """
    printed = run.trace.printed()
    fields = ("status", "result", "error", "logs", "calls", "more_calls", "no_calls", "locals", "duration_ms")
    now = {name: printed[name] for name in fields} | {
        "outcome": outcome_of(run.trace),
        "emitted": run.emitted,
        "refused": run.refused,
        "python": run.python,
    }
    compared = None if comparison is None else {**asdict(comparison), "passes": comparison.passes}
    texts = {
        "id": json.dumps(run.trace.id),
        "handler": json.dumps(run.trace.handler),
        "now": json.dumps(now),
        "then": "null" if then is None else then.to_json(),
        "comparison": json.dumps(compared),
    }
    return "{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}"


def _emit_line(emitted: dict[str, Any]) -> str:
    when = f"  at {emitted['at']}" if emitted["at"] else f"  in {emitted['delay']} s" if emitted["delay"] else ""
    return f"{emitted['handler']}{when}  {emitted['event']}"


def _comparison_lines(comparison: Comparison, *, width: int, full: bool) -> Iterator[str]:
    missing = comparison.not_compared
    if comparison.then is None:
        yield f"{'outcome':<{_WIDE}}{comparison.now}; {missing['outcome']}"
        return
    if comparison.same_outcome:
        yield f"{'outcome':<{_WIDE}}as then: {_first_line(comparison.now)}"
    else:
        yield "outcome"
        yield f"  - {_first_line(comparison.then)}"
        yield f"  + {_first_line(comparison.now)}"
    yield from _part("result", comparison.result, missing)
    yield from _part("emitted", comparison.emitted, missing)
    if comparison.call is not None:
        yield f"calls    the first that differs, by its {_WHAT[comparison.call.what]}:"
        for line in _call_lines(comparison.call):
            yield line if full or len(line) <= width - 2 else line[: width - 3] + "…"
    elif "calls" in missing:
        yield f"{'calls':<{_WIDE}}not compared: {missing['calls']}"
    else:
        yield f"{'calls':<{_WIDE}}as then"


def _part(name: str, lines: list[str], missing: dict[str, str]) -> Iterator[str]:
    if name in missing:
        yield f"{name:<{_WIDE}}not compared: {missing[name]}"
    elif lines:
        yield name
        yield from (f"  {line[:1]} {line[1:]}".rstrip() for line in lines)
    else:
        yield f"{name:<{_WIDE}}as then"


def _call_lines(difference: CallDifference) -> Iterator[str]:
    yield f"  - {_call(difference.then)}"
    yield f"  + {_call(difference.now)}"


def _call(call: TracedCall | None) -> str:
    return "no more calls" if call is None else call_text(call)


def _first_line(text: str) -> str:
    first, _, rest = text.partition("\n")
    return f"{first} …" if rest else first
