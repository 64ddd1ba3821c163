"""Questions about AWS that no document answers, and that the promises rest on. The run ends with the answers."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.aws.support.cloudtrail import records_of, trails
from tests.aws.support.probes import Measured
from tests.aws.support.stage import Stage


def test_how_soon_writes_are_seen(measured: Measured, answer: Callable[[str], None]) -> None:
    for freshness in measured.reads:
        answer(str(freshness))


def test_how_long_a_mapping_takes(measured: Measured, answer: Callable[[str], None]) -> None:
    for states in measured.states:
        answer(states)


def test_whether_anything_is_received_for_a_throttled_function(starved: str, answer: Callable[[str], None]) -> None:
    answer(starved)


def test_what_cloudtrail_says(stage: Stage, starved: str, measured: Measured, answer: Callable[[str], None]) -> None:
    answer(f"CloudTrail: {trails(stage)}")
    for name, record in records_of(stage).items():
        if record is None:
            answer(f"CloudTrail: no record of {name}")
        else:
            shown = {key: record.get(key) for key in ("eventName", "requestParameters", "errorCode")}
            who = {key: record["userIdentity"].get(key) for key in ("type", "arn")}
            answer(f"CloudTrail: {json.dumps(shown)} by {json.dumps(who)}")
