"""A worker as a good engineer writes it by hand: Powertools for the batch, the log and metrics, boto3 for the trace.

Each event has one trace, one log line and two metrics. Clients are made once a process, outside of the handler.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)
dynamodb = boto3.client("dynamodb")
TABLE = os.environ["TRACE_TABLE"]
DAYS = 30


def handle(event: dict[str, Any]) -> dict[str, Any]:
    """Do the team's work."""
    return {"done": event["id"]}


def process(record: SQSRecord) -> None:
    """Run one event and write its trace."""
    started = time.time()
    event: dict[str, Any] = json.loads(record.body)
    status, result, error = "ok", None, None
    try:
        result = handle(event)
    except Exception:  # noqa: BLE001 - an exception is a result
        status, error = "error", traceback.format_exc()
    finished = time.time()
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "pk": {"S": record.message_id},
            "status": {"S": status},
            "event": {"S": record.body},
            "result": {"S": json.dumps(result)},
            "error": {"S": error or ""},
            "sent_ms": {"N": record.attributes.sent_timestamp},
            "started_ms": {"N": str(int(started * 1000))},
            "finished_ms": {"N": str(int(finished * 1000))},
            "attempts": {"N": record.attributes.approximate_receive_count},
            "expires_at": {"N": str(int(finished) + DAYS * 86_400)},
        },
    )
    metrics.add_metric("Ok" if status == "ok" else "Error", MetricUnit.Count, 1)
    metrics.add_metric("Duration", MetricUnit.Milliseconds, (finished - started) * 1000)
    logger.info("handled", extra={"message_id": record.message_id, "status": status})


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Run a batch: Lambda's handler."""
    return process_partial_response(event=event, record_handler=process, processor=processor, context=context)
