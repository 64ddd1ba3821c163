"""Security scanners find nothing in a stage without a reason. tests/infra/test_app.py has cfn-lint."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from uv import find_uv_bin

from tests.infra.support.entries import ENTRIES, PLAIN
from tests.infra.support.synth import PROJECT, make_project, stack_of

# isort: split
from aws_cdk import App, Validations

SCAN = "tests/infra/scanners/scan.py"

CARELESS = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessages", "Resource": "*"}],
                }
            },
        },
    }
}
"""A queue without encryption, and a policy with an action that there is not."""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The directories of two stages, with cdk-nag's report beside the template.

    One has handlers with all kinds of settings, the other all the protection that there is.
    """
    directories = []
    protected: dict[str, Any] = {"own_key": True, "deletion_protection": True, "keep_logs": True}
    for entries, protection in ((ENTRIES, {}), ([PLAIN], protected)):
        project = make_project(tmp_path_factory.mktemp("scanned"), [entry.name for entry in entries])
        app = stack_of(project, entries, **protection).node.root
        assert isinstance(app, App)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        # The report says more than the error.
        with contextlib.suppress(RuntimeError):
            app.synth()
        directories.append(Path(app.outdir))
    return directories


def test_cdk_nag_finds_nothing_without_a_reason(scanned: list[Path]) -> None:
    for directory in scanned:
        report = json.loads((directory / "validation-report.json").read_text())
        packs = report["pluginReports"]
        assert len(packs) == 2
        assert [
            (finding["ruleName"], place["constructPath"])
            for pack in packs
            for finding in pack["violations"]
            for place in finding["violatingConstructs"]
        ] == []


def test_checkov_and_parliament_find_nothing_without_a_reason(scanned: list[Path], tmp_path: Path) -> None:
    templates = [str(template) for directory in scanned for template in directory.glob("*.template.json")]
    assert len(templates) == 2
    careless = tmp_path / "careless.template.json"
    careless.write_text(json.dumps(CARELESS))
    done = subprocess.run(
        [find_uv_bin(), "run", "--quiet", "--locked", "--script", SCAN, *templates, careless],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    findings = done.stdout.splitlines()
    assert [finding for finding in findings if finding.startswith(tuple(templates))] == []
    # The scanners do scan.
    assert any("CKV_AWS_27" in finding for finding in findings)
    assert any("sqs:SendMessages" in finding or "UNKNOWN_ACTION" in finding for finding in findings)
