"""Properties that CloudFormation sets once: a change replaces the resource, which fails for one with a fixed name."""

from __future__ import annotations

from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.infra.support.synth import Template

REPLACED = {"AWS::Lambda::LayerVersion", "AWS::Lambda::Permission"}
"""Types of resources without a fixed name. CloudFormation makes another one before it removes the old one."""

NAMES = {"Name", "AlarmName", "FunctionName", "LogGroupName", "QueueName", "RoleName", "TableName", "TopicName"}

DESCRIPTIONS = {
    "Sees a stage of Sluice",
    "Emits, pauses, unpauses, redrives and replays in a stage of Sluice; cannot lift a block",
    "Blocks and unblocks in a stage of Sluice, and does all that an operator does",
}
"""Of the managed policies. They are on AWS: they can never change."""


def create_only(kind: str) -> set[str]:
    """Return the properties of a type of resource that can only be set when it is made."""
    schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return {path.removeprefix("/properties/") for path in schema.get("createOnlyProperties", ())}


def test_what_can_be_set_once_is_a_name_or_never_changes(template: Template) -> None:
    found: dict[tuple[str, str], list[Any]] = {}
    kinds = {resource["Type"] for resource in template.content["Resources"].values()}
    for kind in sorted(kinds - REPLACED):
        for name in create_only(kind) - NAMES:
            values = [properties[name] for properties in template.properties(kind) if name in properties]
            if values:
                found[kind, name] = values
    texts = found.pop(("AWS::IAM::ManagedPolicy", "Description"))
    assert set(texts) == DESCRIPTIONS
    assert found.keys() == {
        ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
        ("AWS::IAM::ManagedPolicy", "Path"),
        # A handler's own queue.
        ("AWS::Lambda::EventSourceMapping", "EventSourceArn"),
        ("AWS::Lambda::EventInvokeConfig", "Qualifier"),
    }
    assert set(found["AWS::IAM::ManagedPolicy", "Path"]) == {"/"}
    assert set(found["AWS::Lambda::EventInvokeConfig", "Qualifier"]) == {"$LATEST"}
