"""app.py synthesised, to see whether it is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import cdk, environment
from .failure import MANIFEST, NOTHING_MADE, problems_in, reason_in

_REPORT = "validation-report.json"
"""Where the CDK writes what its own rules object to."""


@dataclass(frozen=True)
class Synthesis:
    """What came of it.

    Attributes:
        handlers: the names of the handlers that would be deployed.
        problems: what is wrong.
    """

    handlers: list[str]
    problems: list[str]

    @property
    def ok(self) -> bool:
        """Whether it could be deployed."""
        return not self.problems


def synth(root: Path, stage: str) -> Synthesis:
    """Run app.py as `cdk deploy` does, into a directory that is thrown away. No AWS call is made.

    Args:
        root: the project's root.
        stage: the stage.
    """
    context = json.loads((root / "cdk.json").read_text()).get("context", {}) | {"stage": stage}
    with tempfile.TemporaryDirectory(prefix="sluice-check-") as name:
        variables = environment.for_cdk(os.environ, cdk.node()) | {
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
            silent = f"app.py ended with code {done.returncode}, and said nothing"
            said = problems_in(lines) or [reason_in(lines, root) or silent]
            return Synthesis([], _objections(Path(name)) or said)
        if not (Path(name) / MANIFEST).is_file():
            return Synthesis([], [NOTHING_MADE])
        templates = _templates(Path(name))
        if not templates:
            return Synthesis([], ["app.py makes no stack: it has to make a SluiceStack"])
        return Synthesis(_handlers(templates), [])


def _objections(assembly: Path) -> list[str]:
    """What the CDK's own rules object to."""
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
    """The handlers whose functions are in the templates."""
    handlers = []
    for template in templates:
        for resource in template["Resources"].values():
            variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
            if resource["Type"] == "AWS::Lambda::Function" and "SLUICE_HANDLER" in variables:
                handlers.append(variables["SLUICE_HANDLER"])
    return sorted(handlers)
