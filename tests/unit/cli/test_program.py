"""Commands in this process, on moto."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sluice import InvalidNameError, NotAcceptedError, Refused, emit
from sluice.cli import program
from sluice.stage import clients
from sluice.traces import Trace

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


def test_emit_sends_the_text_as_it_is(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    text = '{ "n": 1.50, "n": 1E400 }'

    assert program.run(["emit", HANDLER, text]) == 0

    out, err = capsys.readouterr()
    (message,) = cloud.messages(HANDLER)
    assert message["Body"] == text
    assert json.loads(message["MessageAttributes"]["sluice"]["StringValue"])["id"] == out.strip()
    assert err.endswith(f"next: sluice trace {out.strip()}\n")


def test_emit_to_a_name_without_a_handler_warns_and_succeeds(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["emit", "send-reciept", "1", "--json"]) == 0

    out, err = capsys.readouterr()
    (event_id,) = json.loads(out)["ids"]
    trace = cloud.store.get("send-reciept", event_id)
    assert trace is not None
    assert trace.status == "no-handler"
    assert "warning: no handler is named 'send-reciept'" in err
    assert "did you mean 'send-receipt'?" in err
    assert "which is not the name of a handler" not in err, "the library's own warning as well"


@pytest.mark.parametrize("given", ["2026-01-01", "2026-01-01T09:00", "20260101T0900"])
def test_a_moment_without_a_zone_is_said_with_one_that_works(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    emit(HANDLER, 1)
    assert program.run(["traces", HANDLER, "--since", given]) == 2
    said = capsys.readouterr().err
    suggested = re.findall(r"\S+\+01:00|\S+Z(?= for UTC)", said)
    assert len(suggested) == 2
    for moment in suggested:
        assert program.run(["traces", HANDLER, "--since", moment]) == 0


@pytest.mark.parametrize(("code", "exit_code"), [("AccessDenied", 4), ("InternalError", 1)])
def test_many_events_that_may_not_be_emitted_are_refused(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, exit_code: int
) -> None:
    def refuse(handler: str, texts: list[str], **_: object) -> list[str]:
        raise NotAcceptedError(handler, {}, [Refused(index, code, "no") for index in range(len(texts))])

    monkeypatch.setattr("sluice.cli.emit.emit_texts", refuse)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"1\n2\n")))

    assert program.run(["emit", HANDLER, "--lines", "-"]) == exit_code


def test_events_that_sqs_does_not_accept_are_printed_to_be_emitted_again(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handler: str, texts: list[str], **_: object) -> list[str]:
        raise NotAcceptedError(handler, {2: "id-2", 0: "id-0"}, [Refused(1, "InternalError", "try later")])

    monkeypatch.setattr("sluice.cli.emit.emit_texts", refuse)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'1\n{"two": 2.0}\n3\n')))

    assert program.run(["emit", HANDLER, "--lines", "-"]) == 1

    out, err = capsys.readouterr()
    assert out == "id-0\nid-2\n"
    assert "1 of 3 events (InternalError: try later)" in err
    assert err.endswith('Emit these again:\n{"two": 2.0}\nnext: sluice emit send-receipt --lines -\n')


def test_a_trace_is_printed_with_the_event_as_it_was_sent(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event = '{"a":1,"a":2.0,"big":' + "7" * 400 + "}"
    event_id = emit("unknown", None)
    found = cloud.store.get("unknown", event_id)
    assert found is not None
    cloud.store.unhandled.put([Trace(id=event_id, handler="unknown", status="no-handler", event=event)])

    assert program.run(["trace", event_id, "--json"]) == 0
    assert f'"event": {event}' in capsys.readouterr().out
    assert program.run(["traces", "unknown", "--json"]) == 0
    assert f'"event": {event}' in capsys.readouterr().out
    assert program.run(["trace", event_id]) == 0
    assert '    "a": 2.0,\n    "big": 7777' in capsys.readouterr().out


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


def test_the_stage_is_part_of_the_next_command_where_it_is_not_the_default(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program.run(["emit", HANDLER, "1"])
    assert "--stage" not in capsys.readouterr().err

    monkeypatch.delenv("SLUICE_STAGE")
    program.run(["emit", HANDLER, "1", "--stage", "test"])
    assert capsys.readouterr().err.endswith("--stage test\n")


def test_a_stage_that_is_not_deployed_says_how_to_deploy_it(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["status"], ["emit", HANDLER, "1"], ["traces", HANDLER], ["trace", emit(HANDLER, 1)]):
        code = program.run([*arguments, "--stage", "prod"])
        out, err = capsys.readouterr()
        assert (code, out) == (5, ""), arguments
        assert err.endswith("next: sluice cdk deploy --stage prod\n")


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([]) == 0
    assert program.run(["--help"]) == 0
    assert "Exit codes: 0 done" in capsys.readouterr().out


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


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    heavy = ("aws_cdk", "jsii", "ministack", "psutil", "rich", "sluice.local.cloud", "sluice.operate")
    code = f"import sys, sluice.cli; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_library_knows_nothing_of_the_command_line() -> None:
    code = (
        "import sys, sluice, sluice.operate.status, sluice.traces, sluice.worker.worker;"
        " print([name for name in sys.modules if name.startswith(('click', 'rich', 'sluice.cli', 'sluice.local'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["pause", "unpause", "block", "unblock"])
def test_a_reason_that_is_no_text_is_refused_before_anything_is_done(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """What a terminal sends that is not set to UTF-8."""
    assert program.run([command, HANDLER, "--reason", "gel\udcf6st"]) == 2
    assert "it is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["traces", HANDLER, "--since", "9" * 400 + "d"], "a moment such as"),
        (["pause", HANDLER, "--until", "9999-12-31T23:59:59-14:00"], "too far ahead"),
        (["dead", "show", HANDLER], "next: sluice dead show --help"),
        (["dead", "nonsense"], "next: sluice dead --help"),
        (["capacity", "--pause-hours", "-1"], "pause may be 0 to 8,784 hours, and not -1"),
    ],
)
def test_what_is_wrong_is_said_as_it_was_given(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    emit(HANDLER, 1)
    assert program.run(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["dead"]) == 0
    assert capsys.readouterr().out.startswith("Usage: sluice dead")


def test_stdin_that_is_closed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(HANDLER, 1)
    monkeypatch.setattr("sys.stdin", None)
    assert program.run(["emit", HANDLER, "-"]) == 2
    assert "stdin is closed" in capsys.readouterr().err


def test_a_stage_is_text(cloud: Cloud) -> None:
    with pytest.raises(InvalidNameError, match="stage 5"):
        emit(HANDLER, 1, stage=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["pause", "unpause", "block", "unblock"])
def test_a_reason_has_an_end(cloud: Cloud, capsys: pytest.CaptureFixture[str], command: str) -> None:
    emit(HANDLER, 1)
    assert program.run([command, HANDLER, "--reason", "x" * 1_001]) == 2
    assert "1,000" in capsys.readouterr().err


def test_the_local_stage_takes_no_notice_of_the_callers_aws_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "config"
    broken.write_text("[")
    for name, value in {
        "AWS_PROFILE": "does-not-exist",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_REGION": "eu-central-1",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    try:
        client = clients.client("sqs", "local")
        assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:4566", "us-east-1")
        assert client.meta.config.proxies == {}
    finally:
        clients.forget_clients()
