"""The reconciler in the template: its rules and its alarms."""

from __future__ import annotations

import json

import pytest

from tests.infra.support.synth import Template


def test_the_reconciler_runs_every_minute_on_changes_and_after_deployments(template: Template) -> None:
    rules = template.properties("AWS::Events::Rule")
    schedules = [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule]
    assert schedules == ["rate(1 minute)"]
    patterns = {pattern["source"][0]: pattern for rule in rules if (pattern := rule.get("EventPattern"))}
    assert set(patterns) == {"aws.lambda", "aws.cloudformation"}
    assert "PutFunctionConcurrency20171031" in patterns["aws.lambda"]["detail"]["eventName"]
    assert len(template.properties("AWS::Lambda::Permission")) == len(rules)
    (upkeep,) = [rule["Targets"][0]["Input"] for rule in rules if "ScheduleExpression" in rule]
    assert json.loads(upkeep) == {"upkeep": True}
    environment = template.function("sluice-dev--reconciler")["Environment"]["Variables"]
    assert environment == {"SLUICE_STAGE": "dev"}


def test_an_hour_without_concurrency_does_not_queue_up_runs(template: Template) -> None:
    (config,) = template.properties("AWS::Lambda::EventInvokeConfig")
    assert template.resolve(config["FunctionName"])["FunctionName"] == "sluice-dev--reconciler"
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 300)


def test_only_calls_about_this_stages_functions_run_the_reconciler(template: Template) -> None:
    patterns = [rule["EventPattern"] for rule in template.properties("AWS::Events::Rule") if "EventPattern" in rule]
    (detail,) = [pattern["detail"] for pattern in patterns if pattern["source"] == ["aws.lambda"]]
    patterns_of_names = [
        template.arn(alternative.get("prefix") or alternative["wildcard"])
        for fields in detail["$or"]
        for names in fields.values()
        for alternatives in names.values()
        for alternative in alternatives
    ]
    arn = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev-"
    assert patterns_of_names == ["sluice-dev-", "*function:sluice-dev-*", arn, arn]


def test_alarms_ring_when_the_reconciler_fails_or_does_not_run(template: Template) -> None:
    failing = template.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--reconciler-failing")
    silent = template.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--reconciler-silent")
    assert (failing["MetricName"], failing["TreatMissingData"]) == ("Errors", "notBreaching")
    assert (silent["MetricName"], silent["TreatMissingData"]) == ("Invocations", "breaching")


@pytest.mark.parametrize(
    ("name", "metric", "threshold"), [("stopped", "LongestStop", 24 * 3_600), ("no-handler", "NoHandler", 1)]
)
def test_alarms_watch_the_reconcilers_metrics(template: Template, name: str, metric: str, threshold: int) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=f"sluice-dev--{name}")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sluice", metric, "Maximum")
    # Those that it writes: tests/unit/reconciler/test_watch.py.
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": "dev"}]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (threshold, "notBreaching")
    assert "sluice status --stage dev" in alarm["AlarmDescription"]
