"""The command that a message gives to run next."""

from __future__ import annotations

import pytest
from sluice import emit
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud


def test_the_stage_is_part_of_the_next_command_where_it_is_not_the_default(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program.run(["emit", HANDLER, "1"])
    assert "--stage" not in capsys.readouterr().err

    monkeypatch.delenv("SLUICE_STAGE")
    program.run(["emit", HANDLER, "1", "--stage", "test"])
    assert capsys.readouterr().err.endswith("--stage test\n")


def test_a_stage_that_is_not_deployed_says_how_to_deploy_it(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["status"], ["emit", HANDLER, "1"], ["traces", HANDLER], ["trace", emit(HANDLER, 1)]):
        code = program.run([*arguments, "--stage", "prod"])
        out, err = capsys.readouterr()
        assert (code, out) == (5, ""), arguments
        assert err.endswith("next: sluice cdk deploy --stage prod\n")
