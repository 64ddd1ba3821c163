"""The search for a Python of a version."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sluice.local.interpreter import find_interpreter

OTHER = "4.7"
"""A version that no machine has."""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home directory without any Python."""
    for name in ("XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR", "PYENV_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    find_interpreter.cache_clear()
    yield tmp_path
    find_interpreter.cache_clear()


def program(path: Path, answer: str, *, code: int = 0) -> str:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {answer}\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_the_python_that_runs_this_is_taken_if_it_has_the_version() -> None:
    assert find_interpreter(f"{sys.version_info.major}.{sys.version_info.minor}") == sys.executable


@pytest.mark.parametrize(
    "place",
    [
        f".local/share/uv/python/cpython-{OTHER}.1-linux-x86_64-gnu/bin",
        f".pyenv/versions/{OTHER}.0/bin",
        "bin",
    ],
)
def test_pythons_of_uv_and_pyenv_and_the_path_are_found(machine: Path, place: str) -> None:
    path = program(machine / place / f"python{OTHER}", f"cpython {OTHER}")
    assert find_interpreter(OTHER) == path


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("UV_PYTHON_INSTALL_DIR", f"cpython-{OTHER}.1-linux-x86_64-gnu/bin"),
        ("XDG_DATA_HOME", f"uv/python/cpython-{OTHER}.1-linux-x86_64-gnu/bin"),
        ("PYENV_ROOT", f"versions/{OTHER}.0/bin"),
    ],
)
def test_the_directories_may_be_elsewhere(
    machine: Path, monkeypatch: pytest.MonkeyPatch, variable: str, place: str
) -> None:
    monkeypatch.setenv(variable, str(machine / "elsewhere"))
    path = program(machine / "elsewhere" / place / f"python{OTHER}", f"cpython {OTHER}")
    assert find_interpreter(OTHER) == path


def test_a_shim_without_a_version_and_other_pythons_are_passed_over(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"shims": "pyenv: command not found", "pypy": f"pypy {OTHER}", "old": "cpython 4.70"}
    for name, answer in answers.items():
        program(machine / name / f"python{OTHER}", f'"{answer}"', code=127 if name == "shims" else 0)
    monkeypatch.setenv("PATH", ":".join(str(machine / name) for name in (*answers, "none")))
    assert find_interpreter(OTHER) is None
    find_interpreter.cache_clear()
    path = program(machine / "none" / f"python{OTHER}", f"cpython {OTHER}")
    assert find_interpreter(OTHER) == path
