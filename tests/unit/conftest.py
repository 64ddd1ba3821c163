"""moto in place of AWS, with one handler's queue and the trace table."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator

import pytest

from tests.unit.support.cloud import HANDLER, STAGE, Cloud, new_cloud
from tests.unit.support.moto_threads import serialise
from tests.unit.support.quick_moto import hurry


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture(scope="session", autouse=True)
def _quick_moto_with_threads() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        hurry(monkeypatch)
        serialise(monkeypatch)
        yield


@pytest.fixture
def pythons_recursion_limit() -> Iterator[None]:
    """As it is in a command line and on Lambda. Some package of the emulator's raises it when it is imported."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Each test's workers set up logging anew, as a new process does."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name in (HANDLER, "audit-log"):
        logging.Logger.manager.loggerDict.pop(name, None)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setenv("SLUICE_STAGE", STAGE)
    with new_cloud() as cloud:
        yield cloud
