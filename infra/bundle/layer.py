"""The layer with the packages that pyproject.toml names in `dependencies`, as uv.lock pins them.

It takes wheels only. No machine code is compiled, so building for another machine needs no Docker. Python's bytecode is
compiled if this machine has a Python of the functions' version.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sluice.local.interpreter import find_interpreter

from .bytecode import LAYER_ON_LAMBDA, compile_modules, compiler_for
from .target import Target
from .uv_tool import BundleError, UvFailedError, run_uv

_LAYOUT = "1"
"""Part of the cache's key. Raise it when the list of files that are removed changes."""

MAX_UNPACKED = 262_144_000
"""Bytes. Lambda's limit for a function's layers and code together, unpacked."""

_BUILDING = ".building-"
_ABANDONED_AFTER = 86_400
"""Seconds after which an unfinished build counts as interrupted, and is removed."""

_USELESS = ("bin", "**/__pycache__", "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", ".lock")
"""Files that nobody imports, or that differ from one build to the next."""


@dataclass(frozen=True)
class Layer:
    """A built layer.

    Attributes:
        directory: its directory.
        version: stands for the packages and what they are for: the same on every machine, whether or not it compiles.
    """

    directory: Path
    version: str


def build_layer(project: Path, target: Target) -> Layer:
    """Build the layer, unless it was built before.

    Args:
        project: the directory with pyproject.toml and uv.lock. Builds are kept in its `.sluice/layers`.
        target: the machine and the Python that it is for.

    Raises:
        BundleError: the layer can't be built; the message names the fix.
    """
    requirements = _requirements(project)
    compiler = compiler_for(target)
    parts = [_LAYOUT, repr(target), requirements]
    key = _digest(*parts, sys.platform, *(["compiled"] if compiler else []))
    layers = project / ".sluice" / "layers"
    finished = layers / key
    if not finished.is_dir():
        layers.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(layers)
        with tempfile.TemporaryDirectory(prefix=_BUILDING, dir=layers, ignore_cleanup_errors=True) as building:
            _install(requirements, Path(building), project=project, target=target, compiler=compiler)
            _publish(Path(building) / "layer", finished)
    return Layer(finished, _digest(*parts))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _requirements(project: Path) -> str:
    """Return the packages with their exact versions and hashes, in the format of a requirements.txt."""
    export = ["export", "--locked", "--no-default-groups", "--no-emit-project", "--no-header", "--no-annotate"]
    try:
        return run_uv([*export, "--python", sys.executable], project=project)
    except UvFailedError as error:
        raise BundleError(
            "the layer's packages cannot be read from uv.lock. If you changed pyproject.toml by hand, run: uv lock"
            f"\nuv says: {error.words}"
        ) from error


def _install(requirements: str, building: Path, *, project: Path, target: Target, compiler: str | None) -> None:
    listed = building / "requirements.txt"
    listed.write_text(requirements)
    packages = building / "layer" / "python"
    packages.mkdir(parents=True)
    arguments = ["pip", "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"]
    # The packages' own conditions, such as `python_version < "3.13"`, are those of the functions' Python.
    interpreter = sys.executable if target.platform else find_interpreter(target.python) or sys.executable
    arguments += ["--python", interpreter, "--target", str(packages), "--requirements", str(listed)]
    if target.platform:
        arguments += ["--python-platform", target.platform, "--python-version", target.python]
    try:
        run_uv(arguments, project=project)
    except UvFailedError as error:
        raise BundleError(_explain(error, target)) from error
    for pattern in _USELESS:
        for path in list(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if compiler:
        compile_modules(packages, compiler, on_lambda=LAYER_ON_LAMBDA)
    _check_size(packages)


def _explain(error: UvFailedError, target: Target) -> str:
    if error.without_wheel:
        what = (
            f"there is no wheel of {', '.join(error.without_wheel)} for {target}, and a layer takes wheels only."
            " Choose another version or another package"
        )
    elif error.is_network:
        what = (
            f"the packages for {target} cannot be downloaded. Check the network, the proxy, and the index that uv uses."
            " Once built, the layer is kept in .sluice/layers and needs no network"
        )
    else:
        what = f"the packages for {target} cannot be installed"
    return f"{what}\nuv says: {error.words}"


def _check_size(packages: Path) -> None:
    sizes = {path.name: _size(path) for path in packages.iterdir()}
    total = sum(sizes.values())
    if total > MAX_UNPACKED:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:5]
        raise BundleError(
            f"the layer has {_megabytes(total)} unpacked; Lambda allows a function {_megabytes(MAX_UNPACKED)} for its"
            " layers and code together. Remove packages from pyproject.toml's dependencies; the largest are "
            + ", ".join(f"{name} ({_megabytes(sizes[name])})" for name in largest)
        )


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _megabytes(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB"


def _publish(built: Path, finished: Path) -> None:
    try:
        built.rename(finished)
    except OSError:
        # Another process has published the same layer first.
        if not finished.is_dir():
            raise


def _remove_abandoned(layers: Path) -> None:
    for leftover in layers.glob(f"{_BUILDING}*"):
        if time.time() - leftover.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(leftover, ignore_errors=True)
