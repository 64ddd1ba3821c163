"""One local cloud for all tests here, brought up and down by the real commands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from sluice.emitting.emit import forget_queues
from sluice.stage import clients
from sluice.stage.names import Names
from sluice.traces import TraceStore, open_store

from tests.local.support.dead_letters import Killed, kill_a_redrive
from tests.local.support.poison import Batch, emit_poison
from tests.local.support.projects import Project, make_project
from tests.local.support.scheduled_events import Later, set_up
from tests.local.support.throttling import Throttling


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The local cloud that most tests share, as it comes up."""
    made = make_project(tmp_path_factory.mktemp("project"))
    try:
        ran = made.run("up")
        assert ran.code == 0, ran.err
        yield made
    finally:
        down = made.run("down")
        assert down.code == 0, down.err


@pytest.fixture(scope="session")
def project(cloud: Project, request: pytest.FixtureRequest) -> Project:
    """The local cloud that most tests share, with everything begun that takes minutes."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in TAKES_MINUTES:
        if name in wanted:
            request.getfixturevalue(name)
    return cloud


@pytest.fixture(scope="session")
def not_up(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for what needs no cloud."""
    return make_project(tmp_path_factory.mktemp("not-up"))


@contextmanager
def _talking_to(project: Project) -> Iterator[None]:
    """This process's own clients talk to a project's local cloud, with nothing set but its port."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("SLUICE_PORT", str(project.port))
        clients.forget_clients()
        forget_queues()
        yield
    clients.forget_clients()
    forget_queues()


@pytest.fixture(scope="session")
def poison(cloud: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Batch]:
    """Poisonous events of several kinds, each kind at a handler of its own."""
    directory = tmp_path_factory.mktemp("starts")
    with _talking_to(cloud):
        batches = [
            emit_poison("exits", directory, count=10, poisonous=frozenset({3})),
            emit_poison("sleeps", directory, count=10, poisonous=frozenset({0})),
            emit_poison("hogs", directory, count=10, poisonous=frozenset({9})),
            emit_poison("exits-among-many", directory, count=200, poisonous=frozenset({17, 18, 140})),
        ]
    return {batch.handler: batch for batch in batches}


@pytest.fixture(scope="session")
def for_later(cloud: Project) -> Later:
    """Events for a moment that comes while the other tests run."""
    with _talking_to(cloud):
        return set_up()


@pytest.fixture(scope="session")
def missed(cloud: Project) -> datetime:
    """Two crons that have been paused since then: one whose ticks wait, and one that has none."""
    ran = cloud.run("pause", "skips-ticks", "queues-ticks", "--reason", "to see what becomes of their ticks")
    assert ran.code == 0, ran.err
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def killed(cloud: Project) -> Killed:
    """A redrive that was killed half-way. The events that it was at come back while the other tests run."""
    with _talking_to(cloud):
        return kill_a_redrive(cloud)


@pytest.fixture(scope="session")
def throttled(cloud: Project) -> Throttling:
    """The console's Throttle button, pressed and released while the other tests run."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{cloud.port}",
        region_name=clients.LOCAL_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    begun = Throttling(cloud, TraceStore(client, Names("local").trace_table))
    begun.begin()
    return begun


TAKES_MINUTES = ("poison", "for_later", "missed", "throttled", "killed")
"""Fixtures that start what takes minutes. They come first, and the tests that wait for them last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_waits)


def _waits(item: pytest.Item) -> bool:
    return not set(TAKES_MINUTES).isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def only_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's own clients talk to the local cloud, with nothing set but its port."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def store(project: Project) -> Iterator[TraceStore]:
    with _talking_to(project):
        yield open_store("local")


@pytest.fixture
def now() -> float:
    """When the test began, for the traces since then: a later millisecond than any event before it."""
    began = int(time.time() * 1000)
    while int(time.time() * 1000) == began:
        time.sleep(0.0002)
    return (began + 1) / 1000
