"""Dead letters that another command holds."""

from __future__ import annotations

import pytest
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury, hold_all
from tests.unit.support.polling import make_visible


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "00000000-0000-7000-8000-000000000000"], ["redrive"], ["redrive", "--id", "0"]],
    ids=" ".join,
)
def test_letters_that_others_hold_are_counted_and_fail_the_command(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    event_ids = bury(cloud, 12)
    command, *rest = arguments
    words = ["dead", command, HANDLER, *rest]
    assert program.run(words) in {0, 3}
    make_visible(cloud, HANDLER + "-dead")
    bury(cloud, 12)
    hold_all(cloud)
    capsys.readouterr()
    assert program.run([*words, "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ("[]\n" if command == "list" else "")
    assert f"about {12 if words[-1] == 'redrive' or words == ['dead', 'redrive', HANDLER] else 24} of {HANDLER}" in err
    assert "could not be read" in err
    assert "15 minutes at most" in err
    assert err.splitlines()[-1].startswith("next: sluice dead ")
    assert len(event_ids) == 12
