"""Functions, mappings and schedules of a stage's handlers on moto."""

from __future__ import annotations

import contextlib
import io
import zipfile
from typing import Any

import boto3
from moto.awslambda.models import lambda_backends
from sluice.stage.names import Names

from tests.unit.support.cloud import STAGE

NAMES = Names(STAGE)


def deploy(handler: str, **tags: str) -> str:
    """Make a handler's function with its event source mapping; return the mapping's id."""
    role = boto3.client("iam").create_role(RoleName=handler, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("x.py", "")
    client: Any = boto3.client("lambda")
    client.create_function(
        FunctionName=NAMES.function(handler),
        Runtime="python3.13",
        Role=role,
        Handler="x.handle",
        Code={"ZipFile": code.getvalue()},
        Tags=tags,
    )
    url = boto3.client("sqs").get_queue_url(QueueName=NAMES.queue(handler))["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping: str = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=NAMES.function(handler))["UUID"]
    return mapping


def schedule(handler: str) -> None:
    """Make a schedule named after a handler, which makes it a cron."""
    client = boto3.client("scheduler")
    with contextlib.suppress(client.exceptions.ConflictException):
        client.create_schedule_group(Name=NAMES.cron_schedule_group)
    client.create_schedule(
        GroupName=NAMES.cron_schedule_group,
        Name=handler,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-central-1:123456789012:any", "RoleArn": "arn:aws:iam::123456789012:role/any"},
    )


class Zero(int):
    """A reserved concurrency of 0 that moto's GetFunction shows as AWS does, and not as none at all."""

    def __bool__(self) -> bool:
        return True


def throttle(handler: str) -> None:
    """Set a function's reserved concurrency to 0, as the console's Throttle button does."""
    lambda_backends["123456789012"]["eu-central-1"].get_function(NAMES.function(handler)).reserved_concurrency = Zero()
