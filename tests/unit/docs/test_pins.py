"""Exact versions of what builds and installs the rest: a newer one comes in by a commit, not by itself."""

from __future__ import annotations

import re
import tomllib

from tests.unit.support.pages import PROJECT

INSTALLS_UV = (".ci/run", ".github/CONTRIBUTING.md", "README.md", "docs/deploy.md")


def test_uv_and_its_build_backend_have_one_exact_version_everywhere() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    lock = tomllib.loads((PROJECT / "uv.lock").read_text())
    (version,) = [package["version"] for package in lock["package"] if package["name"] == "uv"]

    assert project["build-system"]["requires"] == [f"uv_build=={version}"]
    assert f"uv=={version}" in project["dependency-groups"]["cdk"]
    for path in INSTALLS_UV:
        installs = re.findall(r"pip install (?:--quiet )?(uv\S*)", (PROJECT / path).read_text())
        assert set(installs) == {f"uv=={version}"}, path


def test_no_other_page_installs_another_uv() -> None:
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md"), *(PROJECT / ".github").rglob("*.md")]
    found = {page.relative_to(PROJECT).as_posix() for page in pages if "pip install uv" in page.read_text()}
    assert found == set(INSTALLS_UV) - {".ci/run"}
