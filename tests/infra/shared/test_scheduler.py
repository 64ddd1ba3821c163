"""The role and the group of schedules."""

from __future__ import annotations

from tests.infra.support.evaluation import statements_of
from tests.infra.support.synth import Template


def test_schedulers_role_allows_sending_to_the_stages_queues_and_nothing_else(template: Template) -> None:
    roles = [template.resolve(found["Target"]["RoleArn"]) for found in template.properties("AWS::Scheduler::Schedule")]
    role = roles[0]
    assert all(other == role for other in roles)
    assert template.arn(role["RoleName"]) == "sluice-dev-REGION-scheduler"
    assert statements_of(template, role) == [("Allow", {"sqs:SendMessage"}, "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-*")]
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_delayed_events_and_crons_have_schedule_groups_of_their_own(template: Template) -> None:
    groups = [found["Name"] for found in template.properties("AWS::Scheduler::ScheduleGroup")]
    assert groups == ["sluice-dev", "sluice-dev-crons"]
    crons = {template.resolve(found["GroupName"])["Name"] for found in template.properties("AWS::Scheduler::Schedule")}
    assert crons == {"sluice-dev-crons"}
