"""The function of a handler, as it is deployed: its environment variables, and its Python."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..lean_aws.errors import aws_errors, error_code
from ..local.interpreter import find_interpreter
from ..stage import clients
from ..stage.names import LOCAL_STAGE, Names
from ..worker.settings import Settings

_RUNTIME = "python"
"""The start of the names of Lambda's runtimes; the version follows."""

_DEFAULT_TIMEOUT, _DEFAULT_DAYS = 30, 30
"""Seconds and days: as app.py has them, for a handler that is not deployed."""


@dataclass(frozen=True)
class Function:
    """A handler's function.

    Attributes:
        environment: its environment variables.
        python: the version of its Python, such as `3.13`; None if it is not deployed.
    """

    environment: Mapping[str, str]
    python: str | None

    @property
    def is_cron(self) -> bool:
        """True for the function of a cron."""
        return Settings.from_environment(self.environment).overlap is not None


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs handlers on this machine.

    Attributes:
        path: its path.
        packages: directories with the packages of handlers; none if it has them.
    """

    path: str
    packages: tuple[Path, ...] = ()


def function_of(stage: str, handler: str) -> Function | None:
    """Return a handler's function; None if it is not deployed.

    Raises:
        AwsError and others: the function could not be read.
    """
    try:
        answer = clients.client("lambda", stage).get_function(FunctionName=Names(stage).function(handler))
    except aws_errors() as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    found: dict[str, Any] = answer["Configuration"]
    runtime = str(found.get("Runtime", ""))
    return Function(
        environment=found.get("Environment", {}).get("Variables", {}),
        python=runtime.removeprefix(_RUNTIME) if runtime.startswith(_RUNTIME) else None,
    )


def undeployed_function(stage: str, handler: str) -> Function:
    """Return what a function that is not deployed would be with default settings."""
    settings = Settings(
        stage=stage,
        handler=handler,
        timeout=_DEFAULT_TIMEOUT,
        trace_days=_DEFAULT_DAYS,
        queue_url_prefix="http://127.0.0.1/",
    )
    return Function(settings.to_environment(), None)


def interpreter_for(function: Function, assembly: Path) -> Interpreter:
    """Return the Python that runs a function here: its own version, if this machine has that and packages for it.

    Args:
        function: the function.
        assembly: what `sluice up` synthesised last, which has the packages that the local cloud's functions get.
    """
    this = Interpreter(sys.executable)
    version = function.python
    if version is None or version == "{}.{}".format(*sys.version_info[:2]):
        return this
    packages, found = _packages_for(version, assembly), find_interpreter(version)
    return Interpreter(found, (packages,)) if packages and found else this


def _packages_for(version: str, assembly: Path) -> Path | None:
    """Return the directory of the layer for a version of Python."""
    template = assembly / f"{Names(LOCAL_STAGE).stack}.template.json"
    try:
        resources = json.loads(template.read_text(encoding="utf-8"))["Resources"]
        for resource in resources.values():
            if resource["Type"] == "AWS::Lambda::LayerVersion":
                layer = resource["Properties"]
                key = str(layer["Content"]["S3Key"]).removesuffix(".zip")
                packages = assembly / f"asset.{key}" / "python"
                if f"{_RUNTIME}{version}" in layer["CompatibleRuntimes"] and packages.is_dir():
                    return packages
    except (OSError, ValueError, LookupError):
        return None
    return None
