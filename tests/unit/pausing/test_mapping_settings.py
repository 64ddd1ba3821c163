"""An event source mapping that somebody has changed is put back, and can be paused and blocked nevertheless."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sluice.pausing.describe import BLOCKED, state_of
from sluice.pausing.mapping_settings import MappingSettings, from_tag, repair_of
from sluice.reconciler.reconciler import Reconciler
from sluice.reconciler.watch import Watch
from sluice.stage.names import BLOCKED_TAG, MAPPING_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import ACCOUNT
from tests.unit.support.pausing_team import RUNNING, STOPPED, Team

SETTINGS = MappingSettings(batch_size=10, batch_window=5, max_concurrency=7)
DEPLOYED = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 5,
    "ScalingConfig": {"MaximumConcurrency": 7},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}
FILTER = {"Filters": [{"Pattern": '{"body": ["nothing"]}'}]}
ELSEWHERE = f"{ACCOUNT}:function:somebody-elses"

CHANGES: list[dict[str, Any]] = [
    {"FilterCriteria": FILTER},
    {"BatchSize": 1},
    {"MaximumBatchingWindowInSeconds": 300},
    {"ScalingConfig": {"MaximumConcurrency": 2}},
    {"ScalingConfig": {}},
    {"FunctionResponseTypes": []},
    {"ProvisionedPollerConfig": {"MinimumPollers": 200}},
    {"FilterCriteria": FILTER, "BatchSize": 3},
    # With a key that the reconciler may not use, AWS does not show the filter.
    {"KMSKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/theirs", "FilterCriteriaError": {"ErrorCode": "Access"}},
]


@pytest.fixture
def team() -> Team:
    return deployed(Team())


def deployed(team: Team) -> Team:
    team.function.tags[MAPPING_TAG] = SETTINGS.to_tag()
    team.function.settings = dict(DEPLOYED)
    return team


def is_as_deployed(team: Team) -> bool:
    own = f"{ACCOUNT}:function:{team.aws.names.function(HANDLER)}"
    mapping = {"FunctionArn": team.function.target or own, **team.function.settings}
    return repair_of(mapping, SETTINGS, own) is None


@pytest.mark.parametrize("settings", [SETTINGS, MappingSettings(1, 0, None)])
def test_the_tag_has_the_settings_in_characters_that_a_tag_may_have(settings: MappingSettings) -> None:
    assert from_tag(settings.to_tag()) == settings
    assert len(settings.to_tag()) <= 256
    assert set(settings.to_tag()) <= set("abcdefghijklmnopqrstuvwxyz0123456789_= ")


@pytest.mark.parametrize("value", [None, "", "batch_size=10", "batch_size=x batch_window=0 max_concurrency=none"])
def test_without_a_readable_tag_no_setting_is_changed(value: str | None) -> None:
    assert from_tag(value) is None
    assert repair_of({"FunctionArn": "arn", "FilterCriteria": FILTER}, None, "arn") is None


@pytest.mark.parametrize(
    "unset", [{}, {"FilterCriteria": {}}, {"FilterCriteria": {"Filters": []}}, {"ScalingConfig": {}}]
)
def test_aws_may_leave_out_what_is_not_set(unset: dict[str, Any]) -> None:
    mapping = {"FunctionArn": "arn:$LATEST", "BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]}
    assert repair_of(mapping | unset, MappingSettings(1, 0, None), "arn") is None


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("paused", [False, True])
def test_the_next_run_puts_back_what_somebody_changed(team: Team, paused: bool, change: dict[str, Any]) -> None:
    if paused:
        team.commands("operator").pause(HANDLER, "slow")
        team.now += 120
    team.function.settings |= change
    team.reconcile()
    assert is_as_deployed(team)
    assert team.state == (STOPPED if paused else RUNNING)
    what, by, reason = team.history[-1]
    assert (what, by) == ("restored", "sluice")
    assert str(reason).startswith("event source mapping: its ")
    before = len(team.history)
    team.reconcile()
    assert len(team.history) == before


def test_a_mapping_of_another_function_comes_back(team: Team) -> None:
    team.function.target = ELSEWHERE
    team.reconcile()
    assert is_as_deployed(team)
    assert team.history == [("restored", "sluice", f"event source mapping: its function was {ELSEWHERE}")]


def test_nothing_is_put_back_while_a_deployment_changes_it(team: Team) -> None:
    team.function.settings["BatchSize"] = 1
    team.aws.deploying = True
    team.reconcile()
    assert team.function.settings["BatchSize"] == 1
    team.aws.deploying = False
    team.reconcile()
    assert team.function.settings["BatchSize"] == 10


def test_a_handler_whose_mapping_points_elsewhere_can_be_blocked(team: Team) -> None:
    team.function.target = ELSEWHERE
    snapshot = team.commands("admin").block(HANDLER, "legal hold")
    assert state_of(snapshot).state == BLOCKED
    assert team.state == STOPPED
    assert BLOCKED_TAG in team.function.mapping_tags
    team.commands("admin").unblock(HANDLER, None)
    team.reconcile()
    assert team.state == RUNNING
    assert is_as_deployed(team)


def test_a_handler_without_a_mapping_can_be_blocked_and_stays_so(team: Team) -> None:
    team.function.mapping = None
    snapshot = team.commands("admin").block(HANDLER, "legal hold")
    assert state_of(snapshot).state == BLOCKED
    assert team.function.concurrency == 0
    # Somebody makes it receive again, by hand.
    team.function.mapping, team.function.concurrency = "Enabled", None
    team.reconcile()
    assert team.state == STOPPED
    team.function.mapping, team.function.concurrency = None, None
    team.reconcile()
    assert team.function.concurrency == 0


def test_a_handler_without_a_mapping_can_be_paused(team: Team) -> None:
    team.function.mapping = None
    team.commands("operator").pause(HANDLER, "slow")
    assert team.function.concurrency == 0


def test_unblocking_puts_settings_back_before_anything_is_received(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.function.settings["FilterCriteria"] = FILTER
    team.now += 120
    team.reconcile()
    team.commands("admin").unblock(HANDLER, None)
    assert team.state == RUNNING
    assert is_as_deployed(team)


def test_a_changed_mapping_is_a_metric(team: Team) -> None:
    team.function.settings["FilterCriteria"] = FILTER
    stream = io.StringIO()
    nothing: Any = None
    watch = Watch("test", nothing, stream)
    Reconciler(team.aws.names, team.states(), nothing, watch).run({})
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["MappingChanged"] == 1
    Reconciler(team.aws.names, team.states(), nothing, watch).run({})
    assert len(stream.getvalue().splitlines()) == 1
