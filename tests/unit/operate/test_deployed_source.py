"""The source of a handler as it is deployed: from the function's own code, or from the working copy."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from sluice.operate.deployed_source import deployed_source, fetch_code, working_copy

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import deploy

FILES = {
    "handlers/a.py": "def handle(event):\n    return 1\n",
    "sluice/x.py": "",
    "handlers/a.pyc": "",
    "handlers/b/c.py": "ä",
}


def bundle() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return data.getvalue()


@pytest.mark.usefixtures("cloud")
def test_the_teams_files_come_from_the_functions_code_once() -> None:
    deploy(HANDLER)
    asked = []

    def fetch(location: str) -> bytes:
        asked.append(location)
        return bundle()

    first = deployed_source(STAGE, HANDLER, fetch=fetch)
    second = deployed_source(STAGE, HANDLER, fetch=fetch)

    assert first is not None
    assert first == second
    assert first.files == {"handlers/a.py": FILES["handlers/a.py"], "handlers/b/c.py": "ä"}
    assert first.modified_ms is not None
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [OSError("no"), b"no archive", ValueError("too large")])
def test_code_that_cannot_be_read_is_no_source(cloud: Cloud, answer: object) -> None:
    cloud.create_queue("another")
    deploy("another")

    def fetch(_: str) -> bytes:
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, bytes)
        return answer

    assert deployed_source(STAGE, "another", fetch=fetch) is None


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://evil.example/", ""])
def test_only_urls_of_aws_are_read(location: str) -> None:
    with pytest.raises(ValueError, match="not a URL of AWS's"):
        fetch_code(location)


def test_a_file_that_changed_since_the_deployment_is_left_out(tmp_path: Path) -> None:
    handlers = tmp_path / "functions" / "handlers"
    handlers.mkdir(parents=True)
    for name, seconds in (("old.py", 1_000), ("new.py", 3_000)):
        (handlers / name).write_text(name)
        os.utime(handlers / name, (seconds, seconds))

    assert working_copy(tmp_path, 2_000_000) == {"handlers/old.py": "old.py"}
    assert len(working_copy(tmp_path, None)) == 2
