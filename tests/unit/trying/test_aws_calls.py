"""Which calls to AWS change nothing, and how the others are refused."""

from __future__ import annotations

import boto3
import botocore.session
import pytest
from botocore import handlers
from moto import mock_aws
from sluice.trying.aws_calls import RefusedCallError, is_read, refuse_writes

READS = [
    ("dynamodb", "GetItem"),
    ("dynamodb", "BatchGetItem"),
    ("dynamodb", "Query"),
    ("dynamodb", "Scan"),
    ("dynamodb", "TransactGetItems"),
    ("s3", "HeadObject"),
    ("s3", "ListObjectsV2"),
    ("ec2", "DescribeInstances"),
    ("kms", "Decrypt"),
    ("sts", "AssumeRole"),
    ("secretsmanager", "GetSecretValue"),
]
WRITES = [
    ("dynamodb", "PutItem"),
    ("dynamodb", "ExecuteStatement"),
    ("dynamodb", "BatchWriteItem"),
    ("dynamodb", "TransactWriteItems"),
    ("sqs", "ReceiveMessage"),
    ("sqs", "SendMessage"),
    ("lambda", "Invoke"),
    ("s3", "PutObject"),
    ("kms", "ScheduleKeyDeletion"),
    ("cognito-identity", "GetId"),
    # A name that only starts with the letters of a word.
    ("invented", "Getaway"),
]


@pytest.mark.parametrize(("service", "operation"), READS)
def test_reads_go_through(service: str, operation: str) -> None:
    assert is_read(service, operation)


@pytest.mark.parametrize(("service", "operation"), WRITES)
def test_everything_else_is_refused(service: str, operation: str) -> None:
    assert not is_read(service, operation)


def test_the_names_are_those_of_the_services() -> None:
    """A name that no service has would let nothing through, and would not show."""
    session = botocore.session.get_session()
    for service, operation in [*READS, *WRITES[:-1]]:
        assert operation in session.get_service_model(service).operation_names


def test_a_call_is_refused_before_it_is_sent_by_every_way_to_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS])
    refused: list[tuple[str, str]] = []
    with mock_aws():
        boto3.client("s3").create_bucket(
            Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        refuse_writes(lambda *call: refused.append(call))
        session = boto3.Session()
        with pytest.raises(RefusedCallError, match="s3 PutObject was not called"):
            session.client("s3").put_object(Bucket="there", Key="k", Body=b"")
        with pytest.raises(RefusedCallError):
            session.resource("s3").Bucket("there").put_object(Key="k", Body=b"")

        found = boto3.Session().client("s3").get_paginator("list_objects_v2").paginate(Bucket="there")
        assert [page["KeyCount"] for page in found] == [0]
    assert refused == [("s3", "PutObject")] * 2
