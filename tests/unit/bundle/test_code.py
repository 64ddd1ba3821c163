"""The code that is deployed: the files in the asset, and the imports between them."""

from __future__ import annotations

import ast
import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from sluice.local.fingerprint import fingerprint
from sluice.stage.deployed_files import PACKAGES_NOT_DEPLOYED, is_deployed

from infra import Worker
from infra.bundle import build_layer
from infra.bundle.code import code_of, compile_code
from infra.bundle.target import LAMBDA, this_machine
from infra.handler.environment import environment_of
from infra.handler.handler import ENTRY_POINT as WORKER
from infra.shared.reconciler import ENTRY_POINT as RECONCILER
from tests.infra.support.synth import PROJECT

# isort: split
from aws_cdk import App, Stack

FUNCTIONS = PROJECT / "functions"
ENTRIES = [entry_point.rpartition(".")[0] for entry_point in (WORKER, RECONCILER)]
NOT_DEPLOYED_ANYWHERE = [
    "handlers/__pycache__/send_receipt.cpython-313.pyc",
    "handlers/.env",
    "handlers/.secrets/key.py",
    "sluice.egg-info/PKG-INFO",
    "sluice/worker/__pycache__/entry.cpython-313.pyc",
]
NOT_FOR_LOCAL = Path("sluice", "local", "interpreter.py")
"""A module that changes what other stages get, but nothing of the local one, which has its code as it is."""

DEPLOYED_ANYWHERE = ["handlers/rates.json", "handlers/cli/local.py", "cli/planning.py", "sluice/worker/local.py"]


def files_of(directory: Path) -> list[Path]:
    return sorted(path.relative_to(directory) for path in directory.rglob("*") if path.is_file())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project's functions/, with files of every kind that is left out or that looks like it."""
    project = tmp_path / "project"
    shutil.copytree(FUNCTIONS, project / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    for name in NOT_DEPLOYED_ANYWHERE + DEPLOYED_ANYWHERE:
        (project / "functions" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "functions" / name).write_text("")
    return project


def asset_of(project: Path, output: Path, *, staged: bool) -> str:
    """Return the name of the asset with the project's code."""
    context = {"aws:cdk:disable-asset-staging": not staged}
    stack = Stack(App(outdir=str(output), context=context), "stack")
    location = code_of(project / "functions", this_machine()).bind(stack).s3_location
    assert location is not None
    return location.object_key.removesuffix(".zip")


def digests_of(project: Path, output: Path) -> tuple[str, str]:
    """Return what decides whether `sluice up` deploys again, and whether CloudFormation updates the functions."""
    return fingerprint(project), asset_of(project, output, staged=False)


def edit(file: Path) -> None:
    """Make a file longer: the CDK reads a file again only if its time or its size changed."""
    with file.open("ab") as stream:
        stream.write(b"\n# edited\n")


def test_the_asset_holds_the_deployed_files_and_no_others(project: Path, tmp_path: Path) -> None:
    asset = asset_of(project, tmp_path / "cdk.out", staged=True)
    files = files_of(project / "functions")
    deployed = [path for path in files if is_deployed(path)]
    assert files_of(tmp_path / "cdk.out" / f"asset.{asset}") == deployed
    left_out = {path.as_posix() for path in files if path not in deployed}
    assert left_out >= set(NOT_DEPLOYED_ANYWHERE)
    assert not left_out & set(DEPLOYED_ANYWHERE)
    for package in PACKAGES_NOT_DEPLOYED:
        assert f"sluice/{package}/__init__.py" in left_out


def test_an_edit_deploys_again_exactly_if_the_file_is_deployed(project: Path, tmp_path: Path) -> None:
    """`sluice up` and the CDK agree on each kind of file, in each directory."""
    before = digests_of(project, tmp_path / "cdk.out")
    kinds = {(path.parent, path.suffix, is_deployed(path)): path for path in files_of(project / "functions")}
    for number, path in enumerate(kinds.values()):
        edit(project / "functions" / path)
        after = digests_of(project, tmp_path / f"cdk.out-{number}")
        changed = [old != new for old, new in zip(before, after, strict=True)]
        assert changed == [is_deployed(path)] * 2, path
        before = after


def test_the_staged_code_is_compiled_and_the_sources_are_left_alone(project: Path, tmp_path: Path) -> None:
    stack = Stack(App(outdir=str(tmp_path / "cdk.out")), "stack")
    code_of(project / "functions", this_machine()).bind(stack)
    before = files_of(project / "functions")

    compile_code(stack, sys.executable)

    [asset] = [path for path in (tmp_path / "cdk.out").glob("asset.*") if path.is_dir()]
    for module in (path for path in asset.rglob("*.py") if path.stat().st_size):
        compiled = Path(cache_from_source(str(module))).read_bytes()
        # The flags of a file that Python never compares with its source (PEP 552).
        assert compiled[4:8] == b"\x01\0\0\0", module
        assert str(tmp_path).encode() not in compiled
    assert files_of(project / "functions") == before


def test_another_machine_deploys_the_same_code_and_another_python_does_not(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(project, copy)
    for path in (copy / "functions").rglob("*.py"):
        path.chmod(0o700)
        os.utime(path, (1, 1))
        path.with_name("__pycache__").mkdir(exist_ok=True)
        path.with_name("__pycache__").joinpath(f"{path.stem}.cpython-313.pyc").write_bytes(b"any")

    def key(project: Path, **target: str) -> str:
        stack = Stack(App(outdir=str(tmp_path / "cdk.out")), "stack")
        location = code_of(project / "functions", dataclasses.replace(LAMBDA, **target)).bind(stack).s3_location
        assert location is not None
        return location.object_key

    assert key(copy) == key(project)
    assert key(project, python="3.14") != key(project)


def imports_of(directory: Path, path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, also inside functions and for types only; names may be of no module."""
    package = path.parts[:-1]
    for node in ast.walk(ast.parse((directory / path).read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def file_of(directory: Path, module: str) -> Path | None:
    """Return the file of a module in a directory, relative to it; None if it is somebody else's."""
    path = Path(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if (directory / file).is_file()), None)


def own_imports(directory: Path, path: Path) -> set[Path]:
    return {file for module in imports_of(directory, path) if (file := file_of(directory, module))}


def test_a_deployed_module_imports_no_module_that_is_not_deployed() -> None:
    for path in files_of(FUNCTIONS):
        if is_deployed(path) and path.suffix == ".py":
            assert [file for file in own_imports(FUNCTIONS, path) if not is_deployed(file)] == [], path


def test_the_template_is_made_from_deployed_modules_only() -> None:
    """An edit of another module must not change the template, as `sluice up` would not notice."""
    for path in (PROJECT / "infra").rglob("*.py"):
        imported = {file_of(FUNCTIONS, module) for module in imports_of(PROJECT, path.relative_to(PROJECT))}
        assert [file for file in imported - {NOT_FOR_LOCAL} if file and not is_deployed(file)] == [], path


def test_every_package_that_is_deployed_is_imported_by_a_function() -> None:
    """A package for a team's own machines alone belongs in the list of those that are not deployed."""
    waiting = {file for module in ("sluice", *ENTRIES) if (file := file_of(FUNCTIONS, module))}
    assert len(waiting) == 1 + len(ENTRIES)
    reached: set[Path] = set()
    while waiting:
        path = waiting.pop()
        reached.add(path)
        waiting |= own_imports(FUNCTIONS, path) - reached
    deployed = {path.parent for path in files_of(FUNCTIONS) if is_deployed(path) and path.parts[0] == "sluice"}
    assert {path.parent for path in reached} == deployed


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_function_starts_with_nothing_but_the_asset_and_the_layer(
    project: Path, tmp_path: Path, entry: str
) -> None:
    asset = tmp_path / "cdk.out" / f"asset.{asset_of(project, tmp_path / 'cdk.out', staged=True)}"
    layer = build_layer(PROJECT, this_machine()).directory / "python"
    start = f"import sys; sys.path[:0] = {[str(asset), str(layer)]!r}; import {entry}"
    prefix = "https://sqs.eu-central-1.amazonaws.com/123456789012/"
    variables = environment_of(Worker("order-placed"), stage="dev", queue_url_prefix=prefix)
    lambdas_own = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "sluice-dev-order-placed"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", start],
        env={**variables, **lambdas_own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
