"""`unpause --sample` and `dead redrive --sample`: what they show, and what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sluice.cli import pause, program, sampling
from sluice.operate.sample import Tried
from sluice.pausing.commands import Commands
from sluice.queue.dead_letters import DeadLetters, Redriven
from sluice.stage.failure_limit import FailureLimit
from sluice.traces.failure_counter import FailureCounter, is_reached

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace

Capture = pytest.CaptureFixture[str]

GOOD = Tried("e1", a_trace(started_ms=1, finished_ms=13))
BAD = Tried("e2", a_trace(status="error", error={"type": "KeyError", "message": "'price'", "traceback": ""}))
LATE = Tried("e3", None, "it has not ended yet")


@pytest.fixture
def unpaused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The handlers that are unpaused."""
    done: list[str] = []

    def for_each(_: object, names: list[str], __: bool, act: Any) -> None:
        done.extend(names)
        act(_Commands(), names[0])

    class _Commands(Commands):
        def __init__(self) -> None:
            pass

        def unpause(self, *_: Any) -> Any:
            return None

    monkeypatch.setattr(pause, "_for_each", for_each)
    return done


def trying(monkeypatch: pytest.MonkeyPatch, *tried: Tried) -> None:
    def waiting(*_: Any, **__: Any) -> Iterator[Tried]:
        yield from tried

    monkeypatch.setattr(sampling, "sample_waiting", waiting)
    monkeypatch.setattr(sampling, "wait_for_redriven", waiting)


@pytest.mark.usefixtures("cloud")
def test_it_is_unpaused_if_all_of_the_sample_ends_well(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, unpaused: list[str]
) -> None:
    trying(monkeypatch, GOOD, GOOD)
    assert program.run(["unpause", HANDLER, "--sample", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["e1", "ok", "12", "{}"]
    assert "2 of 2 ended well" in err
    assert unpaused == [HANDLER]


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("tried", "said"), [([GOOD, BAD, LATE], "2 of 3 did not end well"), ([], "there is nothing to try")]
)
def test_it_stays_paused_otherwise(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, unpaused: list[str], tried: list[Tried], said: str
) -> None:
    trying(monkeypatch, *tried)
    assert program.run(["unpause", HANDLER, "--sample", "3"]) == 1
    out, err = capsys.readouterr()
    assert said in err
    assert "stays paused" in err
    assert unpaused == []
    if tried:
        assert "KeyError: 'price'" in out
        assert "it has not ended yet" in out
        assert program.run(["unpause", HANDLER, "--sample", "3", "--json"]) == 1
        assert [one["status"] for one in json.loads(capsys.readouterr().out)["tried"]] == ["ok", "error", None]


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("names", [["--all"], [HANDLER, "another"], []])
def test_a_sample_is_for_one_handler(capsys: Capture, unpaused: list[str], names: list[str]) -> None:
    assert program.run(["unpause", *names, "--sample", "3"]) == 2
    assert "--sample is for one handler" in capsys.readouterr().err
    assert unpaused == []


def test_an_unpause_forgets_the_failures_so_far(cloud: Cloud, unpaused: list[str]) -> None:
    counter, limit = FailureCounter(cloud.dynamodb, cloud.names.trace_table), FailureLimit(1, 300)
    counter.add(HANDLER, limit)
    assert is_reached(counter.rows([HANDLER])[HANDLER], limit, counter._clock())
    assert program.run(["unpause", HANDLER]) == 0
    assert not is_reached(counter.rows([HANDLER])[HANDLER], limit, counter._clock())


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(("tried", "code", "redrives"), [([GOOD], 0, [2, None]), ([GOOD, BAD], 1, [2])])
def test_the_other_dead_letters_follow_if_all_of_the_sample_ends_well(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tried: list[Tried], code: int, redrives: list[int | None]
) -> None:
    asked: list[int | None] = []

    def redrive(*_: Any, limit: int | None = None, **__: Any) -> Redriven:
        asked.append(limit)
        return Redriven(2, redrives={"e1": 1, "e2": 1})

    monkeypatch.setattr(DeadLetters, "redrive", redrive)
    trying(monkeypatch, *tried)
    assert program.run(["dead", "redrive", HANDLER, "--sample", "2"]) == code
    assert asked == redrives
    assert ("the other dead letters stay where they are" in capsys.readouterr().err) == bool(code)
