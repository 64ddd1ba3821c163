"""The layer: its content, its cache, and the errors of building it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.bundle import Target, build_layer
from infra.bundle import layer as layer_module
from infra.bundle.bytecode import compiler_for
from infra.bundle.target import LAMBDA, this_machine
from infra.bundle.uv_tool import BundleError, UvFailedError, run_uv
from tests.unit.support.package_index import PackageIndex

PATIENCE = 600
"""Seconds after which a test that waits for another thread gives up. It decides nothing unless the product hangs."""

ARM, INTEL = "manylinux_2_28_aarch64", "manylinux_2_28_x86_64"


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as index:
        yield index


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with an empty cache of uv's."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def directory_of(project: Path, target: Target) -> Path:
    return build_layer(project, target).directory


def lock(project: Path, index: PackageIndex, *packages: str) -> None:
    """Make the project depend on packages of the index."""
    index.add("notdeployed")
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = {list(packages)!r}\n'
        '[dependency-groups]\ndev = ["notdeployed"]\n'
        '[tool.uv]\ndefault-groups = "all"\n'
        f'[[tool.uv.index]]\nname = "own"\nurl = "{index.url}"\ndefault = true\n'
    )
    run_uv(["lock", "--upgrade", "--python", sys.executable], project=project)


def content(layer: Path) -> dict[str, str]:
    files = [path for path in sorted(layer.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(layer)): path.read_text() for path in files}


def compiled(layer: Path) -> dict[str, bytes]:
    return {str(path.relative_to(layer)): path.read_bytes() for path in sorted(layer.rglob("*.pyc"))}


@pytest.fixture
def greeting(project: Path, index: PackageIndex) -> Path:
    """A project that depends on one package."""
    index.add("greeting")
    lock(project, index, "greeting")
    return project


def test_a_layer_holds_the_dependencies_and_no_tools(greeting: Path) -> None:
    layer = directory_of(greeting, this_machine())
    assert list(content(layer)) == [
        "python/greeting-1.0.dist-info/METADATA",
        "python/greeting-1.0.dist-info/WHEEL",
        "python/greeting.py",
    ]
    assert layer.parent == greeting / ".sluice" / "layers"


def test_a_layer_holds_the_targets_wheels(project: Path, index: PackageIndex) -> None:
    for tag in (f"cp313-cp313-{ARM}", f"cp313-cp313-{INTEL}", "cp311-abi3-any"):
        index.add("native", tag)
    lock(project, index, "native")
    on_lambda = directory_of(project, LAMBDA)
    assert content(on_lambda)["python/native.py"] == f"TAG = 'cp313-cp313-{ARM}'\n"
    intel = Target(architecture="x86_64", python="3.13", platform="x86_64-manylinux_2_34")
    assert content(directory_of(project, intel))["python/native.py"] == f"TAG = 'cp313-cp313-{INTEL}'\n"


def test_a_package_without_a_wheel_for_lambda_is_named(project: Path, index: PackageIndex) -> None:
    index.add("greeting")
    index.add("oldnative", f"cp313-cp313-{INTEL}")
    lock(project, index, "greeting", "oldnative")
    with pytest.raises(BundleError) as caught:
        directory_of(project, LAMBDA)
    assert str(caught.value).startswith(
        "there is no wheel of oldnative==1.0 for Lambda (arm64, Python 3.13), and a layer takes wheels only"
    )
    assert list((project / ".sluice" / "layers").iterdir()) == []


def test_a_layer_for_lambda_is_compiled_if_a_python_of_its_version_is_installed(
    greeting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    like_lambda = dataclasses.replace(this_machine(), platform="x86_64-manylinux_2_34")
    layer = directory_of(greeting, like_lambda)
    [(path, code)] = compiled(layer).items()
    assert path.startswith("python/__pycache__/greeting.cpython-")
    # The flags of a file that Python never compares with its source (PEP 552).
    assert code[4:8] == b"\x01\0\0\0"
    assert str(greeting).encode() not in code
    again = tmp_path / "again"
    shutil.copytree(greeting, again, ignore=shutil.ignore_patterns(".sluice"))
    assert compiled(directory_of(again, like_lambda)) == compiled(layer)
    version = build_layer(greeting, like_lambda).version
    monkeypatch.setattr(layer_module, "compiler_for", lambda _: None)
    plain = directory_of(greeting, like_lambda)
    assert plain != layer
    assert build_layer(greeting, like_lambda).version == version, "a machine without that Python would deploy again"
    assert (compiled(plain), content(plain)) == ({}, content(layer))


def test_the_local_cloud_compiles_what_it_runs_itself() -> None:
    assert compiler_for(this_machine()) is None
    assert compiler_for(dataclasses.replace(this_machine(), platform="any")) == sys.executable


def test_a_layer_is_built_once(greeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = directory_of(greeting, this_machine())
    monkeypatch.setattr(layer_module, "_install", lambda *_, **__: pytest.fail("built again"))
    assert directory_of(greeting, this_machine()) == layer


def test_another_version_of_a_package_makes_another_layer(greeting: Path, index: PackageIndex) -> None:
    before = directory_of(greeting, this_machine())
    index.add("greeting", version="2.0")
    lock(greeting, index, "greeting")
    after = directory_of(greeting, this_machine())
    assert after != before
    assert "python/greeting-2.0.dist-info/METADATA" in content(after)
    assert build_layer(greeting, this_machine()).version not in before.name


def test_two_builds_give_the_same_bytes(greeting: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(greeting, other)
    first, second = directory_of(greeting, this_machine()), directory_of(other, this_machine())
    assert first.name == second.name
    assert content(first) == content(second)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError])
def test_an_interrupted_build_leaves_nothing_behind(
    greeting: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def interrupted(packages: Path) -> None:
        assert (packages / "greeting.py").exists()
        raise interruption

    with monkeypatch.context() as patch:
        patch.setattr(layer_module, "_check_size", interrupted)
        with pytest.raises(interruption):
            directory_of(greeting, this_machine())
    assert list((greeting / ".sluice" / "layers").iterdir()) == []
    assert "python/greeting.py" in content(directory_of(greeting, this_machine()))


def test_a_killed_builds_leftovers_are_never_used_and_are_removed_after_a_day(greeting: Path) -> None:
    layers = greeting / ".sluice" / "layers"
    old, new = layers / ".building-old", layers / ".building-new"
    for leftover in (old, new):
        (leftover / "layer" / "python").mkdir(parents=True)
    a_week_ago = time.time() - 7 * 86_400
    os.utime(old, (a_week_ago, a_week_ago))
    assert "python/greeting.py" in content(directory_of(greeting, this_machine()))
    # The new one may belong to a build under way.
    assert (old.exists(), new.exists()) == (False, True)


def test_two_builds_at_once_give_one_whole_layer(greeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    check = layer_module._check_size

    def meet(packages: Path) -> None:
        check(packages)
        both.wait()

    monkeypatch.setattr(layer_module, "_check_size", meet)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: directory_of(greeting, this_machine()), range(2))
    assert first == second
    assert "python/greeting.py" in content(first)
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_an_outdated_lock_file_is_an_error_that_names_the_fix(greeting: Path, index: PackageIndex) -> None:
    index.add("more")
    text = (greeting / "pyproject.toml").read_text().replace("['greeting']", "['greeting', 'more']")
    (greeting / "pyproject.toml").write_text(text)
    with pytest.raises(BundleError, match=r"If you changed pyproject\.toml by hand, run: uv lock"):
        directory_of(greeting, this_machine())


def test_a_failed_download_is_an_error_that_names_its_fix(greeting: Path, index: PackageIndex, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache")
    index.stop()
    with pytest.raises(BundleError, match=r"cannot be downloaded\. Check the network"):
        directory_of(greeting, this_machine())


def test_any_other_error_of_uv_is_shown(greeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(arguments: list[str], *, project: Path) -> str:
        if arguments[0] == "export":
            return run_uv(arguments, project=project)
        raise UvFailedError("error: the moon is full")

    monkeypatch.setattr(layer_module, "run_uv", refuse)
    with pytest.raises(BundleError, match=r"cannot be installed\nuv says: error: the moon is full"):
        directory_of(greeting, this_machine())


def test_a_layer_that_lambda_would_refuse_is_not_built(greeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "MAX_UNPACKED", 10)
    with pytest.raises(BundleError, match=r"Lambda allows a function .* the largest are greeting-1.0.dist-info \("):
        directory_of(greeting, this_machine())
    assert list((greeting / ".sluice" / "layers").iterdir()) == []
