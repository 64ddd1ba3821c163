"""Signatures of the lean client, against botocore's."""

from __future__ import annotations

from datetime import UTC, datetime

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from hypothesis import given
from hypothesis import strategies as st
from sluice.lean_aws import Credentials
from sluice.lean_aws.sigv4 import Signer


@given(
    body=st.binary(max_size=200),
    token=st.none() | st.text("abcXYZ019+/=", min_size=1),
    seconds=st.integers(1_600_000_000, 3_700_000_000),
    service=st.sampled_from(["sqs", "dynamodb"]),
)
def test_signatures_are_those_of_botocore(body: bytes, token: str | None, seconds: int, service: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    signer = Signer(Credentials("AKID", "secret/+", token), service, "eu-central-1")
    ours = signer.headers(
        "sqs.eu-central-1.amazonaws.com", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", body, now
    )

    request = botocore.awsrequest.AWSRequest(
        method="POST",
        url="https://sqs.eu-central-1.amazonaws.com/",
        data=body,
        headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
    )
    theirs = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKID", "secret/+", token), service, "eu-central-1"
    )
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = theirs.canonical_request(request)
    expected = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={expected}")
