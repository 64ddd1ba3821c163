"""A trace, printed for a person."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

from ..traces import Trace
from ..traces.trace import iso
from .call_tree import call_lines, local_lines
from .terminal import echo

_LONGEST = 20_000
"""Characters of an event or a result to print. `--json` prints all of it."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_OPEN = frozenset("[{")
_CLOSE = frozenset("]}")


def print_trace(trace: Trace, *, full: bool = False) -> None:
    """Print a trace.

    Args:
        trace: the trace.
        full: True to show all calls, and whole values of its execution.
    """
    width = shutil.get_terminal_size().columns - 2
    echo(f"{trace.handler}  {trace.status}", heading=True)
    facts = {
        "id": trace.id,
        "emitted": _with(iso(trace.emitted_ms), f"by {trace.emitted_by}" if trace.emitted_by else None),
        "started": _with(iso(trace.started_ms), None if trace.wait_ms is None else f"after {trace.wait_ms} ms"),
        "finished": _with(
            iso(trace.finished_ms), None if trace.duration_ms is None else f"after {trace.duration_ms} ms"
        ),
        "attempts": str(trace.attempts),
        "running": f"until {iso(trace.over_ms)} at most" if trace.status == "running" else None,
        "parent": trace.parent,
        "not run": (trace.duplicate_of and f"{trace.duplicate_of} has the same key") or trace.skipped,
        "group": trace.failure.group if trace.cause and trace.failure else None,
        "replay of": trace.replay_of,
        "replayed": trace.last_replay and f"as {trace.last_replay}",
        "false claim": trace.claim,
        "request": trace.request_id,
        "log stream": trace.log_stream,
        "cut to fit": ", ".join(trace.cut) or None,
        "redacted": ", ".join(trace.redacted) or None,
    }
    for name, fact in facts.items():
        if fact is not None:
            echo(f"  {name:<11}{fact}")
    section("event", pretty(trace.event_json))
    if trace.status == "ok":
        section("result", pretty(json.dumps(trace.result, ensure_ascii=False)))
    if trace.error:
        traceback = trace.error.get("traceback", "").rstrip()
        section("error", traceback or f"{trace.error.get('type')}: {trace.error.get('message')}")
    if trace.calls is not None:
        section("calls", "\n".join(call_lines(trace, width=width, full=full)))
    if trace.locals:
        section("locals", "\n".join(local_lines(trace, width=width, full=full)))
    if trace.logs:
        section("logs", trace.logs.rstrip("\n"))
    if trace.emitted:
        lines = [f"{event['id']}  {event['handler']}" for event in trace.emitted]
        more = trace.emitted_count - len(lines)
        section("emitted", "\n".join(lines + ([f"and {more} more"] if more > 0 else [])))
    if len(trace.history) > 1 or trace.has_died:
        section("attempts", "\n".join(attempt_words(trace)))


def attempt_words(trace: Trace) -> Iterator[str]:
    """Yield a line for each attempt."""
    for number, attempt in enumerate(trace.history, 1):
        # A start without an end, and another start after it, or none within its time: its process has died.
        is_last = number == len(trace.history)
        died = attempt.outcome == "started" and (not is_last or trace.has_died)
        running = attempt.outcome == "started" and is_last and trace.status == "running"
        reason = attempt.reason or ("its process left no record of an end" if died else None)
        outcome = "died" if died else "running" if running else attempt.outcome
        yield f"{number}. {outcome}" + (f": {reason}" if reason else "")


def _with(fact: str | None, more: str | None) -> str | None:
    return f"{fact}  {more}" if fact and more else fact


def section(name: str, text: str) -> None:
    """Print a heading, and a text below it.

    Args:
        name: the heading.
        text: the text, of one line or several.
    """
    echo(name, heading=True)
    echo("\n".join(f"  {line}" for line in text.splitlines()))


def pretty(text: str) -> str:
    """Return JSON with line breaks and indentation, and no other change."""
    if len(text) > _LONGEST:
        return f"{text[:_LONGEST]}\n… {len(text) - _LONGEST:,} more characters: --json shows all"
    pieces: list[str] = []
    depth = 0
    tokens = _TOKEN.findall(text)
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in _CLOSE:
            depth -= 1
            pieces.append("" if before in _OPEN else _new_line(depth))
        elif before in _OPEN or before == ",":
            pieces.append(_new_line(depth))
        elif before == ":":
            pieces.append(" ")
        pieces.append(token)
        depth += token in _OPEN
    return "".join(pieces)


def _new_line(depth: int) -> str:
    return "\n" + "  " * depth
