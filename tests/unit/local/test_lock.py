"""One command at a time changes a local cloud."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from sluice.local.files import Files
from sluice.local.lock import locked

from tests.unit.support.eventually import eventually


def test_one_command_at_a_time(tmp_path: Path) -> None:
    files = Files(tmp_path, 1)
    waited_for: list[str] = []
    order: list[str] = []

    def second() -> None:
        with locked(files.lock, waited_for.append):
            order.append("second")

    with locked(files.lock, waited_for.append):
        thread = threading.Thread(target=second)
        thread.start()
        eventually(lambda: waited_for, "the second one to wait")
        order.append("first")
    thread.join(10)

    assert order == ["first", "second"]
    assert waited_for == [str(os.getpid())]
