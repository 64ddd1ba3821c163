"""Two processes share the tests: what shares a local cloud, or a synthesised template, stays in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

TOGETHER = ("local", "infra")
"""Folders whose tests share what takes long to make."""

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))
