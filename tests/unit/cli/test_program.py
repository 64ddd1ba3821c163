"""Messages and exit codes of commands that fail."""

from __future__ import annotations

import pytest
from sluice import emit
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud

ERRORS = [
    ["emit", HANDLER, "{"],
    ["status", "sned-receipt"],
    ["traces", "no-such"],
    ["trace", "0"],
    ["nonsense"],
    ["emit"],
    ["status", "--stage", "other"],
]


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_a_failed_command_prints_nothing_on_stdout_and_ends_with_the_next_one(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code = program.run([*arguments, "--json"])

    out, err = capsys.readouterr()
    assert code in {2, 3, 5}
    assert out == ""
    assert err.startswith("error: ")
    assert err.splitlines()[-1].startswith("next: sluice ")


def test_an_unexpected_error_shows_no_traceback_unless_asked_to(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("sluice.cli.status.statuses", fail)

    assert program.run(["status"]) == 1
    err = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: oh" in err
    assert "Traceback" not in err
    monkeypatch.setenv("SLUICE_DEBUG", "1")
    assert program.run(["status"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [KeyboardInterrupt, BrokenPipeError])
def test_a_stopped_command_ends_without_a_traceback(
    cloud: Cloud, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def fail(*_: object) -> None:
        raise stop

    monkeypatch.setattr("sluice.cli.status.statuses", fail)
    monkeypatch.setattr(program, "_discard_output", lambda: None)

    assert program.run(["status"]) == 1
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["traces", HANDLER, "--since", "9" * 400 + "d"], "a moment such as"),
        (["pause", HANDLER, "--until", "9999-12-31T23:59:59-14:00"], "too far ahead"),
        (["dead", "show", HANDLER], "next: sluice dead show --help"),
        (["dead", "nonsense"], "next: sluice dead --help"),
        (["capacity", "--pause-hours", "-1"], "pause may be 0 to 8,784 hours, and not -1"),
    ],
)
def test_a_message_names_the_wrong_argument(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    emit(HANDLER, 1)
    assert program.run(arguments) == 2
    assert message in capsys.readouterr().err
