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


def test_delayed_events_have_a_schedule_group_of_their_own(template: Template) -> None:
    assert template.properties("AWS::Scheduler::ScheduleGroup") == [{"Name": "sluice-dev"}]
    assert all("GroupName" not in found for found in template.properties("AWS::Scheduler::Schedule"))
