"""Two processes share the tests: what shares a local cloud, or a synthesised template, stays in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

TOGETHER = ("local", "infra")
"""Folders whose tests share what takes long to make."""

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(HERE).parts[0]
    if folder in TOGETHER:
        item.add_marker(pytest.mark.xdist_group(folder))
