"""Templates that all tests share, because synthesising one takes seconds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.bundle import build_layer, target_of
from tests.infra.support.entries import ENTRIES
from tests.infra.support.synth import PROJECT, Template, make_stack, run_app, synthesise, template_in


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template of stage dev for handlers with all kinds of settings."""
    return synthesise(make_stack(tmp_path_factory.mktemp("project"), ENTRIES))


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The directories that app.py itself is synthesised into, by stage."""
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
