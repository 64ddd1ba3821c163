"""Sending many events with boto3, written well: full batches, one client, and refused entries are sent again."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable
from typing import Any

import boto3

QUEUE_URL = os.environ["QUEUE_URL"]
TRIES = 5

sqs = boto3.client("sqs")


def send_all(events: Iterable[object]) -> None:
    """Send events, ten at a time.

    Raises:
        RuntimeError: some were refused at every try.
    """
    source = iter(events)
    while chunk := list(itertools.islice(source, 10)):
        entries: list[Any] = [
            {"Id": str(index), "MessageBody": json.dumps(event, separators=(",", ":"))}
            for index, event in enumerate(chunk)
        ]
        for _ in range(TRIES):
            failed = {
                entry["Id"] for entry in sqs.send_message_batch(QueueUrl=QUEUE_URL, Entries=entries).get("Failed", ())
            }
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                break
        else:
            raise RuntimeError(f"{len(entries)} events were refused")
