"""The CDK's command line is installed once, and as a whole."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sluice.local import cdk_program
from sluice.local.errors import LocalCloudError

INSTALL = """
import contextlib
from sluice.local import cdk_program

class Silent:
    def step(self, text):
        print(text)
        return contextlib.nullcontext()

print(cdk_program.command(Silent())[1])
"""


def test_two_installations_at_once_leave_one(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path / "home")}

    def install() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", INSTALL], env=environment, stdout=subprocess.PIPE, text=True)

    both = [install(), install()]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    third = install().communicate(timeout=60)[0]

    assert [process.returncode for process in both] == [0, 0]
    home = tmp_path / "sluice" / f"aws-cdk-{cdk_program.VERSION}"
    assert {output.splitlines()[-1] for output in outputs} == {str(home / "node_modules" / "aws-cdk" / "bin" / "cdk")}
    assert len(third.splitlines()) == 1, "installed again"
    assert [path.name for path in home.parent.iterdir()] == [home.name]
    installed = json.loads((home / "node_modules" / "aws-cdk" / "package.json").read_text())
    assert installed["version"] == cdk_program.VERSION


def test_half_an_installation_is_replaced(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    (tmp_path / "sluice" / f"aws-cdk-{cdk_program.VERSION}" / "node_modules").mkdir(parents=True)

    done = subprocess.run(
        [sys.executable, "-c", INSTALL], env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_file()


def test_what_npm_installs_has_a_pinned_version_and_hash() -> None:
    lock = json.loads((cdk_program.LOCKED / "package-lock.json").read_text())
    packages = {path: found for path, found in lock["packages"].items() if path}
    assert {path: found["version"] for path, found in packages.items()} == {"node_modules/aws-cdk": cdk_program.VERSION}
    assert all(found["integrity"].startswith("sha512-") for found in packages.values())
    assert json.loads((cdk_program.LOCKED / "package.json").read_text())["dependencies"] == {
        "aws-cdk": cdk_program.VERSION
    }


def test_an_archive_with_another_hash_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(cdk_program.LOCKED, tmp_path / "npm")
    lock = tmp_path / "npm" / "package-lock.json"
    lock.write_text(re.sub(r"sha512-.{8}", "sha512-AAAAAAAA", lock.read_text()))
    monkeypatch.setattr(cdk_program, "LOCKED", tmp_path / "npm")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))

    with pytest.raises(LocalCloudError, match="EINTEGRITY"):
        cdk_program.command(Silent())

    assert not (tmp_path / "sluice" / f"aws-cdk-{cdk_program.VERSION}").exists()


class Silent:
    def step(self, text: str) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()

    def detail(self, text: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass


def test_a_failure_of_npm_is_shown_with_its_output(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "npm_config_registry": "http://127.0.0.1:1/"}
    environment |= {"npm_config_cache": str(tmp_path / "npm"), "npm_config_fetch_retries": "0"}

    done = subprocess.run(
        [sys.executable, "-c", INSTALL], env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 1
    assert "check that this machine reaches the npm registry" in done.stderr
    assert "ECONNREFUSED" in done.stderr
