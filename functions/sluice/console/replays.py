"""Replays from a page: one event, or a group of failures after it was counted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..cli.command_error import FAILED, NOT_FOUND, CommandError
from ..cli.find_trace import cut_event, redacted_event
from ..cli.next_command import next_command
from ..cli.replay_run import WHY
from ..operate import replay_choice as why
from ..operate.handlers import handler_names
from ..operate.replay import Replayed, Replayer
from ..operate.replay_choice import ReplayChoice, Selection, why_not
from ..operate.status import FAILED_SECONDS
from ..traces import STATUSES, open_store
from ..traces.failure import FAILED as FAILED_STATUSES
from ..traces.pages import Reading

RATE = 100
"""Events a second, as `sluice replay` does unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The extent of a replay before it begins.

    Attributes:
        count: events to replay.
        already: events that are left out because they were replayed before.
        left_out: events that cannot be replayed, by the reason in words.
    """

    count: int
    already: int
    left_out: Mapping[str, int]

    @property
    def seconds(self) -> int:
        """Seconds that it takes at least."""
        return self.count // RATE


def replay_one(stage: str, handler: str, event_id: str, *, again: bool) -> str:
    """Emit a trace's event again, and return the new event's id.

    Raises:
        CommandError: the event cannot be replayed, or was replayed before.
    """
    show_it = next_command(stage, "trace", event_id)
    found = open_store(stage).find(event_id, [handler])
    if found is None:
        raise CommandError(f"event {event_id} has no trace", code=NOT_FOUND, then=show_it)
    reason = why_not(found, handlers=handler_names(stage), asked=STATUSES)
    if reason == why.REDACTED:
        raise redacted_event(event_id, show_it)
    if reason == why.CUT:
        raise cut_event(event_id, show_it)
    if reason is not None:
        raise CommandError(f"event {event_id} cannot be replayed: {WHY[reason]}", code=FAILED, then=show_it)
    with contextlib.closing(ReplayChoice(again=again, until=time.time())) as choice:
        choice.add([found], lambda _: None)
        if not choice.count:
            raise CommandError(f"event {event_id} was replayed before", code=FAILED, then=show_it)
        for so_far in Replayer(stage, rate=RATE).replay(choice):
            _check(so_far)
            if so_far.ids:
                return so_far.ids[event_id]
    raise CommandError(f"event {event_id} was just replayed by somebody else", code=FAILED, then=show_it)


def count_group(stage: str, handler: str, group: str) -> Counted:
    """Return what a replay of a group of failures would do; nothing is emitted."""
    with _chosen(stage, handler, group) as choice:
        return Counted(
            count=choice.count,
            already=choice.already,
            left_out={WHY[reason]: many for reason, many in choice.skipped.most_common()},
        )


def replay_group(stage: str, handler: str, group: str) -> int:
    """Replay a group of failures, each event once, and return how many were.

    Raises:
        CommandError: SQS did not accept some.
    """
    done = 0
    with _chosen(stage, handler, group) as choice:
        for so_far in Replayer(stage, rate=RATE).replay(choice):
            _check(so_far)
            done = so_far.done
    return done


@contextlib.contextmanager
def _chosen(stage: str, handler: str, group: str) -> Iterator[ReplayChoice]:
    selection = Selection(
        handler=handler,
        group=group,
        statuses=FAILED_STATUSES,
        since=time.time() - FAILED_SECONDS,
        until=None,
        condition=None,
    )
    names = frozenset(handler_names(stage))
    with contextlib.closing(ReplayChoice(again=False, until=time.time())) as choice:
        traces = selection.traces(open_store(stage).search, Reading())
        choice.add(traces, lambda trace: why_not(trace, handlers=names, asked=()))
        yield choice


def _check(so_far: Replayed) -> None:
    if so_far.refused:
        raise CommandError(
            f"SQS did not accept {len(so_far.refused)}: {so_far.refused[0].reason}; {so_far.done:,} were replayed."
            " The same replay goes on with the others",
            code=FAILED,
        )
