"""Commands that wait for nothing."""

from __future__ import annotations

import pytest

from tests.unit.support.dead import wait_for_nothing


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)
