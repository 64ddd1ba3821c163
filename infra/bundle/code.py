"""The asset with the code that is deployed."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_
from sluice.stage.deployed_files import patterns_not_deployed


def code_of(functions: Path) -> lambda_.AssetCode:
    """Make the asset of a `functions` directory, without what only runs on a team's own machines."""
    return lambda_.Code.from_asset(str(functions), exclude=patterns_not_deployed(), ignore_mode=IgnoreMode.GIT)
