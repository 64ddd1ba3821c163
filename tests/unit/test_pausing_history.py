"""What the history says of commands that were refused, cut off or repeated."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.names import BLOCKED_TAG
from sluice.pausing.commands import Commands
from sluice.pausing.functions import Functions
from sluice.pausing.reconciler import Clients, Reconciler
from sluice.pausing.records import RecordStore
from sluice.pausing.settling import Stage

from .conftest import HANDLER
from .fake_lambda import Caller, CutOffError, FakeAws, FakeTable, block_by_hand, refused

TAG_CALLS = {"tag_resource", "untag_resource"}


class Team:
    """One handler's AWS and the people who act on it."""

    def __init__(self) -> None:
        self.aws = FakeAws(HANDLER)
        self.table: dict[tuple[str, str], Any] = {}
        self.calls_left: int | None = None
        self._seconds = itertools.count()

    def stage(self, kind: str) -> Stage:
        def before(name: str) -> None:
            if kind == "operator" and name in TAG_CALLS:
                raise refused("AccessDeniedException", name)
            if self.calls_left is not None:
                if self.calls_left == 0:
                    raise CutOffError
                self.calls_left -= 1

        caller = Caller(self.aws, before, admin=kind == "admin")
        records: Any = FakeTable(self.table, before)
        return Stage(
            Functions(self.aws.names, caller, caller, caller),
            RecordStore(records, self.aws.names.trace_table),
            lambda: 1_800_000_000.0 + next(self._seconds),
        )

    def commands(self, kind: str) -> Commands:
        return Commands(self.stage(kind), f"user/{kind}", sleep=lambda _: None)

    def reconcile(self) -> None:
        clients = Clients(sqs=None, metrics=None, traces=None, kept=None)  # type: ignore[arg-type]
        Reconciler(self.aws.names, self.stage("reconciler"), clients).run({})

    @property
    def history(self) -> list[tuple[str, str | None, str | None]]:
        """What was done, by whom and why, oldest first."""
        changes = self.stage("reconciler").records.history(HANDLER, 100)
        return [(change.what, change.by, change.reason) for change in reversed(changes)]


@pytest.fixture
def team() -> Team:
    return Team()


def test_what_an_admin_does_is_told_once(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.commands("admin").unblock(HANDLER, "cleared")
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold"), ("unblocked", "user/admin", "cleared")]


@pytest.mark.parametrize("blocked", [False, True])
def test_what_an_operator_is_refused_never_happened(team: Team, blocked: bool) -> None:
    if blocked:
        team.commands("admin").block(HANDLER, "legal hold")
    before = team.history

    with pytest.raises(ClientError):
        getattr(team.commands("operator"), "unblock" if blocked else "block")(HANDLER, "because")
    team.reconcile()
    team.reconcile()

    assert team.history == before
    assert (BLOCKED_TAG in team.aws.functions[HANDLER].tags) == blocked


@pytest.mark.parametrize("calls", range(2, 6))
def test_a_block_that_is_cut_off_is_told_with_its_reason(team: Team, calls: int) -> None:
    team.calls_left = calls
    with pytest.raises(CutOffError):
        team.commands("admin").block(HANDLER, "legal hold")
    team.calls_left = None
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold")]


def test_a_block_that_is_cut_off_before_it_counts_is_not_told(team: Team) -> None:
    team.calls_left = 1
    with pytest.raises(CutOffError):
        team.commands("admin").block(HANDLER, "legal hold")
    team.calls_left = None
    team.reconcile()

    assert team.history == []
    assert team.aws.functions[HANDLER].mapping == "Enabled"


def test_a_tag_set_and_removed_by_hand(team: Team) -> None:
    block_by_hand(team.aws.functions[HANDLER])
    team.reconcile()
    del team.aws.functions[HANDLER].tags[BLOCKED_TAG]
    team.reconcile()

    assert [change for change, *_ in team.history] == ["blocked", "unblocked"]
