"""`sluice pause`, `unpause`, `block` and `unblock`."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.cli import program
from sluice.pausing.commands import Commands

from tests.unit.support.cloud import HANDLER, Cloud


@pytest.mark.parametrize("command", ["pause", "unpause", "block", "unblock"])
def test_a_reason_that_is_not_utf8_is_refused(cloud: Cloud, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """A terminal that is not set to UTF-8 sends such bytes."""
    assert program.run([command, HANDLER, "--reason", "gel\udcf6st"]) == 2
    assert "it is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["pause", "unpause", "block", "unblock"])
def test_a_reason_that_is_too_long_is_refused(cloud: Cloud, capsys: pytest.CaptureFixture[str], command: str) -> None:
    emit(HANDLER, 1)
    assert program.run([command, HANDLER, "--reason", "x" * 1_001]) == 2
    assert "1,000" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["block", "unblock"])
def test_who_may_not_block_is_told_so_in_words(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    def refused(*_: object) -> object:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UntagResource")

    monkeypatch.setattr(Commands, command, refused)
    assert program.run([command, HANDLER]) == 4
    said = capsys.readouterr().err
    assert f"only an admin may {command} {HANDLER}: a role with the policy sluice-test-admin-REGION (AWS: no)" in said
