"""The message and the exit code for each error."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as botocore
from sluice import errors
from sluice.cli.explain_error import explain
from sluice.local.errors import InvalidPortError, LocalCloudError, NothingRunningError, ProjectNotFoundError
from sluice.operate.handlers import NotDeployedError, UnknownHandlerError


def of_emit(cause: Exception) -> errors.AwsError:
    error = errors.AwsError(None, "hidden", may_be_accepted=False)
    error.__cause__ = cause
    return error


def refusal(code: str) -> botocore.ClientError:
    return botocore.ClientError({"Error": {"Code": code, "Message": "AWS says"}}, "ListQueues")


@pytest.mark.parametrize(
    ("error", "code", "message", "then"),
    [
        (botocore.NoCredentialsError(), 1, "no AWS credentials", "aws configure"),
        (botocore.PartialCredentialsError(provider="env", cred_var="x"), 1, "incomplete", "aws configure"),
        (botocore.NoRegionError(), 1, "no AWS region", "aws configure"),
        (botocore.ProfileNotFound(profile="x"), 1, "AWS_PROFILE", "aws sts get-caller-identity"),
        (botocore.UnauthorizedSSOTokenError(), 1, "not signed in", "aws sts get-caller-identity"),
        (botocore.SSOTokenLoadError(error_msg="x"), 1, "not signed in", "aws sts get-caller-identity"),
        (botocore.EndpointConnectionError(endpoint_url="x"), 1, "cannot be reached", "aws sts get-caller-identity"),
        (botocore.ReadTimeoutError(endpoint_url="x"), 1, "cannot be reached", "aws sts get-caller-identity"),
        (botocore.ParamValidationError(report="x"), 1, "x", "aws sts get-caller-identity"),
        (refusal("ExpiredToken"), 1, "expired", "aws sts get-caller-identity"),
        (refusal("ExpiredTokenException"), 1, "expired", "aws sts get-caller-identity"),
        (refusal("InvalidClientTokenId"), 1, "does not know your credentials", "aws sts get-caller-identity"),
        (refusal("UnrecognizedClientException"), 1, "does not know your credentials", "aws sts get-caller-identity"),
        (refusal("AccessDenied"), 4, "call ListQueues: AWS says", "aws sts get-caller-identity"),
        (refusal("AccessDeniedException"), 4, "call ListQueues: AWS says", "aws sts get-caller-identity"),
        (refusal("ResourceNotFoundException"), 5, "not deployed", "sluice cdk deploy --stage prod"),
        (refusal("AWS.SimpleQueueService.NonExistentQueue"), 5, "not deployed", "sluice cdk deploy --stage prod"),
        (refusal("Throttling"), 1, "ListQueues: Throttling: AWS says", "sluice status --stage prod"),
        (
            botocore.ClientError(
                {"Error": {"Code": "ValidationException", "Message": "The table does not have the specified index: x"}},
                "Query",
            ),
            1,
            "an older version of Sluice deployed it",
            "sluice cdk deploy --stage prod",
        ),
        (of_emit(botocore.NoRegionError()), 1, "no AWS region", "aws configure"),
        (of_emit(refusal("AccessDenied")), 4, "call ListQueues: AWS says", "aws sts get-caller-identity"),
        (NotDeployedError("prod"), 5, "not deployed", "sluice cdk deploy --stage prod"),
        (UnknownHandlerError("ab", "prod", ["abc"]), 3, "did you mean 'abc'", "sluice status abc --stage prod"),
        (UnknownHandlerError("x", "prod", ["abc"]), 3, "there are: abc", "sluice status --stage prod"),
        (LocalCloudError("no", then="sluice again"), 1, "no", "sluice again"),
        (NothingRunningError(4567), 5, "127.0.0.1:4567", "sluice up"),
        (InvalidPortError("no"), 2, "no", None),
        (ProjectNotFoundError("no"), 2, "no", None),
        (errors.InvalidNameError("no"), 2, "no", None),
        (errors.InvalidDelayError("no"), 2, "no", None),
        (errors.EventTooLargeError("no"), 2, "no", None),
        (errors.StageNotSetError("no"), 2, "no", None),
        (errors.SluiceError("something new"), 1, "something new", "sluice status --stage prod"),
        (FileNotFoundError(2, "No such file", "orders"), 1, "No such file: orders", None),
        (ZeroDivisionError("oh"), 1, "unexpected ZeroDivisionError: oh", None),
    ],
    ids=lambda value: getattr(value, "args", [value])[0] if isinstance(value, Exception) else "",
)
def test_an_error_has_a_message_an_exit_code_and_a_next_command(
    error: Exception, code: int, message: str, then: str | None
) -> None:
    explained = explain(error, "prod")

    assert (explained.code, explained.then) == (code, then)
    assert message in explained.message
    last = explained.text("sluice x").splitlines()[-1]
    assert last == f"next: {then or 'sluice x --help'}"


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (botocore.EndpointConnectionError(endpoint_url="x"), "sluice down && sluice up"),
        (NotDeployedError("local"), "sluice up"),
        (refusal("ResourceNotFoundException"), "sluice up"),
    ],
)
def test_the_local_stage_has_next_commands_of_its_own(error: Exception, then: str) -> None:
    explained = explain(error, "local")

    assert (explained.code, explained.then) == (5, then)


def test_a_local_cloud_that_refuses_our_credentials_says_so_itself() -> None:
    explained = explain(refusal("InvalidClientTokenId"), "local")

    assert (explained.code, explained.message, explained.then) == (4, "AWS says", "sluice up")


def test_no_error_of_the_library_is_unexpected() -> None:
    def subclasses(kind: Any) -> set[Any]:
        return {kind} | {deeper for sub in kind.__subclasses__() for deeper in subclasses(sub)}

    for kind in subclasses(errors.SluiceError):
        error = kind.__new__(kind, "the words")
        Exception.__init__(error, "the words")
        for name in ("stage", "then", "handler", "closest"):
            vars(error).setdefault(name, "prod" if name == "stage" else None)
        assert "unexpected" not in explain(error, "prod").message
