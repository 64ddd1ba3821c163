"""The bundle: what every function of a stage runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .code import code_of
from .layer import build_layer
from .target import Target


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The code, the packages and the machine of every function.

    Attributes:
        code: the team's handlers and Sluice's library.
        layer: the packages that they import.
        runtime: Lambda's runtime.
        architecture: the processor.
    """

    code: lambda_.Code
    layer: lambda_.ILayerVersion
    runtime: lambda_.Runtime
    architecture: lambda_.Architecture


def make_bundle(scope: Construct, *, project: Path, target: Target) -> Bundle:
    """Build the layer, unless it was built before, and make the bundle.

    Args:
        scope: the stack.
        project: the project's directory, with functions/, pyproject.toml and uv.lock.
        target: the machine and the Python that run it.

    Raises:
        BundleError: the layer can't be built; the message names the fix.
    """
    runtime = lambda_.Runtime(target.runtime, lambda_.RuntimeFamily.PYTHON)
    architecture = lambda_.Architecture.custom(target.architecture)
    layer = lambda_.LayerVersion(
        scope,
        "Layer",
        description="The packages in pyproject.toml's dependencies",
        code=lambda_.Code.from_asset(str(build_layer(project, target))),
        compatible_runtimes=[runtime],
        compatible_architectures=[architecture],
    )
    return Bundle(code=code_of(project / "functions"), layer=layer, runtime=runtime, architecture=architecture)
