"""The project that a directory belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
from sluice.local.errors import ProjectNotFoundError
from sluice.local.project import find_project


def test_a_project_is_found_from_within(tmp_path: Path) -> None:
    inside = tmp_path / "functions" / "handlers"
    inside.mkdir(parents=True)
    (tmp_path / "app.py").touch()
    with pytest.raises(ProjectNotFoundError, match=r"app\.py and cdk\.json"):
        find_project(inside)

    (tmp_path / "cdk.json").touch()

    assert find_project(inside) == find_project(tmp_path) == tmp_path.resolve()
