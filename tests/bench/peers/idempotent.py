"""The hand-written worker with Powertools idempotency, as its documentation shows for SQS batches."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from . import handwritten

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

config = IdempotencyConfig(event_key_jmespath="messageId")
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])


@idempotent_function(data_keyword_argument="record", config=config, persistence_store=persistence)  # type: ignore[untyped-decorator]
def process(record: SQSRecord) -> None:
    """Run one event once, and write its trace."""
    handwritten.process(record)


def process_record(record: SQSRecord) -> None:
    """Run one event; the decorated function takes keyword arguments only."""
    process(record=record)


@handwritten.logger.inject_lambda_context
@handwritten.metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Run a batch: Lambda's handler."""
    config.register_lambda_context(context)
    return process_partial_response(
        event=event, record_handler=process_record, processor=handwritten.processor, context=context
    )
