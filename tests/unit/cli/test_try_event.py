"""`sluice try`, from the trace of an event to its run here and what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace
from tests.unit.support.working_copy import write_handler

RECEIPT = """
    from sluice import emit

    def handle(event):
        if "email" not in event:
            raise ValueError("no address")
        emit("audit-log", {"sent": event["id"]})
        return f"sent to {event['email']}"
"""
ERROR = {"type": "ValueError", "message": "no address", "traceback": "Traceback"}
FAILED = a_trace(status="error", event='{"id": 7}', error=ERROR)


@pytest.fixture
def copy(tmp_path: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working copy, as the current directory, and the trace of a failed run."""
    # Python runs the working copy's code with Sluice as it is installed here.
    write_handler(tmp_path, RECEIPT)
    monkeypatch.chdir(tmp_path)
    cloud.store.put(FAILED)
    return tmp_path


def test_an_outcome_is_reproduced_and_then_what_an_edit_changes_is_shown(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["try", FAILED.id]) == 0
    out = capsys.readouterr().out
    assert "  outcome  as then: error: ValueError: no address\n  result   as then\n  emitted  as then\n" in out
    assert "      event = {id: 7}\n" in out

    write_handler(copy, RECEIPT.replace('raise ValueError("no address")', 'event["email"] = "the shop"'))
    assert program.run(["try", FAILED.id]) == 0
    assert capsys.readouterr().out.partition("then and now\n")[2].splitlines() == [
        "  outcome",
        "    - error: ValueError: no address",
        "    + ok",
        "  result",
        "    - null",
        '    + "sent to the shop"',
        "  emitted",
        '    + audit-log  {"sent": 7}',
        "  calls    not compared: the trace does not keep them",
    ]


def test_it_fails_if_it_ends_otherwise_than_then(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_handler(copy, RECEIPT.replace("no address", "no e-mail address"))
    assert program.run(["try", FAILED.id, "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["comparison"]["then"] == "error: ValueError: no address"
    assert found["now"]["outcome"] == "error: ValueError: no e-mail address"
    assert found["then"]["event"] == {"id": 7}
    assert not found["comparison"]["passes"]


def test_an_event_of_ones_own_runs_without_a_trace(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["try", HANDLER, '{"id": 1, "email": "ada@example.com"}']) == 0
    out = capsys.readouterr().out
    assert 'emitted, but not sent\n  audit-log  {"sent":1}\n' in out
    assert 'result\n  "sent to ada@example.com"\n' in out
    assert program.run(["try", HANDLER, '{"id": 1}']) == 1


@pytest.mark.parametrize("field", ["redacted", "cut"])
def test_an_event_that_its_trace_has_not_the_whole_of_does_not_run(
    copy: Path, cloud: Cloud, capsys: pytest.CaptureFixture[str], field: str
) -> None:
    trace = a_trace(**{"event": '{"password": "[redacted]"}', field: ("event",)})
    cloud.store.put(trace)
    assert program.run(["try", trace.id]) == 1
    err = capsys.readouterr().err
    assert "from a file, with --file" in err
    assert err.endswith(f"next: sluice try {HANDLER} --file event.json\n")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["try", HANDLER], 2, "give the event as JSON"),
        (["try", HANDLER, "{"], 2, "this is not JSON"),
        (["try", FAILED.id, "1"], 2, "but not both"),
        (["try", FAILED.id, "--json", "--watch"], 2, "--json prints one run"),
        (["try", "audit-log", "1"], 3, "there is no functions/handlers/audit_log.py here"),
        (["try", a_trace().id], 3, "has no trace"),
        (["try", "no such name", "1"], 2, "no such name"),
        (["try", HANDLER, "--no-such"], 2, "No such option"),
    ],
)
def test_bad_input_is_refused_by_name(
    copy: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, message: str
) -> None:
    assert program.run(words) == code
    assert message in capsys.readouterr().err
