"""A trace's page: the outcome first, then the event, the time and the calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..cli.trace_page import attempt_words, pretty
from ..local.errors import ProjectNotFoundError
from ..local.project import find_project
from ..operate.deployed_source import DeployedSource, deployed_source
from ..stage.names import LOCAL_STAGE
from ..traces import Trace
from .call_view import Block, CallView, Local, local_values
from .chain_view import ChainView
from .source_view import Piece, SourceFile, read_source
from .waterfall import Waterfall, waterfall

_MOST_LOGS = 50_000
"""Characters of logs on a page. The JSON has all of them."""


@dataclass(frozen=True, kw_only=True)
class Raised:
    """The place at which a failed run raised: its innermost frame of the team's own code."""

    function: str
    file: str
    line: int
    source: Sequence[Piece]
    values: Sequence[Local]


@dataclass(frozen=True, kw_only=True)
class TracePage:
    """The content of a trace's page.

    Attributes:
        trace: the trace.
        event: the event as indented JSON.
        result: what the handler returned, likewise; None if it did not return.
        raised: where it raised; None if it did not.
        attempts: a line for each attempt.
        blocks: the calls.
        more: what is left out of the calls, in words.
        no_calls: why there are none, in words; empty if there are.
        waterfall: where the time went; None without calls.
        source: the source as deployed; None if it is not to be had.
        changed: True if the function was deployed again since the run.
        logs: the logs.
        logs_left: characters of the logs that are left out.
        chain: the chain of events that it is part of; None if it is alone.
    """

    trace: Trace
    event: str
    result: str | None
    raised: Raised | None
    attempts: Sequence[str]
    blocks: Sequence[Block]
    more: str
    no_calls: str
    waterfall: Waterfall | None
    source: DeployedSource | None
    changed: bool
    logs: str
    logs_left: int
    chain: ChainView | None


def trace_page(trace: Trace, source: DeployedSource | None, chain: ChainView | None) -> TracePage:
    """Return what a trace's page shows.

    Args:
        trace: the trace.
        source: the handler's source as it is deployed now; None if it is not to be had.
        chain: the chain of events that it is part of; None if it is alone.
    """
    changed = source is not None and bool(
        source.modified_ms and trace.started_ms and source.modified_ms > trace.started_ms
    )
    files = {} if source is None or changed else {name: read_source(text) for name, text in source.files.items()}
    view = CallView(trace, files)
    blocks, more = view.blocks()
    return TracePage(
        trace=trace,
        event=pretty(trace.event_json),
        result=pretty(_json_of(trace)) if trace.status == "ok" else None,
        raised=_raised(trace, files),
        attempts=list(attempt_words(trace)),
        blocks=blocks,
        more=", ".join([more] if more else []) or _not_recorded(trace),
        no_calls="" if blocks else trace.no_calls or "the handler's trace setting keeps no calls of such a run",
        waterfall=waterfall(view.calls),
        source=source,
        changed=changed,
        logs=trace.logs[:_MOST_LOGS],
        logs_left=max(0, len(trace.logs) - _MOST_LOGS),
        chain=chain,
    )


def _not_recorded(trace: Trace) -> str:
    return f"not every call is recorded of {', '.join(trace.more_calls)}" if trace.more_calls else ""


def _json_of(trace: Trace) -> str:
    return json.dumps(trace.result, ensure_ascii=False)


def _raised(trace: Trace, files: Mapping[str, SourceFile]) -> Raised | None:
    if not trace.locals or trace.status == "ok":
        return None
    frame: Mapping[str, Any] = trace.locals[-1]
    source = files.get(frame["file"])
    line = frame["line"]
    pieces: Sequence[Piece] = [Piece(frame["source"])]
    if source and 0 < line <= len(source.lines):
        text = "".join(piece.text for piece in source.lines[line - 1])
        if text.strip() == frame["source"].strip():
            pieces = source.lines[line - 1]
    return Raised(
        function=frame["function"],
        file=frame["file"],
        line=line,
        source=[Piece(pieces[0].text.lstrip(), pieces[0].kind), *pieces[1:]] if pieces else pieces,
        values=local_values(frame),
    )


def source_of(stage: str, handler: str) -> DeployedSource | None:
    """Return a handler's source as deployed; None if it is not to be had, or the caller may not read it."""
    try:
        return deployed_source(stage, handler, project=find_project() if stage == LOCAL_STAGE else None)
    except (BotoCoreError, ClientError, ProjectNotFoundError, OSError):
        return None
