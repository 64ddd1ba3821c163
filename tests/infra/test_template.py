"""The properties that the promises rest on, in the template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra import Cron, Worker
from infra.problems import UnknownHandlerError
from tests.infra.conftest import ENTRIES
from tests.infra.evaluation import WRITES
from tests.infra.synth import Template, make_project, make_stack, stack_of, synthesise

HANDLERS = [entry.name for entry in ENTRIES]
SCHEDULES_DEAD = "sluice-dev--schedules-dead"
"""Where Scheduler's failed deliveries go. No handler can have this name."""
DAYS_14 = 14 * 24 * 3600


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_queue_keeps_events_as_long_as_sqs_can_and_gives_five_attempts(template: Template, handler: str) -> None:
    queue = template.queue(f"sluice-dev-{handler}")
    assert queue["MessageRetentionPeriod"] == DAYS_14
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert template.arn(queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"sluice-dev-{handler}-dead"


@pytest.mark.parametrize("name", [*(f"sluice-dev-{handler}-dead" for handler in HANDLERS), SCHEDULES_DEAD])
def test_every_queue_has_a_dead_letter_queue_and_an_alarm(template: Template, name: str) -> None:
    dead = template.queue(name)
    assert dead["MessageRetentionPeriod"] == DAYS_14
    assert dead["SqsManagedSseEnabled"] is True
    assert "RedrivePolicy" not in dead
    alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=name)
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert template.arn(alarm["Dimensions"][0]["Value"]) == name
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, "notBreaching")


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_alarm_rings_days_before_anything_expires(template: Template, handler: str) -> None:
    # A dead letter counts from when it died.
    for queue, threshold in ((f"sluice-dev-{handler}", 950_400), (f"sluice-dev-{handler}-dead", 604_800)):
        alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=f"{queue}-old")
        assert (alarm["MetricName"], alarm["Statistic"]) == ("ApproximateAgeOfOldestMessage", "Maximum")
        assert template.arn(alarm["Dimensions"][0]["Value"]) == queue
        assert alarm["Threshold"] == threshold < DAYS_14
        assert (alarm["ComparisonOperator"], alarm["EvaluationPeriods"]) == ("GreaterThanOrEqualToThreshold", 1)
        assert alarm["TreatMissingData"] == "notBreaching"


def test_there_are_no_other_queues(template: Template) -> None:
    names = {queue["QueueName"] for queue in template.properties("AWS::SQS::Queue")}
    assert names == {f"sluice-dev-{handler}{end}" for handler in HANDLERS for end in ("", "-dead")} | {SCHEDULES_DEAD}


def test_every_queue_refuses_what_is_not_tls(template: Template) -> None:
    protected = set()
    for policy in template.properties("AWS::SQS::QueuePolicy"):
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert (statement["Action"], statement["Principal"]) == ("sqs:*", {"AWS": "*"})
        protected |= {template.arn(queue) for queue in policy["Queues"]}
    assert protected == {queue["QueueName"] for queue in template.properties("AWS::SQS::Queue")}


@pytest.mark.parametrize(
    ("handler", "function_timeout", "visibility_timeout"),
    [("plain", 35, 210), ("tuned", 805, 4835), ("nightly", 65, 390)],
)
def test_the_times_that_aws_is_told(
    template: Template, handler: str, function_timeout: int, visibility_timeout: int
) -> None:
    assert template.function(f"sluice-dev-{handler}")["Timeout"] == function_timeout
    assert template.queue(f"sluice-dev-{handler}")["VisibilityTimeout"] == visibility_timeout


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_function_is_what_the_design_says(template: Template, handler: str) -> None:
    function = template.function(f"sluice-dev-{handler}")
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == "sluice.worker.entry.handle"
    assert function["RecursiveLoop"] == "Allow"
    assert "ReservedConcurrentExecutions" not in function, "reserved concurrency is for pausing alone"
    assert {"Key": "sluice:handler", "Value": handler} in function["Tags"]
    assert function["Layers"] == [{"Ref": name} for name in template.of_type("AWS::Lambda::LayerVersion")]
    log_group = template.resolve(function["LoggingConfig"]["LogGroup"])
    assert log_group == {"LogGroupName": f"/aws/lambda/sluice-dev-{handler}", "RetentionInDays": 30}


def test_settings_reach_the_function(template: Template) -> None:
    tuned, plain = template.function("sluice-dev-tuned"), template.function("sluice-dev-plain")
    assert (tuned["MemorySize"], plain["MemorySize"]) == (1024, 256)
    prefix = {
        "Fn::Join": [
            "",
            [
                "https://sqs.",
                {"Ref": "AWS::Region"},
                ".",
                {"Ref": "AWS::URLSuffix"},
                "/",
                {"Ref": "AWS::AccountId"},
                "/",
            ],
        ]
    }
    assert tuned["Environment"]["Variables"] == {
        "SHOP": "berlin",
        "SLUICE_STAGE": "dev",
        "SLUICE_HANDLER": "tuned",
        "SLUICE_TIMEOUT": "20",
        "SLUICE_TRACE_DAYS": "90",
        "SLUICE_MAX_HOPS": "20",
        "SLUICE_QUEUE_URL_PREFIX": prefix,
        "POWERTOOLS_SERVICE_NAME": "tuned",
        "POWERTOOLS_METRICS_NAMESPACE": "Sluice",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }
    assert plain["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == "INFO"


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_mapping_takes_partial_responses_and_leaves_enabled_to_pausing(template: Template, handler: str) -> None:
    mapping = template.mapping_of(f"sluice-dev-{handler}")
    assert template.arn(mapping["EventSourceArn"]) == f"sluice-dev-{handler}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "Enabled" not in mapping


def test_batches_and_concurrency_reach_the_mapping(template: Template) -> None:
    tuned, plain = template.mapping_of("sluice-dev-tuned"), template.mapping_of("sluice-dev-plain")
    assert (tuned["BatchSize"], tuned["MaximumBatchingWindowInSeconds"]) == (40, 5)
    assert tuned["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert (plain["BatchSize"], plain["MaximumBatchingWindowInSeconds"]) == (1, 0)
    assert "ScalingConfig" not in plain


def statements_of(template: Template, role: dict[str, Any]) -> list[tuple[str, set[str], str]]:
    [policy] = role["Policies"]
    return [
        (
            statement["Effect"],
            {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"]),
            template.arn(statement["Resource"]),
        )
        for statement in policy["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_function_may_do_what_it_needs_and_no_more(template: Template, handler: str) -> None:
    role = template.role_of(f"sluice-dev-{handler}")
    queues = "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-"
    assert statements_of(template, role) == [
        (
            "Allow",
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            f"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/sluice-dev-{handler}:*",
        ),
        (
            "Allow",
            {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"},
            f"sluice-dev-{handler}",
        ),
        ("Allow", {"sqs:SendMessage", "sqs:GetQueueUrl"}, f"{queues}*"),
        ("Deny", {"sqs:SendMessage"}, f"{queues}*-dead"),
        ("Allow", {"scheduler:CreateSchedule"}, "arn:aws:scheduler:REGION:ACCOUNT:schedule/sluice-dev/*"),
        ("Allow", {"iam:PassRole"}, "sluice-dev-REGION-scheduler"),
        ("Allow", {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "sluice-dev-traces"),
        ("Deny", set(WRITES), "sluice-dev-traces"),
    ]
    passing = next(one for one in role["Policies"][0]["PolicyDocument"]["Statement"] if one["Action"] == "iam:PassRole")
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    leaving = role["Policies"][0]["PolicyDocument"]["Statement"][-1]
    assert leaving["Condition"] == {
        "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["#pausing", "#blocks", "#keeping", "#history#*"]}
    }
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_two_functions_share_a_role_and_nobody_has_further_policies(template: Template) -> None:
    roles = [json.dumps(function["Role"]) for function in template.properties("AWS::Lambda::Function")]
    assert len(set(roles)) == len(roles)
    assert not template.of_type("AWS::IAM::Policy")
    # Those are for a team's people. No function has them.
    assert all("ManagedPolicyArns" not in role for role in template.properties("AWS::IAM::Role"))
    for policy in template.properties("AWS::IAM::ManagedPolicy"):
        assert not policy.keys() & {"Roles", "Users", "Groups"}


def test_the_trace_table(template: Template) -> None:
    [found] = template.of_type("AWS::DynamoDB::Table").values()
    table = found["Properties"]
    assert table["TableName"] == "sluice-dev-traces"
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {kind["AttributeType"] for kind in table["AttributeDefinitions"]} == {"S"}
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_traces_of_the_local_stage_go_with_it(deployed: dict[str, Template]) -> None:
    [table] = deployed["local"].of_type("AWS::DynamoDB::Table").values()
    assert table["DeletionPolicy"] == "Delete"


def test_a_schedule_sends_to_its_crons_queue_on_time(template: Template) -> None:
    schedule = template.one("AWS::Scheduler::Schedule", Name="sluice-dev-nightly")
    assert schedule["ScheduleExpression"] == "cron(5 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert template.arn(schedule["Target"]["Arn"]) == "sluice-dev-nightly"
    assert json.loads(schedule["Target"]["Input"]) == {
        "cron": "nightly",
        "scheduled_at": "<aws.scheduler.scheduled-time>",
    }
    assert template.arn(schedule["Target"]["DeadLetterConfig"]["Arn"]) == SCHEDULES_DEAD
    assert "State" not in schedule, "a pause may have changed it"


def test_schedulers_role_may_send_to_the_stages_queues_and_nothing_else(template: Template) -> None:
    roles = [template.resolve(found["Target"]["RoleArn"]) for found in template.properties("AWS::Scheduler::Schedule")]
    role = roles[0]
    assert all(other == role for other in roles)
    assert template.arn(role["RoleName"]) == "sluice-dev-REGION-scheduler"
    assert statements_of(template, role) == [("Allow", {"sqs:SendMessage"}, "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-*")]
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_only_crons_have_schedules_and_the_local_stage_has_them_too(
    template: Template, deployed: dict[str, Template]
) -> None:
    names = {schedule["Name"] for schedule in template.properties("AWS::Scheduler::Schedule")}
    assert names == {"sluice-dev-nightly", "sluice-dev-often"}
    local = deployed["local"].one("AWS::Scheduler::Schedule")
    assert (local["Name"], local["State"]) == ("sluice-local-nightly-report", "ENABLED")


def test_events_for_later_have_a_group_of_their_own(template: Template) -> None:
    assert template.properties("AWS::Scheduler::ScheduleGroup") == [{"Name": "sluice-dev"}]
    assert all("GroupName" not in found for found in template.properties("AWS::Scheduler::Schedule"))


def test_crons_can_be_kept_from_firing_locally_and_nowhere_else(tmp_path: Path) -> None:
    cron = Cron("nightly", every="Daily")
    for stage, state in (("local", "DISABLED"), ("dev", None)):
        project = make_project(tmp_path / stage, [cron.name])
        stack = stack_of(project, [cron], stage=stage, context={"crons": "off"})
        template = synthesise(stack)
        assert template.one("AWS::Scheduler::Schedule", Name=f"sluice-{stage}-nightly").get("State") == state
        # With the tag, the reconciler would enable the schedule again.
        tags = {tag["Key"] for tag in template.function(f"sluice-{stage}-nightly")["Tags"]}
        assert ("sluice:missed" in tags) == (state is None)


def test_what_the_worker_is_told_of_a_cron(tmp_path: Path) -> None:
    fortnightly = Cron(
        "paid", every="Fortnightly", on="fri", at="06:30", timezone="Europe/Berlin", week_of="2026-03-25"
    )
    entries = [fortnightly, Cron("alone", cron="0 3 * * ? *", overlap="skip"), Worker("plain")]
    template = synthesise(make_stack(tmp_path, entries))
    told = {
        name: template.function(f"sluice-dev-{name}")["Environment"]["Variables"] for name in ("paid", "alone", "plain")
    }
    assert (told["paid"]["SLUICE_OVERLAP"], told["paid"]["SLUICE_FORTNIGHT"]) == ("allow", "2026-03-27T05:30:00+00:00")
    assert told["alone"]["SLUICE_OVERLAP"] == "skip"
    assert not {"SLUICE_OVERLAP", "SLUICE_FORTNIGHT"} & set(told["plain"])
    assert "SLUICE_FORTNIGHT" not in told["alone"]


def test_outputs_say_the_stage_and_the_table(template: Template) -> None:
    outputs = {name: output["Value"] for name, output in template.content["Outputs"].items()}
    assert outputs["StageName"] == "dev"
    assert template.resolve(outputs["TraceTable"])["TableName"] == "sluice-dev-traces"


def test_a_handlers_function_and_queue_can_be_granted_access(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, [Worker("one"), Worker("two")])
    assert stack.stack_name == "sluice-dev"
    stack.handler("one").queue.grant_purge(stack.handler("two").function)
    [policy] = synthesise(stack).properties("AWS::IAM::Policy")
    assert "sqs:PurgeQueue" in policy["PolicyDocument"]["Statement"][0]["Action"]
    with pytest.raises(UnknownHandlerError, match=r"'three'.*it has: one, two"):
        stack.handler("three")
