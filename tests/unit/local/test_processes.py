"""Processes, found by their command lines and killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
from sluice.local import processes

from tests.unit.support.eventually import eventually

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], start_new_session=True)
time.sleep(600)
"""


def test_a_process_is_killed_with_everything_that_it_started(tmp_path: Path) -> None:
    mark = str(tmp_path)

    def marked() -> list[psutil.Process]:
        return processes.running(lambda command: mark in command)

    child = subprocess.Popen([sys.executable, "-c", PARENT, mark], start_new_session=True)
    eventually(lambda: len(marked()) == 3, "three processes")
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", f"{mark}-not"])
    try:
        processes.kill([process for process in marked() if process.pid == child.pid])

        assert marked() == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        child.wait()


def test_two_processes_with_the_same_id_are_told_apart() -> None:
    mine = processes.identity(psutil.Process())

    assert mine == processes.identity(psutil.Process(mine.pid))
    assert mine != processes.Identity(mine.pid, mine.started - 1)
