"""Assets can be read on Lambda, whatever the umask that their files were made under."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra import Worker
from tests.infra.support.synth import make_project, stack_of


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_everybody_can_read_what_is_deployed(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        project = make_project(tmp_path / "project", ["plain"])
        (project / "functions" / "handlers" / "_private.py").touch(mode=0o600)
        stack_of(project, [Worker("plain")])
    finally:
        os.umask(before)
    assets = list((project / "cdk.out").glob("asset.*"))
    assert assets
    for asset in assets:
        for path in (asset, *asset.rglob("*")):
            mode = path.stat().st_mode
            assert mode & 0o444 == 0o444, path
            assert not path.is_dir() or mode & 0o111 == 0o111, path
