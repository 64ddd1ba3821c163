"""The note for people whose local cloud runs functions on another Python than AWS does."""

from __future__ import annotations

import json
from pathlib import Path

from ..stage.names import LOCAL_STAGE, Names
from .interpreter import PYTHON_METADATA, VERSIONS


def note_on_python(assembly: Path) -> str | None:
    """Return a sentence; None if functions run on the Python that they have on AWS.

    Args:
        assembly: the directory that the local cloud's template was synthesised into.
    """
    template = assembly / f"{Names(LOCAL_STAGE).stack}.template.json"
    # An app.py may put the stack elsewhere.
    content = json.loads(template.read_text(encoding="utf-8")) if template.is_file() else {}
    python = content.get("Metadata", {}).get(PYTHON_METADATA)
    if not python:
        return None
    wanted, used = python["wanted"], python["used"]
    calls = "" if used in VERSIONS else ", and their traces have no calls"
    return (
        f"this machine has no Python {wanted}, which functions have on AWS: here they run on Python {used}{calls}."
        f" To have it: uv python install {wanted}, then sluice up"
    )
