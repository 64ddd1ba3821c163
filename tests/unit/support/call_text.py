"""Recorded calls as text that a person can read: one line a call, indented below its caller."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sluice.traces.calls import TracedCall, calls_of, functions_with_more


def call_text(stored: dict[str, Any]) -> str:
    """Return the calls' names, arguments and results; `!` before what was raised, `?` for an end that is not known."""
    calls = calls_of(stored)

    def lines_below(parent: int | None, depth: int) -> Iterator[str]:
        for index, call in enumerate(calls):
            if call.parent == parent:
                yield "  " * depth + _line(call)
                yield from lines_below(index, depth + 1)

    more = functions_with_more(stored)
    return "\n".join([*lines_below(None, 0), *([f"more: {', '.join(more)}"] if more else [])])


def _line(call: TracedCall) -> str:
    arguments = ", ".join(f"{name}={brief(value)}" for name, value in (call.arguments or {}).items())
    result = "" if call.result is None else f" -> {brief(call.result)}"
    end = {"returned": result, "raised": f" ! {brief(call.result)}"}.get(call.state, " ?")
    return f"{call.function}({arguments}){end}"


def brief(value: Any) -> str:
    """Return a value in a few characters."""
    if isinstance(value, dict) and value.get("$", "").endswith("Error"):
        return f"{value['$']}{tuple(value['v']['args']['v'])}"
    return json.dumps(value)
