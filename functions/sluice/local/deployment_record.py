"""The record of what was deployed into a local cloud."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .processes import Identity


@dataclass(frozen=True)
class DeploymentRecord:
    """The contents of a MiniStack process.

    Attributes:
        server: the MiniStack process.
        made_from: the fingerprint of the deployed project; None while a deployment is under way, or if it failed.
    """

    server: Identity
    made_from: str | None


def read_record(path: Path) -> DeploymentRecord | None:
    """Return the record in a file; None if there is none, or it is damaged."""
    try:
        fields: Any = json.loads(path.read_text())
        return DeploymentRecord(Identity(**fields["server"]), fields["made_from"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(path: Path, record: DeploymentRecord | None) -> None:
    """Write a record into a file; with None, delete the file."""
    if record is None:
        path.unlink(missing_ok=True)
        return
    # Written beside and moved, so that a killed command leaves the old record or the new one.
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(record)))
    new.replace(path)
