"""Judging the errors of both clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore import exceptions as botocore
from sluice.lean_aws.errors import (
    CallError,
    NoTimeLeftError,
    NotReachedError,
    aws_errors,
    error_code,
    error_message,
    is_transient,
    may_have_succeeded,
)


def boto3_error(code: str, *, status: int = 400, retries: int = 0) -> botocore.ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    return botocore.ClientError(
        {"Error": {"Code": code, "Message": "because"}, "ResponseMetadata": metadata},  # type: ignore[typeddict-item]
        "PutItem",
    )


def lean_error(code: str, *, status: int = 400, retries: int = 0) -> CallError:
    error = CallError("PutItem", code, "because", status=status)
    error.response["ResponseMetadata"]["RetryAttempts"] = retries
    return error


@pytest.mark.parametrize("make", [boto3_error, lean_error])
@pytest.mark.parametrize(
    ("code", "status", "retries", "transient", "maybe"),
    [
        ("ThrottlingException", 400, 0, True, False),
        ("ThrottlingException", 400, 4, True, True),
        ("AccessDeniedException", 400, 0, True, False),
        ("InternalServerError", 500, 0, True, True),
        ("ValidationException", 400, 0, False, False),
        ("SerializationException", 400, 0, False, False),
    ],
)
def test_refusals_of_both_clients_are_judged_in_the_same_way(
    make: Callable[..., Exception], code: str, status: int, retries: int, transient: bool, maybe: bool
) -> None:
    error = make(code, status=status, retries=retries)
    assert isinstance(error, aws_errors())
    assert (error_code(error), error_message(error)) == (code, "because")
    assert (is_transient(error), may_have_succeeded(error)) == (transient, maybe)


@pytest.mark.parametrize(
    ("error", "maybe"),
    [
        (botocore.ReadTimeoutError(endpoint_url="x"), True),
        (botocore.EndpointConnectionError(endpoint_url="x"), True),
        (NotReachedError("PutItem", "TimeoutError", "timed out"), True),
        (NoTimeLeftError("PutItem", "NoTimeLeft", "not called"), False),
        (botocore.NoCredentialsError(), False),
        (botocore.NoRegionError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_without_an_answer_there_is_no_code(error: Exception, maybe: bool) -> None:
    assert isinstance(error, aws_errors())
    assert error_code(error) is None
    assert ": " in error_message(error)
    assert (is_transient(error), may_have_succeeded(error)) == (True, maybe)


def test_other_errors_are_not_transient() -> None:
    assert not is_transient(ValueError("a fault of ours"))
