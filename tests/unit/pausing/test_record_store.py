"""Records that somebody has forged, or that are unreadable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice.stage.names import BLOCKED_TAG, PAUSES

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import RUNNING, STOPPED, Team


def test_an_operator_s_forged_record_neither_blocks_nor_keeps_a_block_from_being_restored() -> None:
    team = Team()

    def forge(**record: Any) -> None:
        team.items[PAUSES, HANDLER] = {
            "pk": {"S": PAUSES},
            "sk": {"S": HANDLER},
            "revision": {"N": "1"},
            "record": {"S": json.dumps(record)},
        }

    forge(block="2026-11-23T10:00:00.000Z user/admin - legal hold", block_deployment="older")
    team.reconcile()
    assert BLOCKED_TAG not in team.function.tags

    team.commands("admin").block(HANDLER, "legal hold")
    forge()
    team.aws.deployment += "+"
    team.function.tags.clear()
    team.function.mapping_tags.clear()
    team.function.concurrency, team.function.mapping = RUNNING
    team.reconcile()
    assert "legal hold" in team.function.tags[BLOCKED_TAG]
    assert team.state == STOPPED


@pytest.mark.parametrize(
    "item",
    [
        {"record": {"S": '{"x": 1}'}, "revision": {"N": "1"}},
        {"record": {"S": '{"asked": {"y": 1}, "since_ms": "noon"}'}, "revision": {"N": "1"}},
        {"record": {"S": "{"}, "revision": {"N": "1"}},
        {"record": {"S": "[]"}, "revision": {"S": "first"}},
        {"record": {"S": "[" * 30_000}, "revision": {"N": "1"}},
        {"record": {"S": json.dumps({"reason": "x" * 409_500})}, "revision": {"N": "1"}},
        {"record": {"S": "{}"}, "revision": {"N": "1" + "0" * 38}},
        {"record": {"S": "{}"}, "revision": {"N": "-7"}},
        {},
    ],
)
def test_an_unreadable_record_counts_as_empty_and_does_not_affect_other_handlers(item: dict[str, Any]) -> None:
    team = Team("a", HANDLER)
    team.items[PAUSES, "a"] = {"pk": {"S": PAUSES}, "sk": {"S": "a"}, **item}
    for function in team.aws.functions.values():
        function.concurrency = 0
    team.reconcile()
    assert [(one.concurrency, one.mapping) for one in team.aws.functions.values()] == [STOPPED] * 2
    records = team.records.all()
    assert [records[name].paused for name in ("a", HANDLER)] == [True, True]
