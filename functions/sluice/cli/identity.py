"""The name under which AWS knows the caller."""

from __future__ import annotations

from ..pausing.cloudtrail import user_of
from ..stage import clients


def caller(stage: str) -> str:
    """Return the name behind the caller's credentials, such as `user/ada` or `assumed-role/Admin/ada@example.com`."""
    return user_of(clients.client("sts", stage).get_caller_identity()["Arn"])
