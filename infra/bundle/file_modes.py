"""Modes of the files that are deployed.

The CDK zips assets with the files' own modes, and Lambda runs as another user: files made under umask 027 or 077 could
not be read there, although the deployment succeeds.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stage
from constructs import Construct

READABLE = 0o444
"""Mode bits that let everybody read a file."""

SEARCHABLE = 0o111
"""Mode bits that a directory needs besides, for everybody to open what is in it."""


def make_assets_readable(scope: Construct) -> None:
    """Let everybody read the assets that were staged so far. The files that they were copied from stay as they are.

    Args:
        scope: a construct of the app.
    """
    stage = Stage.of(scope)
    assert stage is not None  # noqa: S101 - every construct of an app has one
    for asset in Path(stage.asset_outdir).glob("asset.*"):
        for path in (asset, *asset.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | READABLE | (SEARCHABLE if path.is_dir() else 0))
