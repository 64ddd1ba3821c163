"""Reading handlers' state from AWS."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import FakeClient, block_by_hand
from tests.unit.support.pausing_team import Team


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_caller_who_may_not_list_tags_gets_an_error_and_lifts_no_block(
    by_hand: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS returns the function without its tags to a caller with lambda:GetFunction and not lambda:ListTags."""
    team = Team()
    if by_hand:
        block_by_hand(team.function)
    else:
        team.commands("admin").block(HANDLER, "legal hold")
    before = vars(team.function).copy()
    real = FakeClient.get_function

    def get_function(self: Any, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        answer = real(self, FunctionName)
        del answer["Tags"]
        return {**answer, "TagsError": {"ErrorCode": "AccessDeniedException", "Message": "no lambda:ListTags"}}

    monkeypatch.setattr(FakeClient, "get_function", get_function)
    states = team.states("reconciler")
    with pytest.raises(ClientError, match="whether it is blocked") as caught:
        states.read()

    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert vars(team.function) == before
    assert BLOCKED_TAG in team.function.tags
