"""Tests that share a local cloud, or a synthesised template, run in one of the two processes that share the tests."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from sluice.event.ids import time_of_id

from tests.aws.support.options import add_options, check_options
from tests.aws.support.report import print_answers

# A slow machine must not fail a test, so no example has a deadline.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")

TOGETHER = ("aws", "local", "infra")
"""Folders whose tests share something that takes long to make."""

SHARED = "cloud"
"""The fixture of the tests of `local` that share one cloud. The others have clouds of their own, or none."""

HERE = Path(__file__).parent

NEW_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
STARTED = time.time()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests/aws: its own conftest.py is read too late where all tests are run."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    check_options(config)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    print_answers(terminalreporter)


def pytest_itemcollected(item: pytest.Item) -> None:
    for found in NEW_ID.findall(item.nodeid):
        if (time_of_id(found) or 0.0) > STARTED - 86_400:
            # The processes that share the tests have to collect the same ones.
            raise pytest.UsageError(f"{item.nodeid} has a new id in its name: give its parameters `ids`")
    folder = item.path.relative_to(HERE).parts[0]
    if folder in TOGETHER:
        alone = folder == "local" and SHARED not in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group(f"{folder}-alone" if alone else folder))
