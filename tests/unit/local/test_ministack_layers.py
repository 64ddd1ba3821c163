"""Layers that all functions share."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from sluice.local import ministack_layers


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lambda_runtime, "zipfile", zipfile)
    ministack_layers.install()


def unpack(directory: Path, name: str, text: str) -> Path:
    """Unpack an archive as MiniStack does for each process."""
    target = directory / name
    target.mkdir(parents=True)
    archive = directory / f"{name}.zip"
    with zipfile.ZipFile(archive, "w") as written:
        # The time stands in the archive; it must be the same one for the content to be.
        written.writestr(zipfile.ZipInfo("python/package.py"), text)
    with lambda_runtime.zipfile.ZipFile(str(archive)) as opened:
        opened.extractall(str(target))
    return target


def test_functions_share_equal_layers_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        targets = list(pool.map(lambda n: unpack(tmp_path / f"process-{n}", "layer_0", "same"), range(8)))
    other = unpack(tmp_path / "another", "layer_0", "different")

    assert {(target / "python" / "package.py").read_text() for target in targets} == {"same"}
    assert len({target.resolve() for target in targets}) == 1
    assert (other / "python" / "package.py").read_text() == "different"


def test_a_process_that_ends_takes_nothing_from_the_others(tmp_path: Path) -> None:
    first, second = (unpack(tmp_path / f"process-{n}", "layer_0", "same") for n in range(2))

    shutil.rmtree(first.parent)

    assert (second / "python" / "package.py").read_text() == "same"


def test_code_is_each_function_s_own(tmp_path: Path) -> None:
    first, second = (unpack(tmp_path / f"process-{n}", "code", "same") for n in range(2))

    assert first.resolve() != second.resolve()
    assert not first.is_symlink()
