"""The note on a Python that is not the functions' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sluice.local.interpreter import PYTHON_METADATA
from sluice.local.python_note import note_on_python


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        (None, None),
        ({}, None),
        ({PYTHON_METADATA: {"wanted": "3.13", "used": "3.12"}}, "here they run on Python 3.12. To have it"),
        (
            {PYTHON_METADATA: {"wanted": "3.14", "used": "3.11"}},
            "no Python 3.14, which functions have on AWS: here they run on Python 3.11, and their traces have no calls",
        ),
    ],
)
def test_the_note_says_what_is_missing_and_how_to_have_it(
    tmp_path: Path, metadata: dict[str, Any] | None, note: str | None
) -> None:
    if metadata is not None:
        (tmp_path / "sluice-local.template.json").write_text(json.dumps({"Resources": {}, "Metadata": metadata}))
    found = note_on_python(tmp_path)
    assert (found is None) == (note is None)
    if note:
        assert note in str(found)
        assert "uv python install 3.1" in str(found)
