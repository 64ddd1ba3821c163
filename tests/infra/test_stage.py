"""The stage that is synthesised."""

from __future__ import annotations

import pytest

from infra import stage_of

# isort: split
from aws_cdk import App


@pytest.mark.parametrize(
    ("context", "environment", "stage"),
    [({"stage": "prod"}, "dev", "prod"), ({}, "dev", "dev"), ({}, "", "local"), ({}, None, "local")],
)
def test_the_stage_comes_from_the_context_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, context: dict[str, str], environment: str | None, stage: str
) -> None:
    monkeypatch.delenv("SLUICE_STAGE", raising=False)
    if environment is not None:
        monkeypatch.setenv("SLUICE_STAGE", environment)
    assert stage_of(App(context=context)) == stage
