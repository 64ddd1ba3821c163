"""app.py synthesised, to see whether it is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import cdk, environment
from .failure import reason_in

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
            return Synthesis([], _objections(Path(name)) or _problems(done.stdout, root))
        return Synthesis(_handlers(Path(name)), [])


def _problems(output: str, root: Path) -> list[str]:
    """What app.py said, one problem each: it lists its own under a heading."""
    lines = reason_in(output.splitlines(), root).splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("- ")]
    if not starts:
        return ["\n".join(lines)]
    ends = [*starts[1:], len(lines)]
    return ["\n".join(lines[start:end]).removeprefix("- ") for start, end in zip(starts, ends, strict=True)]


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


def _handlers(assembly: Path) -> list[str]:
    """The handlers whose functions are in the assembly's templates."""
    manifest: Any = json.loads((assembly / "manifest.json").read_text())
    handlers = []
    for artifact in manifest["artifacts"].values():
        if artifact["type"] == "aws:cloudformation:stack":
            template: Any = json.loads((assembly / artifact["properties"]["templateFile"]).read_text())
            for resource in template["Resources"].values():
                variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
                if resource["Type"] == "AWS::Lambda::Function" and "SLUICE_HANDLER" in variables:
                    handlers.append(variables["SLUICE_HANDLER"])
    return sorted(handlers)
