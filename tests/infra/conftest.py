"""What is synthesised once: the CDK takes seconds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import Cron, Worker
from infra.bundle import build_layer, target_of
from tests.infra.synth import PROJECT, Template, make_stack, run_app, synthesise, template_in

TUNED = Worker(
    "tuned",
    timeout=20,
    memory=1024,
    batch_size=40,
    batch_window=5,
    max_concurrency=7,
    environment={"SHOP": "berlin", "POWERTOOLS_LOG_LEVEL": "DEBUG"},
    trace_days=90,
    max_hops=20,
)
PLAIN = Worker("plain")
NIGHTLY = Cron("nightly", every="Daily", at="03:05", timezone="Europe/Berlin", timeout=60)
OFTEN = Cron("often", every="Every 1min", missed="queue")
ENTRIES = [TUNED, PLAIN, NIGHTLY, OFTEN]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Handlers with all kinds of settings, in stage dev."""
    return synthesise(make_stack(tmp_path_factory.mktemp("project"), ENTRIES))


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What app.py itself synthesises to, by stage."""
    stages = ("dev", "local")
    directories = {stage: tmp_path_factory.mktemp(stage) for stage in stages}
    for stage in stages:
        build_layer(PROJECT, target_of(stage))
    with ThreadPoolExecutor() as pool:
        for done in pool.map(lambda stage: run_app(stage, directories[stage]), stages):
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return directories


@pytest.fixture(scope="session")
def deployed(outputs: dict[str, Path]) -> dict[str, Template]:
    """The templates of app.py itself, by stage."""
    return {stage: template_in(directory, stage) for stage, directory in outputs.items()}
