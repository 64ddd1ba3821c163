"""A deployment asks before it deletes the events of a handler that app.py no longer has."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from botocore.exceptions import NoCredentialsError
from sluice import emit
from sluice.cli import removed_handlers
from sluice.cli.command_error import CommandError
from sluice.local.synth import Synthesis
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.dead import bury

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def synthesised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The handlers of an app.py that is not run here: tests/local/test_up_down.py runs a real one."""
    handlers: list[str] = []
    monkeypatch.setattr(removed_handlers, "synth", lambda *_: Synthesis(handlers, []))
    return handlers


def answer(monkeypatch: pytest.MonkeyPatch, answered: bool | None) -> list[str]:
    """Answer the question, or have nobody there if the answer is None; return what was asked."""
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return bool(answered)

    monkeypatch.setattr(removed_handlers, "can_ask", lambda: answered is not None)
    monkeypatch.setattr(click, "confirm", confirm)
    return asked


def test_a_removed_handler_without_events_is_no_question(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, answered=False)
    removed_handlers.ask_about_removed(HERE, STAGE, yes=False)
    assert asked == []


def test_a_handler_that_stays_is_no_question(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, synthesised: list[str]
) -> None:
    asked = answer(monkeypatch, answered=False)
    emit(HANDLER, 1)
    synthesised.append(HANDLER)
    removed_handlers.ask_about_removed(HERE, STAGE, yes=False)
    assert asked == []


def test_with_nobody_to_ask_nothing_is_deleted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    bury(cloud, 2)
    emit(HANDLER, 1)
    answer(monkeypatch, None)
    with pytest.raises(click.UsageError) as refused:
        removed_handlers.ask_about_removed(HERE, STAGE, yes=False)
    assert f"  {HANDLER}: 1 waiting, 2 dead\n" in refused.value.message
    assert "put them back into app.py, or give --yes" in refused.value.message


@pytest.mark.parametrize("yes", [True, False])
def test_who_agrees_may_delete_them(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], yes: bool
) -> None:
    emit(HANDLER, 1)
    asked = answer(monkeypatch, answered=True)
    removed_handlers.ask_about_removed(HERE, STAGE, yes=yes)
    assert asked == ([] if yes else ["delete these events for good?"])
    assert f"  {HANDLER}: 1 waiting\n" in capsys.readouterr().err


def test_a_no_deploys_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    emit(HANDLER, 1)
    answer(monkeypatch, answered=False)
    with pytest.raises(CommandError, match="nothing was deployed"):
        removed_handlers.ask_about_removed(HERE, STAGE, yes=False)


def test_who_cannot_look_is_told_and_goes_on(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(clients, "sqs", refuse)
    removed_handlers.ask_about_removed(HERE, STAGE, yes=False)
    assert "could not see whether handlers with events were removed" in capsys.readouterr().err


def test_a_stage_that_is_not_deployed_has_nothing_to_lose(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    removed_handlers.ask_about_removed(HERE, "another", yes=False)
    assert capsys.readouterr() == ("", "")
