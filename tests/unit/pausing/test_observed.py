"""Callers who may get a function and not list its tags: AWS leaves them out, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.observed import Functions
from sluice.pausing.record_store import RecordStore
from sluice.stage.names import BLOCKED_TAG, Names

from tests.unit.support.cloud import HANDLER, STAGE
from tests.unit.support.fake_lambda import Caller, block_by_hand
from tests.unit.support.pausing_team import Team


class WithoutListTags(Caller):
    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        answer = super().get_function(FunctionName)
        del answer["Tags"]
        return {**answer, "TagsError": {"ErrorCode": "AccessDeniedException", "Message": "no lambda:ListTags"}}


@pytest.mark.parametrize("by_hand", [True, False])
def test_no_block_is_taken_for_lifted(by_hand: bool) -> None:
    team = Team()
    if by_hand:
        block_by_hand(team.function)
    else:
        team.commands("admin").block(HANDLER, "legal hold")
    before = vars(team.function).copy()
    caller = WithoutListTags(team.aws, lambda _: pytest.fail("nothing is changed"))
    records: Any = team.states("reconciler").records
    assert isinstance(records, RecordStore)
    states = HandlerStates(Functions(Names(STAGE), caller, caller, caller), records, lambda: team.now)

    with pytest.raises(ClientError, match="whether it is blocked") as caught:
        states.read()

    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert vars(team.function) == before
    assert BLOCKED_TAG in team.function.tags
