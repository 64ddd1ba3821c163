"""Calls to AWS of a run on a person's machine: those that may change something are refused before they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..errors import SluiceError

_READS = re.compile(
    "(BatchCheck|BatchDescribe|BatchGet|Describe|Estimate|Filter|Get|Head|List|Lookup|Query|Scan|Search|Simulate"
    "|TransactGet|Validate|Verify)([A-Z]|$)"
)
"""The start of the names of operations that change nothing."""

_ALSO_READS = frozenset(
    {
        ("kms", "Decrypt"),
        ("kms", "Encrypt"),
        ("kms", "GenerateDataKey"),
        ("kms", "GenerateDataKeyWithoutPlaintext"),
        ("kms", "GenerateMac"),
        ("kms", "GenerateRandom"),
        ("kms", "Sign"),
        ("s3", "SelectObjectContent"),
        # botocore's own, to get credentials.
        ("signin", "CreateOAuth2Token"),
        ("sso-oidc", "CreateToken"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }
)
"""Services, as boto3 names them, and their operations that change nothing whatever their names start with."""

_WRITES = frozenset(
    {
        ("cognito-identity", "GetId"),
        ("cognito-identity", "GetOpenIdTokenForDeveloperIdentity"),
    }
)
"""Services and operations that make something, though their names say that they only get it."""


class RefusedCallError(SluiceError):
    """A call may change something on AWS."""


def is_read(service: str, operation: str) -> bool:
    """Return True if an operation changes nothing on AWS.

    Args:
        service: its service, as boto3 names it, such as `dynamodb`.
        operation: its name in AWS's API, such as `GetItem`.
    """
    call = (service, operation)
    return call not in _WRITES and (call in _ALSO_READS or _READS.match(operation) is not None)


def refuse_writes(refused: Callable[[str, str], None]) -> None:
    """Have each boto3 client that is made from now on raise `RefusedCallError` in place of a call that is no read.

    Args:
        refused: told the service and the operation of each call that was refused.
    """
    # The layer has boto3, and so has this project.
    from botocore import handlers  # noqa: PLC0415 - only where calls are refused

    def check(model: Any, **_: object) -> None:
        service, operation = str(model.service_model.service_name), str(model.name)
        if not is_read(service, operation):
            refused(service, operation)
            raise RefusedCallError(
                f"{service} {operation} was not called, as it may change something on AWS; --allow-writes lets it"
            )

    # botocore gives these to each new session. First, so that no other handler answers in its place.
    handlers.BUILTIN_HANDLERS.insert(0, ("before-call", check, handlers.REGISTER_FIRST))
