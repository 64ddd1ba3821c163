"""The suite itself: nothing is deployed to AWS by accident."""

from __future__ import annotations

import pytest
from botocore.exceptions import NoCredentialsError

from tests.aws.support.options import check

ACCOUNT = "123456789012"


def identity() -> tuple[str, str | None]:
    return ACCOUNT, "eu-central-1"


def without_credentials() -> tuple[str, str | None]:
    raise NoCredentialsError


def without_region() -> tuple[str, str | None]:
    return ACCOUNT, None


def never() -> tuple[str, str | None]:
    raise AssertionError("AWS was asked")


@pytest.mark.parametrize(
    ("stage", "account", "who", "told"),
    [
        ("trial", None, never, "--account"),
        ("trial", "210987654321", identity, "those of account 123456789012, not 210987654321"),
        ("trial", ACCOUNT, without_credentials, "needs AWS credentials"),
        ("trial", ACCOUNT, without_region, "AWS_REGION"),
        ("no-hyphens", ACCOUNT, never, "lower-case letters"),
        ("local", ACCOUNT, never, "the local cloud has no account"),
    ],
)
def test_a_stage_on_aws_is_refused_unless_it_is_meant(stage: str, account: str | None, who: object, told: str) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        check(stage, account, who)  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_what_is_meant_is_allowed() -> None:
    check("trial", ACCOUNT, identity)
    check("local", None, never)
