"""Tests that share a local cloud, or a synthesised template, run in one of the two processes that share the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine must not fail a test, so no example has a deadline.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")

TOGETHER = ("local", "infra")
"""Folders whose tests share something that takes long to make."""

SHARED = "cloud"
"""The fixture of the tests of `local` that share one cloud. The others have clouds of their own, or none."""

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(HERE).parts[0]
    if folder in TOGETHER:
        alone = folder == "local" and SHARED not in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group(f"{folder}-alone" if alone else folder))
