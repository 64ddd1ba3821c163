"""The check of the files beside functions/handlers: none may have the name of a module that Sluice or AWS imports.

On AWS, functions/ is the first place where Python looks for a module, so such a file would be imported in its place.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

_OWN = frozenset({"handlers", "sluice"})

_RUNTIME = frozenset(
    {"awslambdaric", "bootstrap", "boto3", "botocore", "lambda_function", "simplejson", "snapshot_restore_py"}
)
"""Modules of Lambda's runtime for Python, which come with AWS's own machine."""


def problems_with_names(functions: Path) -> list[str]:
    """Return a problem for each file in functions/ that has the name of a module which is needed.

    Args:
        functions: the directory `functions`.
    """
    if not functions.is_dir():
        return []
    names = {path.stem: path for path in sorted(functions.glob("*.py"))}
    names |= {path.name: path for path in sorted(functions.iterdir()) if path.is_dir() and any(path.rglob("*.py"))}
    packages = _packages(functions.parent / "pyproject.toml") if names.keys() - _OWN else {}
    return [
        f"functions/{path.name}: rename it; every function would import it in place of {owner}, and could not start"
        for name, path in names.items()
        if name not in _OWN and (owner := _owner(name, packages))
    ]


def _owner(name: str, packages: dict[str, str]) -> str | None:
    if name in sys.stdlib_module_names:
        return f"Python's own module {name}"
    if name in packages:
        return f"the package {packages[name]}"
    return f"the module {name} of Lambda's runtime" if name in _RUNTIME else None


def _packages(pyproject: Path) -> dict[str, str]:
    """Return the names that the layer's packages are imported by, and the package of each."""
    try:
        dependencies = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, KeyError, ValueError):
        # What is wrong with the file is another check's.
        dependencies = []
    wanted = set(_with_requirements(dependencies))
    return {
        module: _normal(distributions[0])
        for module, distributions in metadata.packages_distributions().items()
        if wanted & set(map(_normal, distributions))
    }


def _with_requirements(requirements: list[str]) -> Iterator[str]:
    """Yield the packages that are required, and those that they require."""
    left, seen = [*requirements], set[str]()
    while left:
        requirement = left.pop()
        if "extra ==" in requirement:
            continue
        name = _normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
        if name not in seen:
            seen.add(name)
            yield name
            try:
                left += metadata.requires(name) or ()
            except metadata.PackageNotFoundError:
                # Not on this machine: the layer's build says so.
                continue


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
