"""The spans of a trace, out of the form in which they are stored.

The form is that of recording/spans.py. It is read with care: anyone who may write to the table may write anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

KINDS = ("aws", "http", "emit", "log")
"""aws, http: a call to the outside. emit: an emit. log: lines that were printed or logged."""

_FIELDS = 9


class TracedSpan(NamedTuple):
    """Something that a run did outside of its own code.

    Attributes:
        kind: one of `KINDS`.
        service: the AWS service, the host, or the handler that was emitted to; empty for a log.
        operation: the AWS operation, the method, or `emit`.
        resource: the table or the like, the path, the event's id, the first line that was logged; None if not known.
        status: the status code, or an error's name; None if it is not known.
        retries: times that it was tried again.
        start_us: microseconds from the run's start to the span's.
        us: microseconds that it took; None if its end is not known.
        parent: the index of the call that made it; None for none.
    """

    kind: str
    service: str
    operation: str
    resource: str | None
    status: int | str | None
    retries: int
    start_us: int
    us: int | None
    parent: int | None


def spans_of(stored: Mapping[str, Any] | None, log_lines: Sequence[str] = ()) -> list[TracedSpan]:
    """Return the spans in the order in which they were recorded.

    Args:
        stored: a trace's calls, with which they are stored.
        log_lines: the lines of its log, to show in place of their numbers.

    Raises:
        TypeError, ValueError: they are not in the form of a trace's spans.
    """
    calls = (stored or {}).get("calls", [])
    spans = [_span(row, log_lines) for row in _list((stored or {}).get("spans", []))]
    for span in spans:
        if span.parent is not None and span.parent >= len(calls):
            raise ValueError(f"a span has the parent {span.parent}")
    return spans


def number_of_more_spans(stored: Mapping[str, Any] | None) -> int:
    """Return the number of spans that were not recorded, as there were too many."""
    number = (stored or {}).get("more_spans", 0)
    if type(number) is not int:
        raise TypeError("more_spans is no number")
    return number


def _span(row: Any, log_lines: Sequence[str]) -> TracedSpan:
    if len(_list(row)) != _FIELDS:
        raise ValueError(f"a span has {len(row)} fields")
    kind, service, operation, start, us, status, resource, retries, parent = row
    if any(type(text) is not str for text in (kind, service, operation)) or kind not in KINDS:
        raise TypeError("a span names no kind, service or operation")
    if any(type(number) is not int for number in (start, us, retries, parent)):
        raise TypeError("a span's time, retries or parent is no number")
    if kind == "log":
        if type(resource) is not int:
            raise TypeError("a span of a log has no line")
        resource = log_lines[resource] if 0 <= resource < len(log_lines) else None
    if type(status) not in (int, str, type(None)) or type(resource) not in (str, type(None)):
        raise TypeError("a span's status or resource is of another type")
    return TracedSpan(
        kind=kind,
        service=service,
        operation=operation,
        resource=resource,
        status=status,
        retries=retries,
        start_us=start,
        us=us if us >= 0 else None,
        parent=parent if parent >= 0 else None,
    )


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"{type(value).__name__} in place of a list")
    return value
