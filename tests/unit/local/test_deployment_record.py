"""The record of what was deployed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sluice.local.deployment_record import DeploymentRecord, read_record, write_record
from sluice.local.processes import Identity


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "deployed.json"
    assert read_record(file) is None
    for made_from in ("abc", None):
        record = DeploymentRecord(Identity(7, 1.5), made_from)
        write_record(file, record)
        assert read_record(file) == record
    write_record(file, None)
    assert read_record(file) is None
    write_record(file, None)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"server": {"pid": 1}, "made_from": "x"}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "deployed.json"
    file.write_text(text)

    assert read_record(file) is None
