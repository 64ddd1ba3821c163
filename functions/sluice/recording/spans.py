"""Spans of a run: its calls to the outside, what it emitted, and the lines that it logged.

A trace has `[[kind, service, operation, start_us, us, status, resource, retries, parent]]`. `kind` is `aws`, `http`,
`emit` or `log`. `us` is -1 if its end is not known. `parent` is the index of the call that made it, or -1. A line of
the log has the line's number in place of the resource.

The libraries' functions are replaced (span_hooks.py) once the library is imported, and not before: a handler that does
not use it pays for nothing.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .call_log import now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from .call_log import CallLog
    from .render import Secrets

MAX_SPANS = 100
"""Spans that are recorded in one run."""

MAX_LOG_LINES = 50
"""Writes to the log among them."""

MAX_SHOWN = 120
"""Characters of each text of a span."""

MAX_LOOKED_AT = 2_000
"""Characters of such a text that are kept until secrets are removed from it."""

AWS, HTTP, EMIT, LOG = "aws", "http", "emit", "log"

HOOKED = frozenset({"botocore.client", "urllib3.connectionpool", "http.client", "httpx._client"})
"""Modules whose functions are replaced: boto3's, that of requests, urllib's, httpx's."""


class Span:
    """Something that a run did outside of its own code.

    Args:
        log: those of the run.
        kind: `aws`, `http`, `emit` or `log`.
        service: an AWS service, a host, or the handler that was emitted to.
        operation: an operation of the service, or a method of HTTP.
        resource: what it was done to, such as a table or a path.

    Attributes:
        status: a status code, or the name of an error; None if it is not known.
        retries: times that it was tried again.
    """

    __slots__ = (
        *("end", "kind", "log", "operation", "parent", "resource", "retries", "service", "start", "status", "thread"),
    )

    def __init__(self, log: SpanLog, kind: str, service: str, operation: str, resource: str | None) -> None:
        self.log = log
        self.kind = kind
        self.service = service
        self.operation = operation
        self.resource = resource
        self.status: int | str | None = None
        self.retries = self.end = 0
        self.parent = log.calls.current() if log.calls is not None else -1
        self.thread = get_ident()
        self.start = now()

    def finish(self, status: int | str | None = None, retries: int = 0) -> None:
        """Note its end."""
        self.end = now()
        self.status = status
        self.retries = retries

    def failed(self, error: BaseException) -> None:
        """Note the exception that ended it, by its type. No code of the exception's own runs for it."""
        self.finish(vars(type)["__qualname__"].__get__(type(error)))

    def leave(self) -> None:
        """Record what this thread does again. It did not while the span lasted, as that is part of it."""
        self.log.inside.discard(self.thread)


class SpanLog:
    """The spans of one run.

    Args:
        calls: the run's calls; None if they are not recorded.

    Attributes:
        inside: the threads that are within a span whose parts are not recorded.
        dropped: spans for which there was no room.
    """

    __slots__ = ("calls", "dropped", "inside", "lines", "log_rows", "rows", "started")

    def __init__(self, calls: CallLog | None) -> None:
        self.calls = calls
        self.rows: list[Span] = []
        self.inside: set[int] = set()
        self.dropped = self.lines = self.log_rows = 0
        self.started = calls.started if calls is not None else now()

    @property
    def outside_count(self) -> int:
        """Number of calls to the outside."""
        return sum(span.kind in (AWS, HTTP) for span in self.rows)

    def begin(self, kind: str, service: str, operation: str, resource: str | None, *, whole: bool) -> Span:
        """Begin a span.

        Args:
            kind: as `Span` has it, and so are the next three.
            service: see there.
            operation: see there.
            resource: see there.
            whole: True if what this thread does until its end is part of it. Call `leave` then.
        """
        span = Span(self, kind, service, operation, resource)
        if len(self.rows) < MAX_SPANS:
            self.rows.append(span)
        else:
            self.dropped += 1
        if whole:
            self.inside.add(span.thread)
        return span

    def note_emit(self, handler: str, event_ids: Sequence[str], begun: int) -> None:
        """Note an emit that has ended.

        Args:
            handler: the handler that was emitted to.
            event_ids: the events' ids.
            begun: the moment at which it began, on the clock of `now`.
        """
        with suppress(Exception):
            one = len(event_ids) == 1
            span = self.begin(EMIT, handler, EMIT, event_ids[0] if one else f"{len(event_ids)} events", whole=False)
            span.start = begun
            span.finish()

    def note_log(self, text: str) -> None:
        """Note a text that was written to the log, by the number of its first line."""
        with suppress(Exception):
            if self.log_rows < MAX_LOG_LINES and len(self.rows) < MAX_SPANS:
                self.log_rows += 1
                self.begin(LOG, "", "", str(self.lines), whole=False).finish()
            self.lines += text.count("\n")

    def rendered(self, secrets: Secrets) -> dict[str, Any]:
        """Return the fields `spans` and `more_spans`, as far as there are any.

        Args:
            secrets: what to remove.
        """
        rows = [self._row(span, secrets) for span in list(self.rows)]
        return {**({"spans": rows} if rows else {}), **({"more_spans": self.dropped} if self.dropped else {})}

    def _row(self, span: Span, secrets: Secrets) -> list[Any]:
        resource: Any = span.resource
        if span.kind == LOG:
            resource = int(span.resource or 0)
        elif resource is not None:
            resource = _shown(resource, secrets)
        return [
            span.kind,
            _shown(span.service, secrets),
            _shown(span.operation, secrets),
            (span.start - self.started) // 1000,
            (span.end - span.start) // 1000 if span.end else -1,
            span.status,
            resource,
            span.retries,
            span.parent,
        ]


def _shown(text: str, secrets: Secrets) -> str:
    # Redacted before it is cut: half a secret looks like none.
    return secrets.text(text[:MAX_LOOKED_AT])[:MAX_SHOWN]


class _Current:
    """The spans of the run under way; None between runs."""

    log: SpanLog | None = None


def open_log() -> SpanLog | None:
    """Return the spans to record into; None if this thread's doings are not recorded now."""
    log = _Current.log
    return None if log is None or get_ident() in log.inside else log


def begin_run(log: SpanLog) -> None:
    """Record spans from now on, also those of a library that was imported meanwhile."""
    for name in HOOKED - _hooked:
        if name in sys.modules:
            _hook(name, sys.modules[name])
    _Current.log = log


def end_run() -> None:
    """Record no more spans."""
    _Current.log = None


_hooked: set[str] = set()
"""Modules whose functions are replaced, or could not be."""


def _hook(name: str, module: ModuleType) -> None:
    if name not in _hooked:
        _hooked.add(name)
        with suppress(Exception):
            from .span_hooks import HOOKS  # noqa: PLC0415 - only for a handler that calls the outside

            HOOKS[name](module)


class _Finder:
    """Replaces the functions of a library that is imported later, such as boto3 in the middle of a run."""

    def __init__(self) -> None:
        self._is_asking = False

    def find_spec(self, name: str, _path: object, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load one of these libraries; None for any other module. Python's import calls this."""
        if name not in HOOKED or self._is_asking or name in _hooked:
            return None
        self._is_asking = True
        try:
            import importlib.util  # noqa: PLC0415 - only for a handler that calls the outside

            # From the other finders, whoever's they are.
            spec = importlib.util.find_spec(name)
        finally:
            self._is_asking = False
        with suppress(Exception):
            loader: Any = spec.loader if spec else None
            load = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _hook(name, module)

            loader.exec_module = exec_module
        return spec


def install() -> None:
    """Replace functions as libraries are imported. Call it before the handler's module is imported."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        finder: Any = _Finder()
        sys.meta_path.insert(0, finder)
