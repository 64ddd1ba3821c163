"""The names that `import sluice` gives, their documentation, and their use in a team's own tests."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable

import boto3
import pytest
import sluice
from moto import mock_aws
from sluice import emit, emit_many, retry
from sluice.event.ids import is_id


def test_the_public_names_are_these() -> None:
    assert sorted(sluice.__all__) == [
        "AwsError",
        "EventNotSerializableError",
        "EventTooLargeError",
        "InvalidDelayError",
        "InvalidKeyError",
        "InvalidNameError",
        "NotAcceptedError",
        "NotInHandlerError",
        "Refused",
        "SluiceError",
        "StageNotSetError",
        "TooManyHopsError",
        "emit",
        "emit_many",
        "retry",
    ]


@pytest.mark.parametrize("function", [emit, emit_many, retry])
def test_every_documented_error_is_public(function: Callable[..., object]) -> None:
    raises = (inspect.getdoc(function) or "").partition("Raises:")[2]
    documented = set(re.findall(r"\b\w+Error\b", raises))
    assert documented
    assert documented <= set(sluice.__all__)


def test_every_public_error_is_documented() -> None:
    documented = "".join(inspect.getdoc(function) or "" for function in (emit, emit_many, retry))
    for name in sluice.__all__:
        if isinstance(getattr(sluice, name), type) and name not in ("SluiceError", "Refused"):
            assert name in documented


def test_public_errors_are_importable_without_boto3() -> None:
    program = "import sys, sluice; sluice.AwsError; print([name for name in sys.modules if name.startswith('boto')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_a_teams_own_test_on_moto_needs_only_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_STAGE", "mine")
    with mock_aws():
        boto3.client("sqs").create_queue(QueueName="sluice-mine-a")
        assert is_id(emit("a", {"x": 1}))
