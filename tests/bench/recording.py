"""The cost of recording a handler's calls, beside the same handler with `trace="basic"`.

    python3.13 -m tests.bench.recording

It needs Python 3.12 or newer, and no packages. Times are processor time, so other programs disturb little.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).parents[2] / "functions"
sys.path.insert(0, str(FUNCTIONS))

from sluice.recording.recorder import Recorder, make_recorder  # noqa: E402 - from the path that was just added
from sluice.recording.render import NoSecrets  # noqa: E402

ROUNDS = 15

monitoring: Any = sys.monitoring  # type: ignore[attr-defined]

WORKLOADS = {
    "100,000 small calls": """
        def work(n):
            return n + 1

        def handle(event):
            for n in range(100_000):
                work(n)
    """,
    "recursion": """
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        def handle(event):
            return fib(18)
    """,
    "18 calls": """
        def price(line, currency):
            return {"sku": line["sku"], "price": line["price"], "currency": currency}

        def handle(event):
            return [price(line, "EUR") for line in event["lines"]]
    """,
    "no calls": """
        def handle(event):
            return sum(line["price"] for line in event["lines"])
    """,
}
EVENT = {"lines": [{"sku": f"SKU-{n}", "price": n, "name": "a cup to go"} for n in range(17)]}

COLD_START = """
import sys, time
sys.path.insert(0, {functions!r})
import datetime, json, sluice.traces.trace, linecache, traceback, importlib.util
begun = time.process_time()
if {recorded}:
    from sluice.recording.recorder import make_recorder
    recorder = make_recorder("handlers.order_placed")
    recorder.start().stop()
import handlers.nightly_report
print(time.process_time() - begun)
"""


def measure(handle: Callable[[Any], Any], recorder: Recorder | None) -> float:
    """Return the seconds of a run, with what follows it for an ordinary trace."""
    begun = time.process_time()
    recording = recorder.start() if recorder else None
    handle(EVENT)
    if recording:
        recording.stop()
    return time.process_time() - begun


def compare(name: str, source: str, folder: Path) -> None:
    """Print the time of a workload without and with recording, the least of `ROUNDS` each, taken in turn."""
    package = f"bench_{len(sys.modules)}"
    (folder / package).mkdir()
    for module in ("basic", "calls"):
        (folder / package / f"{module}.py").write_text(textwrap.dedent(source))
    basic = importlib.import_module(f"{package}.basic").handle
    recorder = make_recorder(f"{package}.calls", package=package)
    calls = importlib.import_module(f"{package}.calls").handle
    rounds = [(measure(basic, None), measure(calls, recorder)) for _ in range(ROUNDS)]
    alone, recorded = (min(each) for each in zip(*rounds, strict=True))
    recording = recorder.start()
    calls(EVENT)
    recording.stop()
    begun = time.process_time()
    size = len(json.dumps(recording.calls(NoSecrets())))
    rendered = time.process_time() - begun
    for tool in (3, 4):
        if monitoring.get_tool(tool):
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    show(name, alone, recorded, f"{size:,} bytes of JSON, rendered in {rendered * 1e6:,.0f} µs")


def show(name: str, alone: float, recorded: float, more: str = "") -> None:
    """Print a line of the table."""
    ratio, added = recorded / alone, (recorded - alone) * 1e6
    times = f"{alone * 1e6:>10,.0f} µs{recorded * 1e6:>10,.0f} µs"
    sys.stdout.write(f"{name:<22}{times}{ratio:>7.2f}{added:>+9,.0f} µs  {more}\n")


def cold_start(*, recorded: bool) -> float:
    """Return the seconds that the import of a handler takes in a new process."""
    code = COLD_START.format(functions=str(FUNCTIONS), recorded=recorded)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Print the table."""
    sys.stdout.write(f"Python {sys.version.split()[0]}{'basic':>19}{'calls':>13}{'ratio':>8}{'added':>12}\n")
    with tempfile.TemporaryDirectory() as path:
        sys.path.insert(0, path)
        for name, source in WORKLOADS.items():
            compare(name, source, Path(path))
    starts = [(cold_start(recorded=False), cold_start(recorded=True)) for _ in range(ROUNDS)]
    show("cold start", *(min(each) for each in zip(*starts, strict=True)))


if __name__ == "__main__":
    main()
