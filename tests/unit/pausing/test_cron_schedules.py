"""The schedules of crons, in the stage's group."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from sluice.pausing import cron_schedules
from sluice.stage.names import Names

from tests.unit.support.cloud import STAGE, Cloud
from tests.unit.support.deployed import schedule

NAMES = Names(STAGE)


def make(group: str, name: str) -> None:
    client: Any = boto3.client("scheduler")
    client.create_schedule(
        GroupName=group,
        Name=name,
        Description="mine",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-central-1:123456789012:x", "RoleArn": "arn:aws:iam::123456789012:role/x"},
    )


def test_only_the_schedules_of_the_stages_group_count(cloud: Cloud) -> None:
    """Others may have any name: those of delayed events, of other stages, and of other programs."""
    schedule("nightly")
    boto3.client("scheduler").create_schedule_group(Name="sluice-other-crons")
    for group, name in (("sluice-other-crons", "theirs"), ("default", NAMES.function("old"))):
        make(group, name)
    assert cron_schedules.states(boto3.client("scheduler"), NAMES) == {"nightly": "ENABLED"}


def test_a_schedule_that_is_disabled_keeps_the_rest(cloud: Cloud) -> None:
    client: Any = boto3.client("scheduler")
    client.create_schedule_group(Name=NAMES.cron_schedule_group)
    for group in (NAMES.cron_schedule_group, "default"):
        make(group, "nightly")
    before = cron_schedules.get(client, NAMES, "nightly")

    cron_schedules.set_state(client, NAMES, "nightly", "DISABLED")

    after = cron_schedules.get(client, NAMES, "nightly")
    changing = ("State", "LastModificationDate", "ResponseMetadata")
    assert after["State"] == "DISABLED"
    assert {key: after[key] for key in after if key not in changing} == {
        key: before[key] for key in before if key not in changing
    }
    assert client.get_schedule(GroupName="default", Name="nightly")["State"] == "ENABLED"


def test_a_stage_that_was_deployed_before_there_was_a_group_has_no_crons(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = boto3.client("scheduler")

    class Pages:
        def paginate(self, **_: object) -> Any:
            raise client.exceptions.ResourceNotFoundException({"Error": {}}, "ListSchedules")
            yield

    monkeypatch.setattr(client, "get_paginator", lambda _: Pages())
    assert cron_schedules.states(client, NAMES) == {}
