"""The stage that is synthesised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import stage_of

# isort: split
from aws_cdk import App

from infra.stage import aims_local_stage_at_aws
from tests.infra.support.synth import PROJECT


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


@pytest.mark.parametrize(
    ("stage", "environment", "refused"),
    [
        ("local", {"CDK_CLI_VERSION": "2.1148.1"}, True),
        (
            "local",
            {"CDK_CLI_VERSION": "2.1148.1", "AWS_ENDPOINT_URL": "https://lambda.amazonaws.com"},
            True,
        ),
        ("local", {"CDK_CLI_VERSION": "2.1148.1", "AWS_ENDPOINT_URL": "http://127.0.0.1.example.com:4566"}, True),
        ("local", {"CDK_CLI_VERSION": "2.1148.1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4570"}, False),
        ("local", {}, False),
        ("prod", {"CDK_CLI_VERSION": "2.1148.1"}, False),
    ],
)
def test_the_local_stage_is_for_an_endpoint_on_this_machine(
    stage: str, environment: dict[str, str], refused: bool
) -> None:
    assert aims_local_stage_at_aws(stage, environment) == refused


def test_a_plain_cdk_deploy_is_refused_with_the_line_to_run(tmp_path: Path) -> None:
    context = json.loads((PROJECT / "cdk.json").read_text())["context"]
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(Path.home()),
            "CDK_CLI_VERSION": "2.1148.1",
            "CDK_OUTDIR": str(tmp_path),
            "CDK_CONTEXT_JSON": json.dumps(context),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "sluice cdk deploy --stage prod" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "sluice-local.template.json").exists()
