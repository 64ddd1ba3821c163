"""The actions of a person on the AWS console's pages, as the calls that these pages make."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.aws.support.stage import Stage

NO_SUCH_ACTION = frozenset({"InvalidAction", "UnsupportedOperation"})
"""Error codes of an emulator that does not know a call."""


def throttle(stage: Stage, function: str) -> None:
    """Press the Lambda console's button Throttle."""
    stage.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)


def release(stage: Stage, function: str) -> None:
    """Choose "Use unreserved account concurrency" on the function's page."""
    stage.client("lambda").delete_function_concurrency(FunctionName=function)


def concurrency(stage: Stage, function: str) -> int | None:
    """A function's reserved concurrency; None if it has none."""
    found = stage.client("lambda").get_function_concurrency(FunctionName=function)
    value: int | None = found.get("ReservedConcurrentExecutions")
    return value


def mapping(stage: Stage, function: str) -> dict[str, Any]:
    """A function's event source mapping."""
    (found,) = stage.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert isinstance(found, dict)
    return found


def set_mapping(stage: Stage, function: str, *, enabled: bool) -> None:
    """Enable or disable a function's event source mapping."""
    stage.client("lambda").update_event_source_mapping(UUID=mapping(stage, function)["UUID"], Enabled=enabled)


def function_arn(stage: Stage, function: str) -> str:
    """A function's ARN."""
    found: str = stage.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    return found


def mapping_arn(stage: Stage, function: str) -> str:
    """The ARN of a function's event source mapping."""
    arn = function_arn(stage, function)
    return arn.replace(f":function:{function}", f":event-source-mapping:{mapping(stage, function)['UUID']}")


def redrive(stage: Stage, handler: str) -> None:
    """Press the button "Start DLQ redrive" on the page of a handler's dead-letter queue, and wait until it is done.

    MiniStack has no StartMessageMoveTask. There this does by hand what it does on AWS: each message is received, sent
    to its queue as a new message with the attributes that it had, and deleted.
    """
    sqs = stage.client("sqs")
    dead = sqs.get_queue_url(QueueName=stage.names.dead_letter_queue(handler))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    try:
        sqs.start_message_move_task(SourceArn=arn)
    except ClientError as error:
        if not stage.is_local or error.response["Error"]["Code"] not in NO_SUCH_ACTION:
            raise
        _move_by_hand(sqs, dead, sqs.get_queue_url(QueueName=stage.names.queue(handler))["QueueUrl"])
        return
    task = stage.eventually(lambda: moved(sqs, arn), f"the end of the redrive of {handler}")
    assert task["Status"] == "COMPLETED", task


def moved(sqs: Any, arn: str) -> dict[str, Any] | None:
    """A queue's latest task to move messages; None while it is under way."""
    tasks = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"]
    return tasks[0] if tasks and tasks[0]["Status"] not in {"RUNNING", "CANCELLING"} else None


def _move_by_hand(sqs: Any, source: str, target: str) -> None:
    while messages := sqs.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=30
    ).get("Messages"):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
