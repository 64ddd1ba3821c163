"""The local clouds of the tests here, brought up and down by the real commands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sluice.emitting.emit import forget_queues
from sluice.stage import clients
from sluice.traces import TraceStore, open_store

from tests.local.support.commands import stop_servers
from tests.local.support.dead_letters import Killed, kill_a_redrive
from tests.local.support.poison import Batch, emit_poison
from tests.local.support.projects import Project, make_project
from tests.local.support.restarts import Restarts, restart
from tests.local.support.scheduled_events import Scheduled, schedule_two
from tests.local.support.throttling import Throttling


@pytest.fixture(scope="session", autouse=True)
def _command_servers() -> Iterator[None]:
    yield
    stop_servers()


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
    """The local cloud that most tests share, after everything that takes minutes has begun."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in TAKES_MINUTES:
        if name in wanted:
            request.getfixturevalue(name)
    return cloud


@pytest.fixture(scope="session")
def not_up(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for tests that need no cloud."""
    return make_project(tmp_path_factory.mktemp("not-up"), "small_app.py")


@pytest.fixture(scope="session")
def restarts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarts]:
    """A cloud that has been restarted several times."""
    made = make_project(tmp_path_factory.mktemp("restarts"), "small_app.py")
    try:
        yield restart(made)
    finally:
        down = made.run("down")
        assert down.code == 0, down.err


@contextmanager
def _talking_to(project: Project) -> Iterator[None]:
    """Point this process's own clients at a project's local cloud, with no variable set but its port."""
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
def scheduled(cloud: Project) -> Scheduled:
    """Events that become due while the other tests run."""
    with _talking_to(cloud):
        return schedule_two()


@pytest.fixture(scope="session")
def paused_crons(cloud: Project) -> datetime:
    """The moment at which two crons were paused: one whose ticks wait meanwhile, and one that gets none."""
    ran = cloud.run("pause", "skips-ticks", "queues-ticks", "--reason", "to see their ticks")
    assert ran.code == 0, ran.err
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def killed(cloud: Project) -> Killed:
    """A redrive that was killed half-way. The events that it held come back while the other tests run."""
    with _talking_to(cloud):
        return kill_a_redrive(cloud)


@pytest.fixture(scope="session")
def throttled(cloud: Project) -> Throttling:
    """The console's Throttle button, pressed and released while the other tests run."""
    begun = Throttling(cloud)
    begun.begin()
    return begun


TAKES_MINUTES = ("poison", "scheduled", "paused_crons", "throttled", "killed")
"""Fixtures that start something that takes minutes. They run first, and the tests that wait for them last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_waits)


def _waits(item: pytest.Item) -> bool:
    return not set(TAKES_MINUTES).isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def only_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables that the clients of this process would read."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def _clients(project: Project) -> Iterator[None]:
    with _talking_to(project):
        yield


@pytest.fixture
def store(_clients: None, project: Project, monkeypatch: pytest.MonkeyPatch) -> TraceStore:
    """The traces of the shared cloud. With it, this process's own clients talk to that cloud."""
    monkeypatch.setenv("SLUICE_PORT", str(project.port))
    return open_store("local")


@pytest.fixture
def now() -> float:
    """The moment at which the test began, in seconds since 1970: a later millisecond than that of any event before."""
    began = int(time.time() * 1000)
    while int(time.time() * 1000) == began:
        time.sleep(0.0002)
    return (began + 1) / 1000
