"""The two forms of a command's output."""

from __future__ import annotations

import json

import pytest
from sluice.cli.invocation import Invocation

INVOCATION = Invocation(stage="local", as_json=True)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_is_one_json_array(capsys: pytest.CaptureFixture[str], count: int) -> None:
    INVOCATION.print_json_list(json.dumps({"n": n}) for n in range(count))

    out = capsys.readouterr().out
    assert json.loads(out) == [{"n": n} for n in range(count)]
    assert len(out.splitlines()) == max(1, count)


def test_json_is_printed_in_utf8_and_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    INVOCATION.print_json({"name": "Zoë"})
    INVOCATION.say("done", then=INVOCATION.command("status", "a b"))

    out, err = capsys.readouterr()
    assert out == '{\n  "name": "Zoë"\n}\n'
    assert err == "done\nnext: sluice status 'a b'\n"
