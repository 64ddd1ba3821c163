"""The schedules of crons in the template."""

from __future__ import annotations

import json
from pathlib import Path

from infra import Cron
from tests.infra.support.entries import SCHEDULES_DEAD_LETTERS
from tests.infra.support.synth import Template, make_project, stack_of, synthesise


def test_a_schedule_sends_ticks_to_its_crons_queue_on_time(template: Template) -> None:
    schedule = template.one("AWS::Scheduler::Schedule", Name="nightly")
    assert schedule["ScheduleExpression"] == "cron(5 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert template.arn(schedule["Target"]["Arn"]) == "sluice-dev-nightly"
    assert json.loads(schedule["Target"]["Input"]) == {
        "cron": "nightly",
        "scheduled_at": "<aws.scheduler.scheduled-time>",
    }
    assert template.arn(schedule["Target"]["DeadLetterConfig"]["Arn"]) == SCHEDULES_DEAD_LETTERS
    assert "State" not in schedule, "a pause may have changed it"


def test_only_crons_have_schedules_also_in_the_local_stage(template: Template, deployed: dict[str, Template]) -> None:
    names = {schedule["Name"] for schedule in template.properties("AWS::Scheduler::Schedule")}
    assert names == {"nightly", "often"}
    local = deployed["local"].one("AWS::Scheduler::Schedule")
    assert (local["Name"], local["State"]) == ("nightly-report", "ENABLED")


def test_crons_can_be_switched_off_in_the_local_stage_only(tmp_path: Path) -> None:
    cron = Cron("nightly", every="Daily")
    for stage, state in (("local", "DISABLED"), ("dev", None)):
        project = make_project(tmp_path / stage, [cron.name])
        stack = stack_of(project, [cron], stage=stage, context={"crons": "off"})
        template = synthesise(stack)
        assert template.one("AWS::Scheduler::Schedule", Name="nightly").get("State") == state
        # With the tag, the reconciler would enable the schedule again.
        tags = {tag["Key"] for tag in template.function(f"sluice-{stage}-nightly")["Tags"]}
        assert ("sluice:missed" in tags) == (state is None)
