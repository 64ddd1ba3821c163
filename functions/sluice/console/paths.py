"""The paths of pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from ..event.ids import is_id

Form = Mapping[str, str]
"""The fields of a form."""


def trace_path(stage: str, handler: str, event_id: str) -> str:
    """Return the path of a trace's page."""
    return f"/{stage}/trace/{quote(handler, safe='')}/{quote(event_id, safe='')}"


def handler_path(stage: str, handler: str) -> str:
    """Return the path of a handler's page."""
    return f"/{stage}/handler/{quote(handler, safe='')}"


def path_back(form: Form, stage: str, handler: str) -> str:
    """Return the page from which an action came: a page of this console's, whatever the form says."""
    if form.get("back") == "overview":
        return f"/{stage}"
    if form.get("back") == "trace" and is_id(form.get("id", "")):
        return trace_path(stage, handler, form["id"])
    return handler_path(stage, handler)
