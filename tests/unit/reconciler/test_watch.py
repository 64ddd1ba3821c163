"""The reconciler's metrics: handlers that are stopped for long, and emits to names without a handler."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from sluice import emit
from sluice.reconciler.reconciler import Reconciler, ReconcilerError
from sluice.reconciler.watch import LATELY_SECONDS, Watch
from sluice.traces import TraceStore

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.pausing_team import Team

HOUR = 3_600


class Emits:
    """Names without a handler to which events were emitted."""

    def __init__(self, *names: str, fails: bool = False) -> None:
        self.names = list(names)
        self.fails = fails

    def emitted_since(self, _: int) -> list[str]:
        if self.fails:
            raise ValueError("no answer")
        return self.names


def written(team: Team, emits: Any = None) -> dict[str, Any]:
    """Return each metric that is written, with its unit and value."""
    stream = io.StringIO()
    states = team.states()
    unhandled: Any = emits or Emits()
    Watch("test", unhandled, stream).look(states.read(), states.now_ms())
    found = {}
    for line in map(json.loads, stream.getvalue().splitlines()):
        (described,) = line["_aws"]["CloudWatchMetrics"]
        assert (described["Namespace"], described["Dimensions"], line["stage"]) == ("Sluice", [["stage"]], "test")
        (metric,) = described["Metrics"]
        found[metric["Name"]] = (metric["Unit"], line[metric["Name"]])
    return found


def test_nothing_is_written_while_there_is_nothing_to_tell() -> None:
    assert written(Team("a", HANDLER)) == {}


def test_the_longest_pause_is_told_until_it_ends() -> None:
    team = Team("a", HANDLER)
    team.commands("operator").pause("a", "slow")
    team.now += HOUR
    team.commands("operator").pause(HANDLER, "slow")
    team.now += HOUR
    assert written(team) == {"LongestStop": ("Seconds", 2 * HOUR)}
    for name in ("a", HANDLER):
        team.commands("operator").unpause(name, None)
    assert written(team) == {}


def test_a_block_is_told_too() -> None:
    team = Team()
    team.commands("admin").block(HANDLER, "legal hold")
    team.now += HOUR
    assert written(team) == {"LongestStop": ("Seconds", HOUR)}


def test_names_without_a_handler_are_counted() -> None:
    assert written(Team(), Emits("a", "b")) == {"NoHandler": ("Count", 2)}


def test_only_late_emits_count(cloud: Cloud) -> None:
    emit("not-there", 1)
    now = time.time()
    later = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: now + HOUR).unhandled
    assert cloud.store.unhandled.emitted_since(int((now - LATELY_SECONDS) * 1000)) == ["not-there"]
    assert later.emitted_since(int((now + HOUR - LATELY_SECONDS) * 1000)) == []
    assert later.counts() == {"not-there": 1}


def test_metrics_that_cannot_be_written_fail_the_run_after_its_work() -> None:
    team = Team()
    team.function.concurrency = 0
    watch: Any = Watch("test", Emits(fails=True))  # type: ignore[arg-type]
    clients: Any = None
    reconciler = Reconciler(team.aws.names, team.states(), clients, watch)
    reconciler._queues = type("NoQueues", (), {"run": lambda *_, **__: {}})()
    with pytest.raises(ReconcilerError, match="no answer"):
        reconciler.run({"upkeep": True})
    assert team.function.mapping == "Disabled"
