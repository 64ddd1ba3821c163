"""What can go wrong in a call."""

from __future__ import annotations

import sys
from typing import Any


class CallError(Exception):
    """AWS refused a call, or could not be reached. It looks like botocore's ClientError.

    Attributes:
        response: boto3's form of an error: `{"Error": {"Code": ..., "Message": ...}}`, and what else AWS said.
    """

    def __init__(self, operation: str, code: str, message: str, said: dict[str, Any] | None = None) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation_name = operation
        self.response: dict[str, Any] = {**(said or {}), "Error": {"Code": code, "Message": message}}


class QueueDoesNotExistError(CallError):
    """SQS has no queue of this name."""


class NotReachedError(CallError):
    """No answer came, after every retry."""


def aws_errors() -> tuple[type[Exception], ...]:
    """The types of what a failed call raises, whichever client made it: to stand after `except`.

    Python asks for it only once something was raised, and then whoever raised botocore's errors has imported them.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return (CallError, botocore.ClientError, botocore.BotoCoreError) if botocore else (CallError,)


def passes(error: Exception) -> bool:
    """Whether the same call may succeed at another time: AWS was out of reach, overwhelmed, or took away an access."""
    return isinstance(error, aws_errors()) and error_code(error) not in _LASTING


_LASTING = frozenset({"ValidationException", "SerializationException"})
"""What DynamoDB says of a call that is wrong in itself."""


def error_code(error: Exception) -> str | None:
    """The code by which AWS named a refusal; None if it gave no answer."""
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else None
