"""The message, the exit code and the next command for every error that a command can raise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import AwsError, EventTooLargeError, InvalidDelayError, InvalidNameError, SluiceError, StageNotSetError
from ..stage.names import LOCAL_STAGE
from .command_error import FAILED, NOT_FOUND, NOTHING_RUNNING, REFUSED, WRONG_USAGE, CommandError
from .next_command import next_command

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
"""AWS's error codes for a call that the caller has no right to make."""

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_CREDENTIALS = frozenset(
    {"InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)
_MISSING = frozenset({"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})

_SIGN_IN = "aws sts get-caller-identity"
"""Shows which credentials AWS's tools find, and whether AWS accepts them."""

_NOT_SIGNED_IN = "you are not signed in to AWS, or your sign-in has expired: {error}; sign in, as with aws sso login"
_BOTOCORE: Mapping[str, str] = MappingProxyType(
    {
        "CredentialRetrievalError": "cannot get your AWS credentials: {error}; sign in again",
        "NoCredentialsError": "no AWS credentials found; set AWS_PROFILE or sign in",
        "NoRegionError": "no AWS region set; set AWS_REGION, or a region in your AWS profile",
        "PartialCredentialsError": "your AWS credentials are incomplete: {error}",
        "ProfileNotFound": "{error}; check AWS_PROFILE",
        "SSOTokenLoadError": _NOT_SIGNED_IN,
        "TokenRetrievalError": _NOT_SIGNED_IN,
        "UnauthorizedSSOTokenError": _NOT_SIGNED_IN,
    }
)
"""Messages for botocore's errors, by class name."""


def explain(error: Exception, stage: str) -> CommandError:
    """Turn an exception into an error for the user.

    Args:
        error: the exception.
        stage: the stage that the command worked on.
    """
    if isinstance(error, AwsError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, SluiceError):
        return _explain_sluice(error, stage)
    # Imported late: a command that succeeds does not need it.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    if isinstance(error, ClientError):
        return _explain_aws(error, stage)
    if isinstance(error, BotoCoreError):
        return _explain_botocore(error, stage)
    if isinstance(error, OSError):
        return CommandError(f"{error.strerror}: {error.filename}" if error.filename else str(error), code=FAILED)
    return CommandError(
        f"unexpected {type(error).__name__}: {error}. This is a bug in Sluice; set SLUICE_DEBUG=1 to see the traceback",
        code=FAILED,
    )


def not_deployed(stage: str) -> CommandError:
    """Return the error for a stage at which nothing is deployed."""
    if stage == LOCAL_STAGE:
        return CommandError(
            "the local cloud is running, but nothing is deployed into it", code=NOTHING_RUNNING, then="sluice up"
        )
    return CommandError(
        f"stage {stage!r} is not deployed in this account and region; if it should be, check AWS_PROFILE and"
        " AWS_REGION",
        code=NOTHING_RUNNING,
        then=f"sluice cdk deploy --stage {stage}",
    )


def _explain_sluice(error: SluiceError, stage: str) -> CommandError:
    # Imported late, as above.
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
    if isinstance(error, UnknownHandlerError):
        words = ("status", error.closest) if error.closest else ("status",)
        return CommandError(str(error), code=NOT_FOUND, then=next_command(stage, *words))
    if isinstance(error, BlockedError):
        return CommandError(str(error), code=REFUSED, then=next_command(stage, "status", error.handler))
    if isinstance(error, NothingRunningError):
        return CommandError(str(error), code=NOTHING_RUNNING, then="sluice up")
    if isinstance(error, LocalCloudError):
        return CommandError(str(error), code=FAILED, then=error.then)
    usage = isinstance(
        error,
        EventTooLargeError
        | InvalidDelayError
        | InvalidNameError
        | InvalidPortError
        | ProjectNotFoundError
        | StageNotSetError,
    )
    return CommandError(
        str(error), code=WRONG_USAGE if usage else FAILED, then=None if usage else next_command(stage, "status")
    )


def _explain_aws(error: ClientError, stage: str) -> CommandError:
    """Explain an error that AWS answered with."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return CommandError(f"your AWS credentials have expired; sign in again ({message})", code=FAILED, then=_SIGN_IN)
    if code in _UNKNOWN_CREDENTIALS and stage == LOCAL_STAGE:
        return CommandError(message, code=REFUSED, then="sluice up")
    if code in _UNKNOWN_CREDENTIALS:
        return CommandError(f"AWS does not know your credentials ({message})", code=FAILED, then=_SIGN_IN)
    if code in NOT_ALLOWED:
        return CommandError(
            f"AWS does not allow you to call {error.operation_name}: {message}", code=REFUSED, then=_SIGN_IN
        )
    if code in _MISSING:
        return not_deployed(stage)
    return _older_stage(code, message, stage) or CommandError(
        f"AWS refused {error.operation_name}: {code}: {message}", code=FAILED, then=next_command(stage, "status")
    )


def _older_stage(code: str, message: str, stage: str) -> CommandError | None:
    """Return the error for a stage that lacks what this version of the command reads; None if that is not why."""
    if code != "ValidationException" or "specified index" not in message:
        return None
    return CommandError(
        f"stage {stage!r} has no index of failures: an older version of Sluice deployed it. Deploy it again",
        code=FAILED,
        then="sluice up" if stage == LOCAL_STAGE else f"sluice cdk deploy --stage {stage}",
    )


def _explain_botocore(error: BotoCoreError, stage: str) -> CommandError:
    """Explain an error that came up before AWS answered."""
    # Imported late, as above.
    from botocore.exceptions import ConnectionError as NotConnectedError  # noqa: PLC0415 - see above
    from botocore.exceptions import HTTPClientError  # noqa: PLC0415 - see above

    name = type(error).__name__
    if isinstance(error, HTTPClientError | NotConnectedError):
        if stage == LOCAL_STAGE:
            return CommandError(
                f"the local cloud does not answer: {error}", code=NOTHING_RUNNING, then="sluice down && sluice up"
            )
        return CommandError(f"AWS cannot be reached: {error}", code=FAILED, then=_SIGN_IN)
    then = "aws configure" if "Credentials" in name or "Region" in name else _SIGN_IN
    return CommandError(_BOTOCORE.get(name, "cannot call AWS: {error}").format(error=error), code=FAILED, then=then)
