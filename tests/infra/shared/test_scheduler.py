"""The role and the group of schedules."""

from __future__ import annotations

import json

import pytest
from aws_cdk import App, Environment, Stack
from sluice.stage.names import MAX_FUNCTION_NAME, MAX_STAGE, Names

from infra.protection import Protection
from infra.shared.alarms import Alarms
from infra.shared.scheduler import StageScheduler
from tests.infra.support.entries import HANDLERS, SCHEDULES_DEAD_LETTERS
from tests.infra.support.evaluation import MAX_ROLE_POLICIES, decision, resolved
from tests.infra.support.synth import Template

QUEUES = "arn:aws:sqs:REGION:ACCOUNT:"


def test_schedulers_role_allows_sending_to_the_handlers_queues_and_its_own_and_nothing_else(
    template: Template,
) -> None:
    roles = [template.resolve(found["Target"]["RoleArn"]) for found in template.properties("AWS::Scheduler::Schedule")]
    role = roles[0]
    assert all(other == role for other in roles)
    assert template.arn(role["RoleName"]) == "sluice-dev-REGION-scheduler"
    [statement] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
    queues = [f"sluice-dev-{handler}" for handler in HANDLERS]
    assert [template.arn(one) for one in statement["Resource"]] == [
        f"{QUEUES}{queue}" for queue in (*queues, SCHEDULES_DEAD_LETTERS)
    ]
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    groups = [f"arn:aws:scheduler:REGION:ACCOUNT:schedule-group/sluice-dev{end}" for end in ("", "-crons")]
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert [template.arn(one) for one in trust["Condition"]["StringEquals"]["aws:SourceArn"]] == groups


@pytest.mark.parametrize(
    "queue", ["sluice-dev-plain-dead", "sluice-dev-unknown", "sluice-dev--other", "sluice-prod-plain"]
)
def test_who_makes_a_schedule_cannot_send_to_other_queues_by_it(template: Template, queue: str) -> None:
    role = template.one(
        "AWS::IAM::Role", RoleName={"Fn::Join": ["", ["sluice-dev-", {"Ref": "AWS::Region"}, "-scheduler"]]}
    )
    policies = [resolved(template, role["Policies"][0]["PolicyDocument"])]
    assert decision(policies, "sqs:SendMessage", f"{QUEUES}{queue}") == "ImplicitDeny"
    assert decision(policies, "sqs:SendMessage", f"{QUEUES}sluice-dev-plain") == "Allow"


def test_the_longest_names_of_the_most_handlers_fit_into_the_roles_policy() -> None:
    """A stack has room for some 43 handlers."""
    names = Names("s" * MAX_STAGE)
    handlers = [f"h{number:02}".ljust(MAX_FUNCTION_NAME - len(names.prefix), "h") for number in range(60)]
    app = App()
    stack = Stack(app, "Stack", env=Environment(account="1" * 12, region="ap-southeast-1"))
    alarms = Alarms(stack, "Alarms", names=names, protection=Protection(), emails=[])
    StageScheduler(stack, "Scheduler", names=names, handlers=handlers, protection=Protection(), alarms=alarms)
    role = Template(app.synth().get_stack_by_name("Stack").template).one("AWS::IAM::Role")
    text = json.dumps(role["Policies"], separators=(",", ":"))
    assert handlers[-1] in text
    assert len(text) < MAX_ROLE_POLICIES


def test_delayed_events_and_crons_have_schedule_groups_of_their_own(template: Template) -> None:
    groups = [found["Name"] for found in template.properties("AWS::Scheduler::ScheduleGroup")]
    assert groups == ["sluice-dev", "sluice-dev-crons"]
    crons = {template.resolve(found["GroupName"])["Name"] for found in template.properties("AWS::Scheduler::Schedule")}
    assert crons == {"sluice-dev-crons"}
