"""The bundle: what every function of a stage runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Annotations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .bytecode import compiler_for
from .code import code_of, compile_code
from .file_modes import make_assets_readable
from .layer import build_layer
from .target import Target

NOT_COMPILED = (
    "this machine has no Python {version}, so the functions' code and packages are deployed without compiled files, and"
    " their cold starts import two to four times as slowly. Install one before the first deployment:"
    " uv python install {version}"
)
"""The warning of a deployment that can't compile."""


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
    built = build_layer(project, target)
    layer = lambda_.LayerVersion(
        scope,
        "Layer",
        description="The packages in pyproject.toml's dependencies",
        code=lambda_.Code.from_asset(str(built.directory), asset_hash=built.version),
        compatible_runtimes=[runtime],
        compatible_architectures=[architecture],
    )
    if target.platform is not None and compiler_for(target) is None:
        Annotations.of(scope).add_warning_v2("sluice:not-compiled", NOT_COMPILED.format(version=target.python))
    code = code_of(project / "functions", target)
    return Bundle(code=code, layer=layer, runtime=runtime, architecture=architecture)


def finish_assets(scope: Construct, target: Target) -> None:
    """Compile the code that was staged, and let everybody read the staged assets.

    Args:
        scope: the stack, with all its functions.
        target: the machine and the Python that run them.
    """
    compiler = compiler_for(target)
    if compiler is not None:
        compile_code(scope, compiler)
    make_assets_readable(scope)
