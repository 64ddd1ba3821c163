"""Every error, in words for the user, with an exit code and the command to run next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import AwsError, EventTooLargeError, InvalidDelayError, InvalidNameError, SluiceError, StageNotSetError
from ..stage.names import LOCAL_STAGE
from .invocation import next_command

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

FAILED = 1
WRONG_USAGE = 2
NOT_FOUND = 3
REFUSED = 4
NOTHING_RUNNING = 5

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_CREDENTIALS = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
"""AWS's codes for what the caller has no right to."""

_NOT_THERE = {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}

_SIGN_IN = "aws sts get-caller-identity"
"""Says which credentials AWS's tools find, and whether AWS takes them."""


class CommandError(Exception):
    """A command's end short of its goal.

    Attributes:
        message: what went wrong.
        code: the exit code.
        then: the command to run next; None if there is none but the one that failed.
    """

    def __init__(self, message: str, *, code: int, then: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.then = then

    def text(self, command: str) -> str:
        """The whole message, for the command that failed."""
        return f"error: {self.message}\nnext: {self.then or f'{command} --help'}"


def explain(error: Exception, stage: str) -> CommandError:
    """What to tell the user about an exception.

    Args:
        error: the exception.
        stage: the stage that the command was about.
    """
    if isinstance(error, AwsError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, SluiceError):
        return _of_sluice(error, stage)
    # Not imported before something has failed; whatever raised one of its errors has imported it already.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    if isinstance(error, ClientError):
        return _of_client(error, stage)
    if isinstance(error, BotoCoreError):
        return _of_botocore(error, stage)
    if isinstance(error, OSError):
        return CommandError(f"{error.strerror}: {error.filename}" if error.filename else str(error), code=FAILED)
    return CommandError(
        f"unexpected {type(error).__name__}: {error}. This is a fault in Sluice; SLUICE_DEBUG=1 shows where",
        code=FAILED,
    )


def _of_sluice(error: SluiceError, stage: str) -> CommandError:
    # As above: a command that succeeds needs none of these.
    from ..local.errors import (  # noqa: PLC0415 - see above
        InvalidPortError,
        LocalCloudError,
        NothingRunningError,
        ProjectNotFoundError,
    )
    from ..operate.handlers import NotDeployedError, UnknownHandlerError  # noqa: PLC0415 - see above
    from ..pausing.errors import BlockedError  # noqa: PLC0415 - see above

    if isinstance(error, NotDeployedError):
        return not_deployed(stage)
    if isinstance(error, UnknownHandlerError | BlockedError):
        code, handler = (REFUSED, error.handler) if isinstance(error, BlockedError) else (NOT_FOUND, error.closest)
        words = ("status", handler) if handler else ("status",)
        return CommandError(str(error), code=code, then=next_command(stage, *words))
    if isinstance(error, NothingRunningError):
        return CommandError(str(error), code=NOTHING_RUNNING, then="sluice up")
    if isinstance(error, LocalCloudError):
        return CommandError(str(error), code=FAILED, then=error.then)
    usage = (
        EventTooLargeError,
        InvalidDelayError,
        InvalidNameError,
        InvalidPortError,
        ProjectNotFoundError,
        StageNotSetError,
    )
    if isinstance(error, usage):
        return CommandError(str(error), code=WRONG_USAGE)
    return CommandError(str(error), code=FAILED, then=next_command(stage, "status"))


def not_deployed(stage: str) -> CommandError:
    """There is nothing at the stage."""
    if stage == LOCAL_STAGE:
        return CommandError(
            "the local cloud runs, but nothing is deployed into it", code=NOTHING_RUNNING, then="sluice up"
        )
    return CommandError(
        f"stage {stage!r} is not deployed in this account and region; should it be, check AWS_PROFILE and AWS_REGION",
        code=NOTHING_RUNNING,
        then=f"sluice cdk deploy --stage {stage}",
    )


def _of_client(error: ClientError, stage: str) -> CommandError:
    code, words = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return CommandError(f"your AWS credentials have expired; sign in again ({words})", code=FAILED, then=_SIGN_IN)
    if code in _UNKNOWN_CREDENTIALS:
        return CommandError(f"AWS does not know your credentials ({words})", code=FAILED, then=_SIGN_IN)
    if code in NOT_ALLOWED:
        return CommandError(
            f"AWS does not allow you to call {error.operation_name}: {words}", code=REFUSED, then=_SIGN_IN
        )
    if code in _NOT_THERE:
        return not_deployed(stage)
    return CommandError(
        f"AWS refused {error.operation_name}: {code}: {words}", code=FAILED, then=next_command(stage, "status")
    )


_BOTOCORE: Mapping[str, str] = MappingProxyType(
    {
        "CredentialRetrievalError": "your AWS credentials could not be had: {error}",
        "NoCredentialsError": "no AWS credentials found; name a profile (AWS_PROFILE) or sign in",
        "NoRegionError": "no AWS region set; set AWS_REGION, or one in your AWS profile",
        "PartialCredentialsError": "your AWS credentials are incomplete: {error}",
        "ProfileNotFound": "{error}; check AWS_PROFILE",
        "SSOTokenLoadError": "you are not signed in, or no longer: {error}",
        "TokenRetrievalError": "you are not signed in, or no longer: {error}",
        "UnauthorizedSSOTokenError": "you are not signed in, or no longer: {error}",
    }
)
"""For botocore's errors by name, what they mean."""


def _of_botocore(error: BotoCoreError, stage: str) -> CommandError:
    # botocore is there, as it has raised the error; nothing else in this module needs it.
    from botocore.exceptions import ConnectionError as NotConnectedError  # noqa: PLC0415 - see above
    from botocore.exceptions import HTTPClientError  # noqa: PLC0415 - see above

    if isinstance(error, HTTPClientError | NotConnectedError):
        if stage == LOCAL_STAGE:
            return CommandError(
                f"the local cloud does not answer: {error}", code=NOTHING_RUNNING, then="sluice down && sluice up"
            )
        return CommandError(f"AWS cannot be reached: {error}", code=FAILED, then=_SIGN_IN)
    text = _BOTOCORE.get(type(error).__name__, "AWS could not be asked: {error}")
    then = "aws configure" if "Credentials" in type(error).__name__ or "Region" in type(error).__name__ else _SIGN_IN
    return CommandError(text.format(error=error), code=FAILED, then=then)
