"""Users that CloudTrail names for changes."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.pausing.cloudtrail import UserChange, add_user, user_change_of
from sluice.stage.names import Names

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import Team

NAMES = Names("dev")
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:sluice-dev-a"
PUT = "PutFunctionConcurrency20171031"
ADA = "arn:aws:sts::123456789012:assumed-role/Admin/ada"
AT = 1_800_000_000_000


def trail(name: str, parameters: Any, by: str = ADA, **more: Any) -> dict[str, Any]:
    detail = {
        "eventName": name,
        "requestParameters": parameters,
        "userIdentity": {"arn": by},
        "eventTime": "2027-01-15T08:00:00Z",
    }
    return {"detail": detail | more}


@pytest.mark.parametrize(
    "function",
    ["sluice-dev-a", "sluice-dev-a:1", ARN, f"{ARN}:1", "123456789012:function:sluice-dev-a", "function:sluice-dev-a"],
)
def test_every_form_of_a_function_s_name_is_understood(function: str) -> None:
    event = trail(PUT, {"functionName": function, "reservedConcurrentExecutions": 0})
    assert user_change_of(event, NAMES) == UserChange("a", "paused", "assumed-role/Admin/ada", AT)


@pytest.mark.parametrize(
    ("name", "parameters", "what"),
    [
        (PUT, {"functionName": ARN, "reservedConcurrentExecutions": 5}, "unpaused"),
        ("DeleteFunctionConcurrency20171031", {"functionName": ARN}, "unpaused"),
        ("TagResource20170331v2", {"resource": ARN, "tags": {"sluice:blocked": "x"}}, "blocked"),
        ("UntagResource20170331v2", {"resource": ARN, "tagKeys": ["sluice:blocked"]}, "unblocked"),
    ],
)
def test_each_call_is_a_change(name: str, parameters: Any, what: str) -> None:
    act = user_change_of(trail(name, parameters), NAMES)
    assert act is not None
    assert act.what == what


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail": None},
        trail(PUT, {"functionName": "somebody-elses", "reservedConcurrentExecutions": 0}),
        trail(PUT, {"functionName": ARN, "reservedConcurrentExecutions": 0}, errorCode="AccessDenied"),
        trail(PUT, {"functionName": ARN, "reservedConcurrentExecutions": 0}, userIdentity={"type": "AWSService"}),
        # `sluice run` sets this, for one event.
        trail(PUT, {"functionName": ARN, "reservedConcurrentExecutions": 1}),
        # The reconciler acts for others.
        trail(
            PUT,
            {"functionName": ARN, "reservedConcurrentExecutions": 0},
            by="arn:aws:sts::123456789012:assumed-role/role/sluice-dev--reconciler",
        ),
        trail("TagResource20170331v2", {"resource": ARN, "tags": {"team": "x"}}),
        trail("TagResource20170331v2", {"resource": ARN.replace("function", "event-source-mapping"), "tags": {}}),
        trail("UpdateFunctionCode20150331v2", {"functionName": ARN}),
    ],
)
def test_an_event_about_anything_else_is_ignored(event: dict[str, Any]) -> None:
    assert user_change_of(event, NAMES) is None


def test_a_pause_from_the_console_gets_its_user_minutes_later() -> None:
    team = Team()
    team.function.concurrency = 0
    team.reconcile()
    assert [by for _, by, _ in team.history] == [None]

    records = team.records
    assert add_user(UserChange(HANDLER, "paused", "user/ada", int(team.now * 1000) - 30_000), records)
    assert [by for _, by, _ in team.history] == ["user/ada"]
    assert team.record.by == "user/ada"
    assert not add_user(UserChange(HANDLER, "paused", "user/bob", int(team.now * 1000) - 30_000), records)
    assert not add_user(UserChange(HANDLER, "unpaused", "user/bob", int(team.now * 1000)), records)


def test_the_user_of_a_command_is_not_named_for_a_later_pause_from_the_console() -> None:
    """CloudTrail reports the command's own call after somebody else has paused the handler in the console."""
    team = Team()
    called_ms = int(team.now * 1000)
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("operator").unpause(HANDLER, "fixed")
    team.now += 30
    team.function.concurrency = 0
    team.reconcile()

    assert not add_user(
        UserChange(HANDLER, "paused", "user/operator", called_ms + 1_000), team.states("reconciler").records
    )
    assert add_user(UserChange(HANDLER, "paused", "user/ada", called_ms + 30_000), team.states("reconciler").records)

    assert [by for what, by, _ in team.history if what == "paused"] == ["user/operator", "user/ada"]
