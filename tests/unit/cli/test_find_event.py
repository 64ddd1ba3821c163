"""An event, found in its trace or in its dead letter."""

from __future__ import annotations

import pytest
from sluice.cli.command_error import CommandError
from sluice.cli.find_event import find_event
from sluice.cli.invocation import Invocation

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.dead import bury, hold_all, wait_for_nothing
from tests.unit.support.polling import make_visible


def test_an_event_that_others_hold_is_not_called_unknown(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)
    (event_id,) = bury(cloud, 1)
    invocation = Invocation(stage=STAGE, as_json=True)
    hold_all(cloud)
    with pytest.raises(CommandError, match=r"could not be read.* 15 minutes at most") as caught:
        find_event(invocation, HANDLER, event_id)
    assert caught.value.code == 1
    make_visible(cloud, HANDLER + "-dead")
    assert find_event(invocation, HANDLER, event_id) == "0"
