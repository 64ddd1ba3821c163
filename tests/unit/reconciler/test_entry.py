"""The reconciler's entry point for Lambda."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.reconciler import entry

from tests.unit.support.pausing_team import Team


@pytest.mark.parametrize("event", [{}, {"detail": "anything"}, "text", None, ["a list"]])
def test_it_runs_the_reconciler_of_its_stage_whatever_it_is_called_with(
    event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_reconciler(stage: str) -> Any:
        opened.append(stage)
        return Team().reconciler()

    monkeypatch.setenv("SLUICE_STAGE", "prod")
    monkeypatch.setattr(entry, "open_reconciler", open_reconciler)
    assert entry.handle(event, None) == {"settled": {}, "named": False, "moved": {}}
    assert opened == ["prod"]
