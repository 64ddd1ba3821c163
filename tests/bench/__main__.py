"""Run the benchmarks, or show two results side by side."""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import certificates, local_cloud, measuring
from .bundle import PROJECT, build, build_peers
from .functions import Measured
from .measuring import HANDWRITTEN, IDEMPOTENT, Bench
from .server import Server
from .table import OURS, Goal, Row, as_text, machine, side_by_side

RESULTS = PROJECT / ".sluice" / "bench"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="directory for result.txt and result.json")
    parser.add_argument("--without-local-cloud", action="store_true", help="skip the measurement in a local cloud")
    commands = parser.add_subparsers(dest="command")
    compare = commands.add_parser("compare", help="show two results, or measure two commits in turn")
    compare.add_argument("one", help="a result.json, or a commit")
    compare.add_argument("other", help="another one")
    given = parser.parse_args()
    if given.command == "compare":
        sys.stdout.write(_compare(given.one, given.other))
        return 0
    with _workshop() as (directory, bench):
        rows = _everything(directory, bench)
        if not given.without_local_cloud:
            rows.append(_from_emit_to_start(directory))
    where = machine()
    text = as_text(rows, where)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "result.txt").write_text(text)
    result = {"name": _commit(), "machine": where, "rows": [row.as_json() for row in rows]}
    (given.out / "result.json").write_text(json.dumps(result, indent=1))
    sys.stdout.write(text + f"written to {given.out}/result.txt and result.json\n")
    return 0


def _compare(one: str, other: str) -> str:
    if one.endswith(".json") and other.endswith(".json"):
        return side_by_side(*(json.loads(Path(name).read_text()) for name in (one, other)))
    with _workshop() as (directory, bench):
        functions: list[Measured] = []
        for name in (one, other):
            with _checkout(directory / f"tree-{name.replace('/', '-')}", name) as tree:
                into = directory / f"bundle-{len(functions)}"
                bundle = build(into, bench.authorities, tree, compiled=True)
            functions.append(_ours(bundle, name))
        rows = [
            measuring.cold_start(bench, functions, "cold start with .pyc files", rounds=7),
            measuring.per_event(bench, functions, 10, rounds=9),
            measuring.per_event(bench, functions, 1, rounds=9),
            *measuring.sending(bench, functions, rounds=7),
        ]
    results = [{"name": name, "rows": [_only(row.as_json(), name) for row in rows]} for name in (one, other)]
    return side_by_side(results[0], results[1])


def _only(row: dict[str, Any], name: str) -> dict[str, Any]:
    return row | {"measured": {OURS: row["measured"][name]}}


@contextmanager
def _checkout(into: Path, commit: str) -> Iterator[Path]:
    """Extract a commit's files into a directory."""
    into.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=PROJECT, capture_output=True, check=False)
    if archive.returncode != 0:
        sys.exit(f"{commit} is neither a commit nor a file of results: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x"], cwd=into, input=archive.stdout, check=True)
    (into / ".sluice").mkdir(exist_ok=True)
    (into / ".sluice" / "layers").symlink_to(PROJECT / ".sluice" / "layers")
    yield into


@contextmanager
def _workshop() -> Iterator[tuple[Path, Bench]]:
    directory = Path(tempfile.mkdtemp(prefix="sluice-bench-"))
    try:
        made = certificates.make(directory)
        with Server(made.server) as server:
            yield directory, Bench(server, made.authorities)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _ours(bundle: Any, name: str = OURS) -> Measured:
    return Measured(name=name, bundle=bundle, entry="sluice.worker.entry.handle", sender="handlers.bench.send")


def _functions(directory: Path, bench: Bench, *, compiled: bool) -> list[Measured]:
    kind = "compiled" if compiled else "source"
    peers = build_peers(directory / f"peers-{kind}", bench.authorities, compiled=compiled)
    return [
        _ours(build(directory / f"sluice-{kind}", bench.authorities, compiled=compiled)),
        Measured(name=HANDWRITTEN, bundle=peers, entry="peers.handwritten.handler", sender="peers.sending.send_all"),
        Measured(name=IDEMPOTENT, bundle=peers, entry="peers.idempotent.handler"),
    ]


def _everything(directory: Path, bench: Bench) -> list[Row]:
    compiled = _functions(directory, bench, compiled=True)
    source = _functions(directory, bench, compiled=False)
    steps: list[Callable[[], list[Row]]] = [
        lambda: [measuring.calls(bench, compiled)],
        lambda: [measuring.cold_start(bench, compiled, "cold start with .pyc files", rounds=7)],
        lambda: [measuring.cold_start(bench, source, "cold start without .pyc files", rounds=3)],
        lambda: [measuring.per_event(bench, compiled, 10, rounds=9)],
        lambda: [measuring.per_event(bench, compiled, 1, rounds=9)],
        lambda: measuring.sending(bench, compiled, rounds=7),
        lambda: [measuring.memory(bench, compiled[0], events=100_000)],
    ]
    rows: list[Row] = []
    for step in steps:
        rows += step()
        sys.stderr.write(f"{rows[-1].what}: measured\n")
    return rows


def _from_emit_to_start(directory: Path) -> Row:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    waits = local_cloud.measure(directory / "local", port, rounds=40)
    more = waits[OURS].less(waits["bare"]).median
    goal = Goal(text="no more than 20 ms over a bare function", reached=more, limit=20)
    return Row(what="from emit to handler start, local cloud", unit="ms", samples=waits, goals=[goal])


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
