"""The alarms, and the topic that they publish to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sluice.planning.cost import ALARMED_METRICS, STAGE_ALARMS

from infra import Worker
from tests.infra.support.entries import ENTRIES
from tests.infra.support.synth import PROJECT, Template, make_project, stack_of, synthesise

TOPIC = "sluice-dev-alarms"


def statements(template: Template) -> list[dict[str, Any]]:
    (policy,) = template.properties("AWS::SNS::TopicPolicy")
    assert [template.resolve(topic)["TopicName"] for topic in policy["Topics"]] == [TOPIC]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_every_alarm_publishes_to_the_topic_when_it_begins(template: Template) -> None:
    alarms = template.properties("AWS::CloudWatch::Alarm")
    assert len(alarms) == 4 * 4 + STAGE_ALARMS
    for alarm in alarms:
        (action,) = alarm["AlarmActions"]
        assert template.resolve(action)["TopicName"] == TOPIC
        # With these, each deployed handler would send three mails.
        assert {"OKActions", "InsufficientDataActions"}.isdisjoint(alarm)
    assert template.content["Outputs"]["AlarmTopic"]["Value"] == action


def test_the_documentation_lists_every_alarm(template: Template) -> None:
    page = (PROJECT / "docs" / "alarms.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(sluice-[A-Za-z-]+)` \|", page, re.MULTILINE)
    listed = {name.replace("STAGE", "dev").replace("HANDLER", entry.name) for name in named for entry in ENTRIES}
    # Only with a setting that no entry of this template has: tests/infra/handler/test_pause_on_failures.py.
    listed.remove("sluice-dev--paused-itself")
    assert listed == {alarm["AlarmName"] for alarm in template.properties("AWS::CloudWatch::Alarm")}


def test_cloudwatch_can_publish_for_this_account_and_only_over_tls(template: Template) -> None:
    topic = template.one("AWS::SNS::Topic", TopicName=TOPIC)
    assert "KmsMasterKeyId" not in topic, "with SNS's own key CloudWatch could not"
    (allow,) = [one for one in statements(template) if one["Effect"] == "Allow"]
    assert (allow["Action"], allow["Principal"]) == ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    (deny,) = [one for one in statements(template) if one["Effect"] == "Deny"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_address_gets_a_subscription(template: Template, tmp_path: Path) -> None:
    assert template.properties("AWS::SNS::Subscription") == []
    emails = ["ops@example.com", "on-call@example.com"]
    given = synthesise(stack_of(make_project(tmp_path, ["a"]), [Worker("a")], alarm_emails=emails))
    mails = given.properties("AWS::SNS::Subscription")
    assert sorted(mail["Endpoint"] for mail in mails) == sorted(emails)
    assert {(mail["Protocol"], given.resolve(mail["TopicArn"])["TopicName"]) for mail in mails} == {("email", TOPIC)}


def test_the_cost_estimate_counts_every_alarm(template: Template) -> None:
    alarms = len(template.properties("AWS::CloudWatch::Alarm"))
    assert alarms == len(ENTRIES) * ALARMED_METRICS + STAGE_ALARMS
