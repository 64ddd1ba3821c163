"""The CDK's command line is installed once, and as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sluice.local import cdk_program

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


def test_a_failure_of_npm_is_shown_with_its_output(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "npm_config_registry": "http://127.0.0.1:1/"}
    environment |= {"npm_config_cache": str(tmp_path / "npm"), "npm_config_fetch_retries": "0"}

    done = subprocess.run(
        [sys.executable, "-c", INSTALL], env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 1
    assert "check that this machine reaches the npm registry" in done.stderr
    assert "ECONNREFUSED" in done.stderr
