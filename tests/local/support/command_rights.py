"""Every command that talks to a stage, called by a user of each policy."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.cli.command_error import REFUSED

from tests.local.support.guarded import Guarded
from tests.unit.support.eventually import eventually

POLICIES = ("viewer", "operator", "admin")

DONE, LATER, LETTER = "DONE", "LATER", "LETTER"
"""Stand for an event that has run, one that Scheduler keeps, and a dead letter."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "status": ("status",),
    "traces": ("traces", "paused"),
    "trace": ("trace", DONE),
    "failures": ("failures",),
    "history": ("history", "barred"),
    "scheduled": ("scheduled",),
    "crons": ("crons",),
    "emit": ("emit", "paused", "1"),
    "cancel": ("cancel", LATER),
    "replay": ("replay", DONE, "--again"),
    "unpause": ("unpause", "paused"),
    "pause": ("pause", "paused"),
    "run": ("run", "paused", "1"),
    "dead list": ("dead", "list", "paused"),
    "dead show": ("dead", "show", "paused", LETTER),
    "dead redrive": ("dead", "redrive", "paused"),
    "dead purge": ("dead", "purge", "paused", "--yes"),
    "unblock": ("unblock", "barred"),
    "block": ("block", "barred", "--reason", "legal hold"),
    "traces delete": ("traces", "delete", DONE, "--yes"),
}
"""The commands, in an order in which each has something to do: `paused` is paused and `barred` blocked at first."""

OF_NO_POLICY = {"up", "down", "demo", "check", "cost", "capacity", "cdk"}
"""Commands about this machine, or for who deploys."""

UNTIL_INTERRUPTED = {"console", "tail", "try"}
"""Commands that go on until Ctrl-C, or run the team's code here. They make the calls of others."""


def commands_allowed_to(guarded: Guarded, kind: str) -> set[str]:
    """Call each command as a user of a policy; return those that AWS does not refuse.

    Args:
        guarded: the local cloud with IAM on.
        kind: the policy.
    """

    def must(by: str, *arguments: str) -> str:
        ran = guarded.run(by, *arguments)
        assert ran.code == 0, (arguments, ran.err)
        return ran.out.strip()

    must("operator", "unpause", "paused")
    done = must("operator", "emit", "paused", '"done"')
    eventually(lambda: guarded.run("admin", "trace", done).code == 0, "it ran")
    must("operator", "pause", "paused")
    ids = {DONE: done, LATER: must("operator", "emit", "paused", "2", "--delay", "3000"), LETTER: done}
    if kind != "viewer":
        dead = f"http://127.0.0.1:{guarded.project.port}/000000000000/sluice-local-paused-dead"
        guarded.client("sqs").send_message(QueueUrl=dead, MessageBody="1")
        (letter, *_) = guarded.run(kind, "dead", "list", "paused", "--json").json
        ids[LETTER] = letter["id"]
    allowed = set()
    for command, words in CALLS.items():
        ran = guarded.run(kind, *(ids.get(word, word) for word in words))
        assert ran.code in (0, REFUSED), (kind, command, ran.code, ran.err)
        if ran.code == 0:
            allowed.add(command)
    must("operator", "unpause", "paused")
    return allowed
