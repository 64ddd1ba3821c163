"""Traces of events that had no handler, as they are shown."""

from __future__ import annotations

import dataclasses

from ..event.body import decode
from ..recording.redaction import Redaction
from ..traces import Trace


def hide_secrets(trace: Trace) -> Trace:
    """Return a trace without secrets in its event.

    The table holds an event without a handler whole, as there is no other copy to replay. All other events were
    redacted before they were stored.
    """
    if trace.status != "no-handler":
        return trace
    event = Redaction().of_run().json_text(trace.event, decode(trace.event))
    return dataclasses.replace(trace, event=event)
