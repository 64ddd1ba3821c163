"""The measurements: all functions in turn, round by round, so that the machine's other work slows all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from .functions import Measured, Running
from .numbers import Samples
from .server import Server
from .table import OURS, Goal, Row, ratio

HANDWRITTEN = "hand-written"
IDEMPOTENT = "hand-written, idempotent"


@dataclass(frozen=True)
class Bench:
    """The surroundings of the measured functions.

    Attributes:
        server: the server in place of AWS.
        authorities: the file of certificates that the functions' system trusts.
    """

    server: Server
    authorities: Path

    def start(self, measured: Measured, endpoint: str, *, core: int | None = None, cold: bool = False) -> Running:
        """Start a function."""
        return Running(measured, endpoint, self.authorities, core=core, cold=cold)


def cold_start(bench: Bench, functions: Sequence[Measured], what: str, *, rounds: int) -> Row:
    """Measure the CPU time from Lambda's runtime client to the end of the first event, over TLS."""
    taken: dict[str, list[float]] = {measured.name: [] for measured in functions}
    for _ in range(rounds):
        for measured in functions:
            with bench.start(measured, bench.server.secure, cold=True) as running:
                taken[measured.name].append(running.answer()["first"] * 1000)
    row = Row(what=what, unit="CPU ms", samples=_samples(taken))
    return _with_goals(row, {HANDWRITTEN: [1 / 3, 1 / 5]})


def per_event(bench: Bench, functions: Sequence[Measured], size: int, *, rounds: int) -> Row:
    """Measure the CPU time of an event with its trace, in batches of this size."""
    events = 300 if size > 1 else 150
    with ExitStack() as stack:
        running = _all(stack, bench, functions, bench.server.fast)
        for function in running.values():
            function.ask("run", events=100, size=size)
        taken: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(rounds):
            for name, function in running.items():
                taken[name].append(function.ask("run", events=events, size=size)["cpu"] / events * 1e6)
    row = Row(what=f"one event with its trace, batches of {size}", unit="CPU µs", samples=_samples(taken))
    goals = {HANDWRITTEN: [1 / 3, 1 / 5], IDEMPOTENT: [1 / 6]} if size > 1 else {HANDWRITTEN: [1 / 2, 1 / 3]}
    return _with_goals(row, goals)


def calls(bench: Bench, functions: Sequence[Measured]) -> Row:
    """Count the AWS calls of an event in a batch of ten."""
    counted: dict[str, Samples] = {}
    with ExitStack() as stack:
        for name, function in _all(stack, bench, functions, bench.server.fast).items():
            bench.server.calls()
            function.ask("run", events=100, size=10)
            counted[name] = Samples([sum(bench.server.calls().values()) / 100])
    return Row(
        what="AWS calls for an event",
        unit="calls",
        samples=counted,
        goals=[Goal(text="at most 1, its trace", reached=counted[OURS].median, limit=1)] if OURS in counted else [],
    )


def sending(bench: Bench, functions: Sequence[Measured], *, rounds: int) -> list[Row]:
    """Measure sending many events: CPU time on one core, and events a second if SQS takes 5 ms to answer."""
    senders = [measured for measured in functions if measured.sender]
    cpu: dict[str, list[float]] = {measured.name: [] for measured in senders}
    speed: dict[str, list[float]] = {measured.name: [] for measured in senders}
    with ExitStack() as stack:
        fast = _all(stack, bench, senders, bench.server.fast, core=0)
        slow = _all(stack, bench, senders, bench.server.slow)
        for function in [*fast.values(), *slow.values()]:
            function.ask("send", events=500)
        for _ in range(rounds):
            for name, function in fast.items():
                cpu[name].append(function.ask("send", events=2_000)["cpu"] / 2_000 * 1e6)
            for name, function in slow.items():
                events = 3_000 if name != HANDWRITTEN else 500
                speed[name].append(events / function.ask("send", events=events)["wall"])
    one = Row(what="emit_many, one core", unit="CPU µs an event", samples=_samples(cpu))
    many = Row(what="emit_many, SQS answers after 5 ms", unit="events/s", samples=_samples(speed))
    if OURS in many.samples:
        goal = Goal(text="at least 5,000", reached=many.samples[OURS].median, limit=5_000, at_least=True)
        many = Row(what=many.what, unit=many.unit, samples=many.samples, goals=[goal])
    return [_with_goals(one, {HANDWRITTEN: [1 / 3]}), many]


def memory(bench: Bench, measured: Measured, *, events: int) -> Row:
    """Measure how much a process's memory grows after the first fifth of this many events."""
    step = 2_000
    with bench.start(measured, bench.server.fast) as running:
        sizes = [running.ask("run", events=step, size=10)["resident"] for _ in range(events // step)]
    settled = sizes[len(sizes) // 5 :]
    grown = (min(settled[-5:]) - min(settled[:5])) / 1024
    return Row(
        what=f"memory, growth over {events:,} events",
        unit="KB",
        samples={measured.name: Samples([grown])},
        goals=[Goal(text="none, to within the allocator's 256 KB", reached=grown, limit=256)],
    )


def _all(
    stack: ExitStack, bench: Bench, functions: Iterable[Measured], endpoint: str, *, core: int | None = None
) -> dict[str, Running]:
    return {measured.name: stack.enter_context(bench.start(measured, endpoint, core=core)) for measured in functions}


def _samples(taken: dict[str, list[float]]) -> dict[str, Samples]:
    return {name: Samples(values) for name, values in taken.items()}


def _with_goals(row: Row, limits: dict[str, list[float]]) -> Row:
    goals = [
        Goal(
            text=f"{'stretch: ' if index else ''}at most 1/{round(1 / limit)} of the {other} worker's",
            reached=ratio(row, other).median,
            limit=limit,
        )
        for other, wanted in limits.items()
        if other in row.samples and OURS in row.samples
        for index, limit in enumerate(wanted)
    ]
    return Row(what=row.what, unit=row.unit, samples=row.samples, goals=goals)
