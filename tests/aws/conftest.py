"""One deployment for all tests of the suite, in the local cloud or on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sluice.stage.names import LOCAL_STAGE

from tests.aws.support import poison, probes, scheduled_events, throttling
from tests.aws.support.account_stage import AccountStage
from tests.aws.support.background import Background, Story
from tests.aws.support.local_stage import LocalStage
from tests.aws.support.options import region_of_environment
from tests.aws.support.people import People, make_people, remove_people
from tests.aws.support.redeployment import Redeployed, redeploy
from tests.aws.support.stage import Stage
from tests.local.support.commands import stop_servers

ORDER = (
    "test_options",
    "test_console",
    "test_emitting",
    "test_completion",
    "test_pausing",
    "test_blocking",
    "test_schedules",
    "test_throttling",
    "test_deployments",
    "test_attempts",
    "test_answers",
    "test_destroying",
)
"""The modules, as they are run: what takes minutes is begun first and looked at last, and then all is destroyed."""

STORIES: dict[str, Story] = {
    "hung": poison.hang,
    "poisoned": poison.poison_a_batch,
    "throttled": throttling.press_and_release,
    "scheduled": scheduled_events.schedule_two,
    "measured": probes.measure,
    "starved": probes.starve,
}
"""Fixtures that take minutes, and what begins with the first test if one is wanted that needs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if item.path.parent.name == "aws"]
    sorted_items = iter(sorted(mine, key=lambda item: ORDER.index(item.path.stem)))
    items[:] = [next(sorted_items) if item in mine else item for item in items]


@pytest.fixture(scope="session", autouse=True)
def _command_servers() -> Iterator[None]:
    yield
    stop_servers()


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage, with every handler running."""
    name, root = request.config.getoption("--stage"), tmp_path_factory.mktemp("promises")
    stage: Stage
    if name == LOCAL_STAGE:
        stage = LocalStage(name, root)
    else:
        region = region_of_environment()
        assert region is not None
        stage = AccountStage(name, root, region)
        stage.check()
    try:
        stage.deploy(1)
        # What an earlier run has left, that was cut off.
        stage.sluice("unblock", "--all")
        stage.sluice("unpause", "--all")
        yield stage
    finally:
        stage.over.set()
        try:
            remove_people(stage)
        finally:
            stage.close()


@pytest.fixture(scope="session")
def begun(deployed: Stage, request: pytest.FixtureRequest) -> dict[str, Background]:
    """Everything that takes minutes and that the tests of this run need, under way."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    return {name: Background(story, deployed) for name, story in STORIES.items() if name in wanted}


@pytest.fixture(scope="session")
def stage(deployed: Stage, begun: dict[str, Background]) -> Stage:
    """The stage, in which what takes minutes has begun."""
    return deployed


@pytest.fixture(scope="session")
def hung(begun: dict[str, Background]) -> poison.Hung:
    seen: poison.Hung = begun["hung"].seen()
    return seen


@pytest.fixture(scope="session")
def poisoned(begun: dict[str, Background]) -> poison.Poisoned:
    seen: poison.Poisoned = begun["poisoned"].seen()
    return seen


@pytest.fixture(scope="session")
def throttled(begun: dict[str, Background]) -> throttling.Throttled:
    seen: throttling.Throttled = begun["throttled"].seen()
    return seen


@pytest.fixture(scope="session")
def scheduled(begun: dict[str, Background]) -> scheduled_events.Later:
    seen: scheduled_events.Later = begun["scheduled"].seen()
    return seen


@pytest.fixture(scope="session")
def measured(begun: dict[str, Background]) -> probes.Measured:
    seen: probes.Measured = begun["measured"].seen()
    return seen


@pytest.fixture(scope="session")
def starved(begun: dict[str, Background]) -> str:
    seen: str = begun["starved"].seen()
    return seen


@pytest.fixture(scope="session")
def people(stage: Stage) -> People:
    """An operator, and one who may do everything else besides."""
    return make_people(stage)


@pytest.fixture(scope="session")
def redeployed(stage: Stage, measured: probes.Measured, throttled: throttling.Throttled) -> Redeployed:
    """A deployment that changes what is paused, what is blocked, and what Sluice does not look after."""
    # A handler that is released in the console within minutes of a deployment stays paused, by the rule of pausing.
    return redeploy(stage)


@pytest.fixture
def answer(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Adds a line to the report that the run ends with."""
    return lambda line: record_property("answer", line)
