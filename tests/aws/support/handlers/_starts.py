"""Counts the starts of an event, where a process that dies cannot take the number along."""

from __future__ import annotations

import os

import boto3

_client = boto3.client("dynamodb")


def count_start(mark: str) -> int:
    """Count one more start of the event with this mark, and return how many there are."""
    answer = _client.update_item(
        TableName=os.environ["STARTS"],
        Key={"mark": {"S": mark}},
        UpdateExpression="ADD starts :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["starts"]["N"])
