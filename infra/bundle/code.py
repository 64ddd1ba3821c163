"""The code that is deployed: functions/, without what only runs on a team's own machines."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_

NOT_DEPLOYED = [
    "/sluice/cli",
    "/sluice/local",
    "/sluice/planning",
    "__pycache__",
    "*.egg-info",
    ".*",
]
"""As in a .gitignore."""


def code_of(functions: Path) -> lambda_.AssetCode:
    """The asset for a `functions` directory."""
    return lambda_.Code.from_asset(str(functions), exclude=NOT_DEPLOYED, ignore_mode=IgnoreMode.GIT)
