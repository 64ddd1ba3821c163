"""Functions run on the Python that their runtime names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from sluice.local import ministack_pythons

from tests.unit.support.new_python import new_python


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_runtime, "_detect_runtime_binary", lambda_runtime._detect_runtime_binary)


def test_a_function_runs_on_its_own_version_with_the_packages_of_awss_only(tmp_path: Path) -> None:
    listed = tmp_path / "pythons.json"
    ministack_pythons.install(tmp_path, listed)
    assert lambda_runtime._detect_runtime_binary("python3.13")[0] == sys.executable

    listed.write_text(json.dumps({"3.13": new_python()}))
    program, script = lambda_runtime._detect_runtime_binary("python3.13")
    assert script
    code = "import sys; print(sys.version_info >= (3, 12), [path for path in sys.path if path.endswith('-packages')])"
    answer = subprocess.run([program, "-c", code], capture_output=True, text=True, check=True).stdout
    has_version, _, packages = answer.strip().partition(" ")
    assert has_version == "True"
    (directory,) = map(Path, json.loads(packages.replace("'", '"')))
    assert {"boto3", "botocore"} <= {path.name for path in directory.iterdir()}
    assert all(path.is_symlink() for path in directory.iterdir())
    assert lambda_runtime._detect_runtime_binary("python3.13")[0] == program


@pytest.mark.parametrize("runtime", ["python3.12", "nodejs22.x"])
def test_other_runtimes_are_left_to_ministack(tmp_path: Path, runtime: str) -> None:
    before = lambda_runtime._detect_runtime_binary(runtime)
    listed = tmp_path / "pythons.json"
    listed.write_text(json.dumps({"3.13": "/nowhere"}))
    ministack_pythons.install(tmp_path, listed)
    assert lambda_runtime._detect_runtime_binary(runtime) == before
