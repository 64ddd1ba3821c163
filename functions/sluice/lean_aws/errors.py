"""Errors of calls to AWS: the lean client's own, and what they and botocore's have in common."""

from __future__ import annotations

import sys
from typing import Any

from ..errors import AwsError

SERVER_FAULT = 500
"""The lowest HTTP status of a server's fault. The server may have done the call's work nevertheless."""


class CallError(Exception):
    """AWS refused a call or did not answer. Its attributes are those of botocore's ClientError.

    Attributes:
        response: boto3's form of an error: `{"Error": {"Code": ..., "Message": ...}}` and the rest of AWS's answer.
            Its `ResponseMetadata` has the HTTP status (0 without an answer) and the number of retries.
    """

    def __init__(
        self, operation: str, code: str, message: str, fields: dict[str, Any] | None = None, *, status: int = 0
    ) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation_name = operation
        self.response: dict[str, Any] = {
            **(fields or {}),
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        }


class QueueDoesNotExistError(CallError):
    """SQS has no queue of this name."""


class NotReachedError(CallError):
    """No answer came, after every retry. Its `Code` is the name of the failure, such as `TimeoutError`."""


class NoTimeLeftError(NotReachedError):
    """The call was not made, as no time was left for it."""


def aws_errors() -> tuple[type[Exception], ...]:
    """Return the types of errors that either client's calls raise, for an `except` clause.

    Python evaluates the clause only once something is raised. If boto3 raised it, botocore is imported by then.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return (CallError, botocore.ClientError, botocore.BotoCoreError) if botocore else (CallError,)


def is_transient(error: Exception) -> bool:
    """Return True if the same call may succeed later: AWS was out of reach, overloaded, or took away a permission."""
    return isinstance(error, aws_errors()) and error_code(error) not in _PERMANENT


_PERMANENT = frozenset({"ValidationException", "SerializationException"})
"""DynamoDB's codes for a call that is wrong in itself."""


def error_code(error: Exception) -> str | None:
    """Return AWS's code for the error; None if AWS gave no answer."""
    response = None if isinstance(error, NotReachedError) else getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else None


def error_message(error: Exception) -> str:
    """Return AWS's message for the error, or the reason why AWS gave no answer."""
    response = getattr(error, "response", None)
    if not response:
        return f"{type(error).__name__}: {error}"
    message = str(response["Error"].get("Message", ""))
    return f"{response['Error']['Code']}: {message}" if isinstance(error, NotReachedError) else message


def may_have_succeeded(error: Exception) -> bool:
    """Return True unless it is certain that AWS did not do what the failed call asked for.

    It is certain if AWS refused the first try, or if there was none, as without credentials. A try whose answer did
    not arrive may have succeeded, and neither client tells which of several tries failed how.
    """
    if isinstance(error, NotReachedError):
        return not isinstance(error, NoTimeLeftError)
    response = getattr(error, "response", None)
    if not response:
        botocore = sys.modules.get("botocore.exceptions")
        unanswered: tuple[type[Exception], ...] = (
            (botocore.ConnectionError, botocore.HTTPClientError) if botocore else ()
        )
        return isinstance(error, unanswered)
    metadata: dict[str, int] = response.get("ResponseMetadata", {})
    return metadata.get("HTTPStatusCode", 0) >= SERVER_FAULT or metadata.get("RetryAttempts", 0) > 0


def to_aws_error(error: Exception, *, sent: bool = True) -> AwsError:
    """Return the public form of either client's error.

    Args:
        error: one of `aws_errors`.
        sent: whether the call that failed was to send an event; if not, no event was accepted.
    """
    return AwsError(error_code(error), error_message(error), may_be_accepted=sent and may_have_succeeded(error))
