"""The local cloud's port."""

from __future__ import annotations

import pytest
from sluice.local.errors import InvalidPortError
from sluice.local.port import local_port


@pytest.mark.parametrize("text", ["0", "65536", "-1", "4566.0", "x", "٤٥٦٦", " "])
def test_a_port_that_is_not_a_number_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SLUICE_PORT", text)
    with pytest.raises(InvalidPortError, match="SLUICE_PORT"):
        local_port()


def test_the_port_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_PORT", raising=False)
    assert local_port() == 4566
    monkeypatch.setenv("SLUICE_PORT", "65535")
    assert local_port() == 65535
