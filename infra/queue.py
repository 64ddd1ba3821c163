"""SQS queues, as handlers and Scheduler have them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from .findings import accept
from .protection import DATA_KEY_REUSE, Protection
from .stage import has_tls

RETENTION = Duration.days(14)
"""SQS's maximum, for every queue. A dead letter keeps its age: it has as many days left as it did not wait before."""


def make_queue(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    stage: str,
    protection: Protection,
    visibility_timeout: Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """Make an encrypted queue that keeps messages as long as SQS can.

    Args:
        scope: the construct that has it.
        construct_id: its id there.
        name: its name in SQS.
        stage: the stage's name.
        protection: the key that encrypts it.
        visibility_timeout: time before SQS delivers a received message again; SQS's 30 seconds if left out.
        dead_letter_queue: takes the messages that were received too often; if left out, none does.
    """
    queue = sqs.Queue(
        scope,
        construct_id,
        queue_name=name,
        retention_period=RETENTION,
        visibility_timeout=visibility_timeout,
        encryption=sqs.QueueEncryption.KMS if protection.key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=protection.key,
        data_key_reuse=DATA_KEY_REUSE if protection.key else None,
        enforce_ssl=has_tls(stage),
        dead_letter_queue=dead_letter_queue,
    )
    if protection.key is None:
        accept(queue, {"CKV_AWS_27": "SQS encrypts it with keys of its own, which this check does not know"})
    if dead_letter_queue is None:
        accept(queue, {"Serverless-SQSRedrivePolicy": "It takes others' dead letters, which stay until people act"})
    return queue
