"""Calls of the lean client that have to end by a moment, to an AWS that never answers."""

from __future__ import annotations

import pytest
from sluice import emit
from sluice.lean_aws import end_calls_by
from sluice.lean_aws.client import TIMEOUT
from sluice.lean_aws.errors import NoTimeLeftError, NotReachedError

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.hanging import HangingAws, hanging_aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> HangingAws:
    return hanging_aws(monkeypatch)


def test_a_call_without_a_moment_waits_its_full_timeout_at_each_try(aws: HangingAws) -> None:
    with pytest.raises(NotReachedError, match="TimeoutError"):
        aws.client("dynamodb").put_item(TableName="t")
    assert aws.timeouts == [TIMEOUT] * 5


def test_a_call_ends_by_its_moment_and_is_not_retried(aws: HangingAws) -> None:
    client = aws.client("dynamodb")
    client.end_by(aws.clock.now() + 0.3)
    with pytest.raises(NotReachedError, match="TimeoutError"):
        client.put_item(TableName="t")
    assert aws.clock.waited == pytest.approx(0.3)
    assert aws.connections == 1


def test_a_call_after_the_moment_is_not_made(aws: HangingAws) -> None:
    client = aws.client("dynamodb")
    client.end_by(aws.clock.now())
    with pytest.raises(NoTimeLeftError, match="NoTimeLeft"):
        client.put_item(TableName="t")
    assert aws.connections == 0


def test_a_retry_has_only_the_time_that_is_left(aws: HangingAws) -> None:
    client = aws.client("dynamodb")
    client.end_by(aws.clock.now() + TIMEOUT + 2)
    with pytest.raises(NotReachedError, match="TimeoutError"):
        client.put_item(TableName="t")
    first, second = aws.timeouts
    assert first == TIMEOUT
    assert second <= 2
    assert aws.clock.waited <= TIMEOUT + 2 + 1e-6


def test_a_kept_connection_waits_no_longer_than_a_new_one(aws: HangingAws) -> None:
    """It was opened with the full timeout."""
    aws.answers = 1
    client = aws.client("sqs")
    client.send_message(MessageBody="x")
    client.end_by(aws.clock.now() + 0.3)
    with pytest.raises(NotReachedError, match="TimeoutError"):
        client.send_message(MessageBody="x")
    assert aws.timeouts == [pytest.approx(0.3)]
    assert aws.connections == 1


def test_boto3s_clients_are_left_as_they_are(cloud: Cloud) -> None:
    end_calls_by(cloud.sqs, 0)
    emit(HANDLER, 1)
    assert len(cloud.messages(HANDLER)) == 1
