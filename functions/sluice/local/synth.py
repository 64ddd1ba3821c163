"""Synthesise app.py, to check it without deploying."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..stage.names import LOCAL_STAGE
from . import cdk_program, environment
from .account_quotas import notes_on
from .failure_reason import MANIFEST, NOTHING_MADE, problems_in, reason_in

_REPORT = "validation-report.json"
"""The file in which the CDK reports violations of its own rules."""


@dataclass(frozen=True)
class Synthesis:
    """The result of a synthesis.

    Attributes:
        handlers: the names of the handlers that would be deployed.
        problems: what keeps app.py from being deployed, a sentence each.
        notes: what a new AWS account may not allow, a sentence each.
    """

    handlers: list[str]
    problems: list[str]
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Return True if app.py can be deployed."""
        return not self.problems


def synth(root: Path, stage: str) -> Synthesis:
    """Run app.py as `cdk deploy` does, into a temporary directory. No AWS call is made.

    Args:
        root: the project's root.
        stage: the stage.
    """
    context = json.loads((root / "cdk.json").read_text()).get("context", {}) | {"stage": stage}
    with tempfile.TemporaryDirectory(prefix="sluice-check-") as name:
        variables = environment.for_cdk(os.environ, cdk_program.node()) | {
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": name,
            "SLUICE_STAGE": stage,
            "TMPDIR": name,
        }
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            lines = done.stdout.splitlines()
            silent = f"app.py exited with code {done.returncode} and printed nothing"
            printed = problems_in(lines) or [reason_in(lines, root) or silent]
            return Synthesis([], _violations(Path(name)) or printed)
        if not (Path(name) / MANIFEST).is_file():
            return Synthesis([], [NOTHING_MADE])
        templates = _templates(Path(name))
        if not templates:
            return Synthesis([], ["app.py makes no stack; make a SluiceStack in it"])
        return Synthesis(_handlers(templates), [], [] if stage == LOCAL_STAGE else notes_on(templates))


def _violations(assembly: Path) -> list[str]:
    """Return the violations of the CDK's own rules."""
    try:
        report: Any = json.loads((assembly / _REPORT).read_text())
    except FileNotFoundError:
        return []
    return [
        f"{construct['constructPath']}: {violation['description']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if violation["severity"] == "error"
        for construct in violation["violatingConstructs"]
    ]


def _templates(assembly: Path) -> list[Any]:
    manifest: Any = json.loads((assembly / MANIFEST).read_text())
    return [
        json.loads((assembly / artifact["properties"]["templateFile"]).read_text())
        for artifact in manifest.get("artifacts", {}).values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]


def _handlers(templates: Sequence[Any]) -> list[str]:
    """Return the handlers whose functions are in the templates."""
    handlers = []
    for template in templates:
        for resource in template["Resources"].values():
            variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
            if resource["Type"] == "AWS::Lambda::Function" and "SLUICE_HANDLER" in variables:
                handlers.append(variables["SLUICE_HANDLER"])
    return sorted(handlers)
