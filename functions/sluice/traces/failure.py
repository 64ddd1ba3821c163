"""A failed run, in the few words by which it is counted, grouped and found.

Only the item of a failed run has the attributes of the index `failures`, so an event that ends well costs nothing for
it. The index is spread over as many partitions as a handler's traces and sorted by the time of the failure: a partition
takes 1,000 writes/s (DynamoDB's quota), so a stage can record 32,000 failures a second.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..event import body, ids

if TYPE_CHECKING:
    from .trace import Trace

FAILED: Final = ("error", "timed-out", "dead")
"""Statuses of failed runs: the handler raised, the last attempt ran out of time, or none of five reached its end."""

INDEX = "failures"
INDEX_PARTITION = "failed_shard"
INDEX_SORT = "failed_ms"
INDEX_ATTRIBUTES = ("status", "expires_at", "failure", "replayed_as")
"""The index, its keys, and the further attributes that it has. Changing these makes DynamoDB build another index."""

INDEX_SHARDS = 32
"""Partitions of the index."""

PROCESS_DIED = "ProcessDied"
"""The type of a failure without an exception: the last attempt started, and its end was never recorded."""

_READ = 1_000
"""Characters of a message that are looked at."""

_KEPT_BYTES: Final = {"type": 120, "message": 240, "where": 200}
"""Bytes of each text that are kept: an entry of the index is then one write unit (1,024 bytes)."""

_GROUP_DIGITS = 8

_VARIABLE = (
    (r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "<email>"),
    (r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", "<id>"),
    (
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
        "<time>",
    ),
    (r"0x[0-9a-fA-F]+", "<address>"),
    (r"""(?<!\w)(?:'[^']*'|"[^"]*"|`[^`]*`|“[^”]*”|«[^»]*»)(?!\w)""", "<text>"),
)
"""The parts of a message that differ from run to run, in the order in which they are replaced. `re` compiles them when
a run fails for the first time, not at every cold start."""

_WITH_DIGITS = r"(?<![\w-])[\w-]*\d[\w-]*(?:[.,:]\d[\w-]*)*"
_REPEATED = r"(<\w+>)(?:[,;:]? ?\1)+"


class Failure(NamedTuple):
    """The cause of a failed run.

    Attributes:
        group: the fingerprint of the cause: the same for all runs of the handler that failed because of it.
        type: the exception's type; `TimedOut` or `ProcessDied` if the run was cut off.
        message: the exception's message, without what differs from run to run.
        where: `file:line function` of the innermost frame of the team's own code; empty if there is none.
    """

    group: str
    type: str
    message: str
    where: str = ""


def failure(handler: str, *, kind: str, message: str, where: str = "", place: str = "") -> Failure:
    """Return the cause of a failed run.

    Args:
        handler: the handler's name.
        kind: the exception's type, or the kind of death.
        message: the exception's message.
        where: `file:line function` of the frame that raised.
        place: what tells that frame from others, whatever stands above it in its file; empty for a kind of death.
    """
    general = normalised(message)
    cause = "\0".join((handler, kind, place, general))
    group = hashlib.sha256(cause.encode(errors="replace")).hexdigest()[:_GROUP_DIGITS]
    return Failure(group=group, type=_kept("type", kind), message=general, where=_kept("where", where))


def process_died(handler: str) -> Failure:
    """Return the cause of a last attempt that started and whose end was never recorded."""
    return failure(handler, kind=PROCESS_DIED, message="the run did not reach its end, and left no record of why")


def normalised(message: str) -> str:
    """Return a message in one line, without numbers, ids, quoted texts, addresses and times, and not too long."""
    text = " ".join(message[:_READ].split())
    for pattern, name in _VARIABLE:
        text = re.sub(pattern, name, text)
    text = re.sub(_WITH_DIGITS, lambda found: "<id>" if any(map(str.isalpha, found.group())) else "<number>", text)
    return _kept("message", re.sub(_REPEATED, r"\1", text))


def index_attributes(trace: Trace) -> dict[str, Any]:
    """Return the attributes that put a trace's item into the index of failures; none unless its run failed.

    A start without an end is in the index under the moment at which it must be over: until then it is running. Then a
    last attempt counts as dead, as its process may die without another write; it has a cause, and any other has none.
    """
    if trace.status not in FAILED and trace.over_ms is None and trace.dead_ms is None:
        return {}
    moments = (
        trace.dead_ms,
        trace.over_ms,
        trace.finished_ms,
        trace.started_ms,
        int((ids.time_of_id(trace.id) or 0) * 1000),
    )
    cause = {name: text for name, text in trace.failure._asdict().items() if text} if trace.failure else None
    return {
        INDEX_PARTITION: {"S": str(int(trace.id[-4:], 16) % INDEX_SHARDS)},
        INDEX_SORT: {"N": str(next(moment for moment in moments if moment is not None))},
        **({"failure": {"S": body.encode(cause)}} if cause else {}),
    }


def read_failure(fields: Mapping[str, Any]) -> Failure:
    """Return the failure in an item's JSON. Fields of a newer version are left out.

    Raises:
        KeyError, TypeError: these are no failure's fields.
    """
    texts = {name: fields.get(name, "") for name in ("type", "message", "where")}
    group = fields["group"]
    for text in (group, *texts.values()):
        if type(text) is not str:
            raise TypeError(f"a failure has {type(text).__name__}")
    return Failure(group=group, **texts)


def _kept(name: str, text: str) -> str:
    """Return as much of a text as an entry of the index has room for."""
    limit, size = _KEPT_BYTES[name], _size(text)
    if size <= limit:
        return text
    while size > limit - _size("…"):
        text = text[: min(len(text) - 1, len(text) * limit // size)]
        size = _size(text)
    return text + "…"


def _size(text: str) -> int:
    """Return the bytes of a text within JSON, without its quotes."""
    return len(body.encode(text).encode()) - 2
