"""One event's trace."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..event import body
from ..event.envelope import LAST_MS
from .calls import calls_of, functions_with_more, reason_for_none
from .failure import FAILED, Failure

if TYPE_CHECKING:
    from .spans import TracedSpan

STATUSES = ("ok", "error", "timed-out", "running", "interrupted", "dead", "no-handler", "cancelled", "damaged")
"""ok: the handler returned. error: it raised. timed-out, interrupted: the last attempt did not reach its end. running:
it may still do so; it is stored as interrupted.
dead: the fifth attempt did not either. no-handler: no handler had the name. cancelled: the event was delayed, and
somebody cancelled it. damaged: the stored trace can't be read; something else has written it."""

PRINTED = "printed"
"""Metadata of a field: the attribute that is printed in its place; None if nothing is."""

THEN = "then"
"""Metadata of a field: the properties that are printed after it."""

PENDING = "?"
"""Stands after the id of a replay that has begun, and of which nobody has noted yet that SQS accepted its event."""

COMPLETED = frozenset({"ok", "error"})
"""Statuses of events that are done and never run again."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One start of an event's handler, as far as is known.

    Attributes:
        outcome: a trace's status; or `started` if its end is not known (its process died, or it still runs); or
            `no-record` for a first delivery that left nothing behind.
        started_ms: time of the start, in milliseconds since 1970; None if it was not recorded.
        request_id: Lambda's id of the invocation.
        reason: the reason why it ended, in words.
        redrive: redrives of the event before this attempt; None for none.
    """

    outcome: str
    started_ms: int | None = None
    request_id: str | None = None
    reason: str | None = None
    redrive: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The record of an event. Times are milliseconds since 1970.

    Attributes:
        id: the event's id.
        handler: the handler's name.
        status: one of `STATUSES`.
        event: the event's text as it was sent.
        history: every attempt so far, the last one included.
        result: the value that the handler returned, as far as JSON carries it.
        error: `type`, `message` and `traceback` of the exception that ended the last attempt.
        failure: the cause, if the run failed; or if its last attempt is under way, the cause if it records no end.
        logs: the text that the handler printed and logged.
        emitted: id and handler of each event that it emitted.
        emitted_count: number of events that it emitted; `emitted` has room for the first ones only.
        parent: the id of the event whose handler emitted this one.
        hops: emits by handlers between the first event of the chain and this one.
        emitted_ms, started_ms, finished_ms: times of its first emit, and of its last attempt's start and end.
        emitted_by: a handler's name, or else the AWS principal that sent the message, if known.
        request_id, log_stream: Lambda's ids by which to find the last attempt's log.
        duplicate_of: the id of the event that ran in this one's place, as it has the same key.
        skipped: the reason why it was done without a run, in words.
        claim: what its message claimed of itself and was not believed, in words.
        over_ms: time by which the last attempt must be over, if it has recorded no end.
        dead_ms: time from which the event counts as dead if its last attempt has recorded no end.
        calls: the calls of the team's own functions and the spans, in the form that recording/call_log.py and
            recording/spans.py describe; None if they are not kept.
        locals: for a run that failed, the frames of the team's own code that the exception went through, outermost
            first: `function`, `file`, `line`, `source` (the line's text) and `values` (the local variables).
        replay_of: the id of the event that this one replays, if it is a replay.
        replayed_as: the id of the event that the last replay of this one emitted, with `PENDING` after it until that
            is certain.
        cut: names of the fields that were cut to fit.
        redacted: names of those of `event`, `result`, `error` and `logs` from which secrets were removed.
    """

    id: str
    handler: str
    status: str = field(metadata={THEN: ("attempts",)})
    event: str = field(metadata={PRINTED: "event_json"})
    history: tuple[Attempt, ...] = ()
    result: Any = None
    error: dict[str, str] | None = None
    failure: Failure | None = field(default=None, metadata={PRINTED: "cause"})
    logs: str = field(default="", metadata={PRINTED: "log_lines"})
    emitted: tuple[dict[str, str], ...] = ()
    emitted_count: int = 0
    parent: str | None = None
    hops: int = 0
    emitted_ms: int | None = None
    emitted_by: str | None = None
    started_ms: int | None = None
    finished_ms: int | None = field(default=None, metadata={THEN: ("duration_ms", "wait_ms")})
    request_id: str | None = None
    log_stream: str | None = None
    duplicate_of: str | None = None
    skipped: str | None = None
    claim: str | None = None
    over_ms: int | None = field(default=None, metadata={PRINTED: None})
    dead_ms: int | None = field(default=None, metadata={PRINTED: None})
    calls: dict[str, Any] | None = field(
        default=None, metadata={PRINTED: "call_list", THEN: ("more_calls", "no_calls", "spans", "more_spans")}
    )
    locals: tuple[dict[str, Any], ...] = ()
    replay_of: str | None = None
    replayed_as: str | None = field(default=None, metadata={PRINTED: "last_replay"})
    cut: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()

    @property
    def completed(self) -> bool:
        """True if the event is done and must not run again."""
        return self.status in COMPLETED

    @property
    def has_died(self) -> bool:
        """True if the process of the last attempt has ended without a record. It is for a trace that `as_of` gave."""
        is_over = self.status == "dead" or (self.status == "interrupted" and self.over_ms is not None)
        return is_over and bool(self.history) and self.history[-1].outcome == "started"

    @property
    def attempts(self) -> int:
        """Number of known starts of the handler."""
        return len(self.history)

    @property
    def event_json(self) -> str:
        """The event as JSON text: the body itself if it is JSON, or else the body as a JSON string."""
        return self.event if "event" not in self.cut and body.is_json(self.event) else json.dumps(self.event)

    @property
    def log_lines(self) -> list[str]:
        """Lines of `logs`."""
        return self.logs.splitlines()

    @property
    def cause(self) -> dict[str, str] | None:
        """The fields of `failure`; None if the run has not failed."""
        return self.failure._asdict() if self.failure and self.status in FAILED else None

    @property
    def call_list(self) -> list[dict[str, Any]] | None:
        """The calls as `--json` prints them; None if they are not kept."""
        return None if self.calls is None else [call.printed() for call in calls_of(self.calls)]

    @property
    def more_calls(self) -> list[str]:
        """Names of the functions of which not every call is recorded."""
        return functions_with_more(self.calls)

    @property
    def no_calls(self) -> str | None:
        """The reason why no calls were recorded, in words."""
        return reason_for_none(self.calls)

    @property
    def last_replay(self) -> str | None:
        """The id of the event that the last replay emitted; None without one, and while it is not certain."""
        return certain_replay(self.replayed_as)

    @property
    def pending_replay(self) -> str | None:
        """The id of the event of a replay that has begun and may have been cut off; None if there is none."""
        mark = self.replayed_as or ""
        return mark.removesuffix(PENDING) if mark.endswith(PENDING) else None

    @property
    def spans(self) -> list[dict[str, Any]] | None:
        """The spans as `--json` prints them; None if they are not kept."""
        return None if self.calls is None else [span._asdict() for span in self.traced_spans]

    @property
    def traced_spans(self) -> list[TracedSpan]:
        """The spans; those of the log have its lines."""
        from .spans import spans_of  # noqa: PLC0415 - for readers only: each cold start would pay for it

        return spans_of(self.calls, [] if "logs" in self.cut else self.log_lines)

    @property
    def more_spans(self) -> int:
        """Number of spans that were not recorded, as there were too many."""
        from .spans import number_of_more_spans  # noqa: PLC0415 - as above

        return number_of_more_spans(self.calls)

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds that the last attempt took; None if its end is not known."""
        if self.started_ms is None or self.finished_ms is None:
            return None
        return self.finished_ms - self.started_ms

    @property
    def wait_ms(self) -> int | None:
        """Milliseconds from the first emit to the start of the last attempt."""
        if self.started_ms is None or self.emitted_ms is None:
            return None
        return max(0, self.started_ms - self.emitted_ms)

    def ended(self, **fields: Any) -> Trace:
        """Return the trace with what is known at the end of an attempt.

        Args:
            fields: the fields that change.
        """
        assert vars(self).keys() >= fields.keys()  # noqa: S101 - a mistake of ours
        # Not with dataclasses.replace, which takes a thirtieth of an event's time.
        trace = object.__new__(Trace)
        vars(trace).update(vars(self), over_ms=None, dead_ms=None, failure=None)
        vars(trace).update(fields)
        return trace

    def as_of(self, now_ms: int) -> Trace:
        """Return the trace as it reads at a moment.

        An attempt without an end on record is running, until it must be over. Then its process has died; after a fifth
        attempt, the event is dead.
        """
        if not self.completed and self.dead_ms is not None and now_ms >= self.dead_ms:
            return dataclasses.replace(self, status="dead")
        if self.status == "interrupted" and self.over_ms is not None and now_ms < self.over_ms:
            return dataclasses.replace(self, status="running")
        return self

    def printed(self) -> dict[str, Any]:
        """Return the trace's fields by their public names, in the order of printing; the event is JSON text."""
        return dict(_public_fields(self))

    def to_json(self) -> str:
        """Return the trace as a JSON object. Its event stands in it as it was sent, number for number."""
        texts = {name: value if name == "event" else json.dumps(value) for name, value in self.printed().items()}
        return "{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}"


def _public_fields(record: Attempt | Trace) -> Iterator[tuple[str, Any]]:
    for each in dataclasses.fields(record):
        source = each.metadata.get(PRINTED, each.name)
        if source is None:
            continue
        value = getattr(record, source)
        if each.name.endswith("_ms"):
            yield each.name.removesuffix("_ms") + "_at", iso(value)
        else:
            yield each.name, [_public(one) for one in value] if isinstance(value, tuple) else value
        for name in each.metadata.get(THEN, ()):
            yield name, getattr(record, name)


def _public(value: Any) -> Any:
    if not isinstance(value, Attempt):
        return value
    return {name: known for name, known in _public_fields(value) if known is not None}


def certain_replay(mark: str | None) -> str | None:
    """Return the id in `Trace.replayed_as`; None without one, and while the replay is not certain."""
    return None if mark is None or mark.endswith(PENDING) else mark


def iso(milliseconds: int | None) -> str | None:
    """Return a moment in ISO 8601, UTC, to the millisecond; None for one that no calendar has.

    Args:
        milliseconds: since 1970.
    """
    if milliseconds is None or not 0 <= milliseconds <= LAST_MS:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
