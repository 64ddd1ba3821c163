"""A cloud that is brought up without crons, changed, restarted with IAM on, killed, and brought up again."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Any

from tests.local.support.commands import Ran
from tests.local.support.projects import Project, is_free
from tests.unit.support.eventually import eventually


@dataclass(frozen=True)
class Restarts:
    """The results of each step. Every `up` has `--json`.

    Attributes:
        project: the project, with IAM on.
        without_crons: two times `up --no-crons`.
        crons_off: the crons' states after that.
        with_crons: `up`.
        crons_on: the crons' states after that.
        with_iam: two times `up` with IAM on.
        unknown_key: `status` with an access key that nobody has.
        dead: `status` after MiniStack was killed.
        revived: `up` after that.
    """

    project: Project
    without_crons: tuple[Ran, Ran]
    crons_off: set[str]
    with_crons: Ran
    crons_on: set[str]
    with_iam: tuple[Ran, Ran]
    unknown_key: Ran
    dead: Ran
    revived: Ran


def restart(plain: Project) -> Restarts:
    """Go through all steps. A test that had a cloud of its own for each would deploy eight times."""
    guarded = Project(plain.root, plain.port, {"SLUICE_LOCAL_IAM": "1"})
    nobody = Project(plain.root, plain.port, {"SLUICE_LOCAL_KEY_ID": "AKIABAD", "SLUICE_LOCAL_SECRET": "x"})

    def up(project: Project, *options: str) -> Ran:
        ran = project.run("up", "--json", *options)
        assert ran.code == 0, ran.err
        return ran

    def cron_states() -> set[str]:
        crons: list[dict[str, Any]] = plain.run("crons", "--json").json
        return {cron["state"] for cron in crons}

    without_crons = up(plain, "--no-crons"), up(plain, "--no-crons")
    crons_off = cron_states()
    with_crons = up(plain)
    crons_on = cron_states()
    with_iam = up(guarded), up(guarded)
    unknown_key = nobody.run("status")
    os.kill(with_iam[1].json["pid"], signal.SIGKILL)
    eventually(lambda: is_free(plain.port), "a free port")
    dead = guarded.run("status", "--json")
    return Restarts(
        guarded,
        without_crons,
        crons_off,
        with_crons,
        crons_on,
        with_iam,
        unknown_key,
        dead,
        up(guarded),
    )
