"""The machine and the Python that functions run on."""

from __future__ import annotations

import sys

import pytest

from infra.bundle import target as targets
from infra.bundle.target import LAMBDA, target_of

OWN = "{}.{}".format(*sys.version_info[:2])


@pytest.mark.parametrize(("found", "used"), [("/usr/bin/python3.14", "3.14"), (None, OWN)])
def test_the_local_cloud_has_the_functions_python_if_this_machine_has_it(
    monkeypatch: pytest.MonkeyPatch, found: str | None, used: str
) -> None:
    monkeypatch.setattr(targets, "find_interpreter", lambda _: found)
    local = target_of("local", "3.14")
    assert (local.python, local.platform) == (used, None)


def test_functions_on_aws_have_the_python_of_app_py() -> None:
    assert target_of("prod") == LAMBDA
    assert (target_of("prod", "3.12").runtime, target_of("prod", "3.12").architecture) == ("python3.12", "arm64")
