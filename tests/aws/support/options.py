"""`--stage` and `--account`: where the suite runs, and what keeps it from AWS by accident."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from sluice.errors import InvalidNameError
from sluice.stage.names import LOCAL_STAGE, check_stage


def add_options(parser: pytest.Parser) -> None:
    """Add the suite's options. They have to be known before tests/aws is collected."""
    group = parser.getgroup("sluice", "the promises (tests/aws)")
    group.addoption(
        "--stage",
        default=LOCAL_STAGE,
        metavar="NAME",
        help="Where tests/aws runs: the local cloud, or a stage of this name that it deploys to AWS with your"
        " credentials, and destroys.",
    )
    group.addoption(
        "--account",
        metavar="ID",
        help="The AWS account's number. Needed with --stage, so that nothing is deployed to another one by accident.",
    )


def check_options(config: pytest.Config) -> None:
    """Refuse to run on AWS unless that is meant, before anything is collected.

    Raises:
        pytest.UsageError: it says what is missing.
    """
    # The processes that share the tests are told by the first, which has asked.
    if not hasattr(config, "workerinput"):
        check(config.getoption("--stage"), config.getoption("--account"), whoami)


def check(stage: str, account: str | None, identity: Callable[[], tuple[str, str | None]]) -> None:
    """Refuse a stage on AWS unless it is said which account that is.

    Args:
        stage: the stage's name.
        account: the account's number, as given.
        identity: gives the account's number by AWS's own word, and the region that calls go to.

    Raises:
        pytest.UsageError: as above.
    """
    if stage == LOCAL_STAGE:
        if account is not None:
            raise pytest.UsageError("--account is for --stage NAME; the local cloud has no account")
        return
    try:
        check_stage(stage)
    except InvalidNameError as error:
        raise pytest.UsageError(f"--stage: {error}") from None
    if account is None:
        raise pytest.UsageError(
            f"--stage {stage} deploys to AWS and destroys what it has deployed; say to which account, with --account"
            " and its number (aws sts get-caller-identity tells it)"
        )
    try:
        found, region = identity()
    except (BotoCoreError, ClientError) as error:
        raise pytest.UsageError(
            f"--stage {stage} needs AWS credentials, as the AWS CLI does (AWS_PROFILE, say); AWS told: {error}"
        ) from None
    if found != account:
        raise pytest.UsageError(f"your credentials are those of account {found}, not {account}")
    if region is None:
        raise pytest.UsageError(f"--stage {stage} needs a region: set AWS_REGION")


def whoami() -> tuple[str, str | None]:
    """The account's number that the caller's credentials belong to, and the region."""
    region = region_of_environment()
    # Any region knows; one that does not exist would be a fault of another kind.
    make: Any = boto3.Session().client
    found: str = make("sts", region_name=region or "us-east-1").get_caller_identity()["Account"]
    return found, region


def region_of_environment() -> str | None:
    """The region that AWS's tools would use: boto3 itself does not know AWS_REGION."""
    return os.environ.get("AWS_REGION") or boto3.Session().region_name
