"""The asset with the code that is deployed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aws_cdk import IgnoreMode, Stage
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from sluice.stage.deployed_files import is_deployed, patterns_not_deployed

from .bytecode import CODE_ON_LAMBDA, compile_modules
from .target import Target


def code_of(functions: Path, target: Target) -> lambda_.AssetCode:
    """Make the asset of a `functions` directory, without what only runs on a team's own machines.

    Its hash is made from the sources and the version of Python, so a deployment from a machine that compiles otherwise,
    or not at all, changes nothing.

    Args:
        functions: the directory.
        target: the machine and the Python that run it.
    """
    return lambda_.Code.from_asset(
        str(functions),
        exclude=patterns_not_deployed(),
        ignore_mode=IgnoreMode.GIT,
        asset_hash=_hash_of(functions, target),
    )


def compile_code(scope: Construct, compiler: str) -> None:
    """Write compiled files into the copies of the code that were staged so far.

    Args:
        scope: a construct of the app.
        compiler: the Python that compiles them.
    """
    stage = Stage.of(scope)
    assert stage is not None  # noqa: S101 - every construct of an app has one
    for asset in Path(stage.asset_outdir).glob("asset.*"):
        if (asset / "sluice" / "__init__.py").is_file():
            compile_modules(asset, compiler, on_lambda=CODE_ON_LAMBDA)


def _hash_of(functions: Path, target: Target) -> str:
    files = (path for path in functions.rglob("*") if path.is_file() and is_deployed(path.relative_to(functions)))
    digest = hashlib.sha256(target.python.encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(functions).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
