"""A trace of a run that has ended, without the run's secrets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..recording.secret_patterns import HIDDEN

if TYPE_CHECKING:
    from ..recording.recorder import Recording
    from ..recording.redaction import Secrets
    from ..traces import Trace


def redact_trace(trace: Trace, secrets: Secrets, recording: Recording | None = None, *, logs_redacted: bool) -> Trace:
    """Return a trace without secrets, which names the fields that had some.

    Its event was redacted before the run, and its logs as they were written. A value that was found to be secret since
    is removed from the logs now.

    Args:
        trace: the trace of a run that has ended.
        secrets: those of the run.
        recording: the run's, if it has one: its arguments and local variables may have secrets' names.
        logs_redacted: True if a secret was removed from the logs.
    """
    if recording is not None:
        recording.note_secrets(secrets)
    fields: dict[str, Any] = {}
    if trace.result is not None:
        fields["result"] = secrets.json(trace.result)
    if trace.error is not None:
        fields["error"] = {name: secrets.text(text) for name, text in trace.error.items()}
    if trace.logs:
        fields["logs"] = secrets.without_values(trace.logs)
    changed = {name: value for name, value in fields.items() if value != getattr(trace, name)}
    marked = {*trace.redacted, *changed, *(["logs"] if logs_redacted else [])}
    if trace.error is not None and any(HIDDEN in text for text in trace.error.values()):
        # Redacted before it was cut.
        marked.add("error")
    if not marked:
        return trace
    return dataclasses.replace(trace, **changed, redacted=tuple(sorted(marked)))
