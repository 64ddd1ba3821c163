"""`sluice emit`."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import NotAcceptedError, Refused, emit
from sluice.cli import program
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud


def test_emit_sends_the_text_as_it_is(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    text = '{ "n": 1.50, "n": 1E400 }'

    assert program.run(["emit", HANDLER, text]) == 0

    out, err = capsys.readouterr()
    (message,) = cloud.messages(HANDLER)
    assert message["Body"] == text
    assert json.loads(message["MessageAttributes"]["sluice"]["StringValue"])["id"] == out.strip()
    assert err.endswith(f"next: sluice trace {out.strip()}\n")


@pytest.mark.parametrize(("denied", "kept"), [("put_item", 0), ("update_item", 0), ("second", 1)])
def test_nothing_is_called_kept_that_is_not(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, denied: str, kept: int
) -> None:
    client = clients.dynamodb(STAGE)
    put = client.put_item

    def refuse(**arguments: Any) -> Any:
        if denied == "second" and "precious" not in arguments["Item"]["trace"]["S"]:
            return put(**arguments)
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutItem")

    monkeypatch.setattr(client, "update_item" if denied == "update_item" else "put_item", refuse)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'"plain"\n"precious"\n')))

    assert program.run(["emit", "send-reciept", "--lines", "-", "--json"]) == 4

    out, err = capsys.readouterr()
    assert len(json.loads(out)["ids"]) == kept
    assert "kept with" not in err
    assert f"{2 - kept} of the events could not be kept" in err
    assert '"precious"' in err
    assert ('"plain"' in err) == (kept == 0)
    assert err.endswith("next: sluice status\n")


def test_ctrl_c_prints_the_ids_of_what_was_sent(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = clients.sqs(STAGE)
    send = client.send_message_batch
    calls: list[int] = []

    def interrupted(**arguments: Any) -> Any:
        calls.append(len(calls))
        if len(calls) == 5:
            raise KeyboardInterrupt
        return send(**arguments)

    monkeypatch.setattr(client, "send_message_batch", interrupted)
    lines = "".join(f"{number}\n" for number in range(1000)).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines)))

    assert program.run(["emit", HANDLER, "--lines", "-", "--json"]) == 1

    out, err = capsys.readouterr()
    ids = json.loads(out)["ids"]
    sent = [json.loads(one["MessageAttributes"]["sluice"]["StringValue"])["id"] for one in cloud.messages(HANDLER)]
    assert set(sent) <= set(ids)
    assert len(ids) == len(set(ids)) >= 10
    assert len(ids) % 10 == 0
    assert len(ids) < 1000
    assert f"interrupted: {len(ids)} of 1000 events were emitted" in err


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


@pytest.mark.parametrize(("code", "exit_code"), [("AccessDenied", 4), ("InternalError", 1)])
def test_events_that_sqs_refuses_give_an_exit_code(
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


def test_a_closed_stdin_is_named(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(HANDLER, 1)
    monkeypatch.setattr("sys.stdin", None)
    assert program.run(["emit", HANDLER, "-"]) == 2
    assert "stdin is closed" in capsys.readouterr().err


def test_events_are_read_from_stdin_as_from_a_file(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\n2\n")))
    assert program.run(["emit", HANDLER, "--lines", "--file", "-"]) == 0
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ["1", "2"]


def test_a_delay_has_a_unit_and_says_that_it_cannot_be_cancelled(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["emit", HANDLER, "1", "--delay", "10m"]) == 0
    assert "to start in 600 s; an event delayed by up to 15 minutes can't be cancelled" in capsys.readouterr().err
    assert program.run(["emit", HANDLER, "1", "--delay", "soon"]) == 2
