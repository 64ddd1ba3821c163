# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "checkov==3.3.30",
#     "parliament==1.6.4",
#     # parliament imports pkg_resources, which later versions do not have.
#     "setuptools<81",
# ]
# ///
"""Print what Checkov and parliament find in a template, one finding a line.

It runs in an environment of its own, because Checkov wants old versions of packages that Sluice has. After a change of
the versions above: `uv lock --script tests/infra/scanners/scan.py`.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["LOG_LEVEL"] = "ERROR"
warnings.simplefilter("ignore")

from checkov.cloudformation.runner import Runner  # noqa: E402 - it reads LOG_LEVEL
from checkov.runner_filter import RunnerFilter  # noqa: E402
from parliament import analyze_policy_string  # noqa: E402

PSEUDO_PARAMETERS = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}

SERVICES = {
    "AWS::SQS::Queue": "sqs:us-east-1:123456789012:",
    "AWS::DynamoDB::Table": "dynamodb:us-east-1:123456789012:table/",
    "AWS::IAM::Role": "iam::123456789012:role/",
    "AWS::KMS::Key": "kms:us-east-1:123456789012:key/",
}
"""The ARNs, up to the name, of resources that policies refer to."""


def checkov(template: Path) -> Iterator[str]:
    """Yield what Checkov finds."""
    report = Runner().run(
        root_folder=None, files=[str(template)], runner_filter=RunnerFilter(framework=["cloudformation"])
    )
    if report.parsing_errors or not report.passed_checks:
        yield f"Checkov could not read {template}"
    for check in report.failed_checks:
        yield f"{check.check_id} {check.resource}: {check.check_name}"


def parliament(template: Path) -> Iterator[str]:
    """Yield what parliament finds in the policies of roles and in managed policies."""
    resources = json.loads(template.read_text())["Resources"]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        policies = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            policies = [properties["PolicyDocument"]]
        for policy in policies:
            for finding in analyze_policy_string(json.dumps(resolved(policy, resources))).findings:
                yield f"parliament {name}: {finding}"


def resolved(value: Any, resources: dict[str, Any]) -> Any:
    """Return a part of a template with names in place of what a deployment fills in."""
    if isinstance(value, list):
        return [resolved(inner, resources) for inner in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return PSEUDO_PARAMETERS.get(value["Ref"], value["Ref"])
    if "Fn::GetAtt" in value:
        name = value["Fn::GetAtt"][0]
        return f"arn:aws:{SERVICES[resources[name]['Type']]}{name}"
    if "Fn::Join" in value:
        return "".join(resolved(value["Fn::Join"][1], resources))
    return {key: resolved(inner, resources) for key, inner in value.items()}


for path in map(Path, sys.argv[1:]):
    for line in (*checkov(path), *parliament(path)):
        print(f"{path}: {line}")  # noqa: T201 - the output
