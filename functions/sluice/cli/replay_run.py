"""One run of `sluice replay`: what it asks, shows and says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import click
from botocore.exceptions import ClientError

from ..operate import replay_choice as why
from ..operate.handlers import handler_names
from ..operate.replay import Replayed, Replayer
from ..operate.replay_choice import ReplayChoice, Selection, why_not
from ..traces import STATUSES, Trace, open_store
from ..traces.trace import iso
from .asking import can_ask
from .command_error import FAILED, NOT_FOUND, REFUSED, CommandError
from .explain_error import NOT_ALLOWED
from .find_trace import cut_event, find_trace, redacted_event
from .invocation import Invocation
from .progress import ShownProgress
from .searching import Searching
from .terminal import echo

WHY: Mapping[str, str] = MappingProxyType(
    {
        why.LOST: "their traces are damaged",
        why.REDACTED: "they had secrets, which their traces do not hold",
        why.CUT: "they are not whole in their traces",
        why.RETRIED: "they have attempts left, and run again by themselves",
        why.DEAD: "they are dead letters, for sluice dead redrive; --status dead replays them all the same",
        why.NO_HANDLER: "no handler has their name",
        why.TOO_LARGE: "they are too large to be sent again",
        why.GONE: "their traces are gone",
    }
)
"""Why events are left out, in words."""

_TO_REPLAY = "to replay"
_REPLAYED = "replayed"


class ReplayRun:
    """A run of the command.

    Args:
        invocation: the command's.
        replayer: emits the events.
        choice: the events, none as yet.
    """

    def __init__(self, invocation: Invocation, replayer: Replayer, choice: ReplayChoice) -> None:
        self._invocation = invocation
        self._replayer = replayer
        self._choice = choice
        self._handlers = frozenset(handler_names(invocation.stage))

    def replay_ids(self, event_ids: Sequence[str], *, dry_run: bool) -> None:
        """Replay the events with these ids. If one can't be replayed, none is.

        Args:
            event_ids: the ids.
            dry_run: True to only say how many it would be.
        """
        traces = [find_trace(self._invocation, event_id) for event_id in dict.fromkeys(event_ids)]
        for trace in traces:
            self._check(trace)
        self._choice.add(traces, lambda _: None)
        replayed_as = [trace.last_replay for trace in traces if self._choice.was_replayed(trace)]
        if replayed_as and not self._choice.count:
            which = f"event {event_ids[0]} was" if len(traces) == 1 else f"all {len(traces)} events were"
            raise CommandError(
                f"{which} replayed before, as {', '.join(map(str, replayed_as))}; --again replays once more",
                code=FAILED,
                then=self._invocation.command("trace", str(replayed_as[0])),
            )
        if dry_run:
            self._finish(_TO_REPLAY, self._choice.count, then=None)
            return
        ids: dict[str, str] = {}
        so_far = Replayed()
        with self._explained(lambda: so_far, same=None):
            for so_far in self._replayer.replay(self._choice):
                ids |= so_far.ids
        by_id = {trace.id: trace for trace in traces}
        objects = [{"id": new, "handler": by_id[old].handler, "replayed": old} for old, new in ids.items()]
        if self._invocation.as_json:
            self._invocation.print_json(objects[0] if len(event_ids) == 1 else objects)
            return
        echo("\n".join(ids.values()))
        left = f"{len(replayed_as)} left out: replayed before" if replayed_as else ""
        self._invocation.say(*filter(None, [left]), then=self._invocation.command("trace", next(iter(ids.values()))))

    def replay_selected(
        self, selection: Selection, asked: Sequence[str], *, dry_run: bool, yes: bool, same: str
    ) -> None:
        """Replay the events of many traces.

        Args:
            selection: the traces.
            asked: statuses that were asked for by name.
            dry_run: True to only say how many it would be.
            yes: True to ask nothing.
            same: the command line that goes on with what is left.
        """
        searching = Searching()
        found = selection.traces(open_store(self._invocation.stage).search, searching.reading)
        try:
            self._choice.add(
                searching.watched(found), lambda trace: why_not(trace, handlers=self._handlers, asked=asked)
            )
        finally:
            searching.clear()
        count = self._choice.count
        if dry_run or not count:
            self._finish(_TO_REPLAY, count, then=same if count else self._invocation.command("failures"))
            return
        if not yes:
            self._say_choice(_TO_REPLAY, count)
            if not can_ask():
                raise click.UsageError(f"this emits {_events(count)} again; give --yes to do it")
            if not click.confirm(f"emit {_events(count)} again?", err=True):
                raise CommandError("nothing was replayed", code=FAILED, then=self._invocation.command("failures"))
        so_far, progress = Replayed(), ShownProgress()
        with self._explained(lambda: so_far, same=same), progress.step(f"replaying {_events(count)}"):
            for so_far in self._replayer.replay(self._choice):
                progress.detail(f"{so_far.done:,} of {count:,}")
        self._choice.already += so_far.already
        self._choice.skipped += so_far.skipped
        self._finish(_REPLAYED, so_far.done, then=self._invocation.command("failures", *self._one_handler()))

    def _one_handler(self) -> list[str]:
        return list(self._choice.counts) if len(self._choice.counts) == 1 else []

    def _check(self, trace: Trace) -> None:
        """Raise the error for an event that can't be replayed, if it can't."""
        reason = why_not(trace, handlers=self._handlers, asked=STATUSES)
        show_it = self._invocation.command("trace", trace.id)
        if reason == why.LOST and trace.error:
            message = f"{trace.error['message']}; its event is lost, so it cannot be replayed"
            raise CommandError(message, code=FAILED, then=show_it)
        if reason == why.NO_HANDLER:
            message = f"no handler is named {trace.handler!r} in stage {self._invocation.stage!r}: deploy it first"
            raise CommandError(message, code=NOT_FOUND, then=self._invocation.command("status"))
        if reason == why.REDACTED:
            raise redacted_event(trace.id, show_it)
        if reason == why.CUT:
            raise cut_event(trace.id, show_it)

    @contextmanager
    def _explained(self, so_far: Callable[[], Replayed], *, same: str | None) -> Iterator[None]:
        """Say how far a replay has come if it ends early, and how to go on."""
        count = self._choice.count

        def cut_off(why_so: str, code: int) -> CommandError:
            done = f"{so_far().done:,} of {count:,} replayed"
            return CommandError(f"{why_so}; {done}. The same command goes on with the others", code=code, then=same)

        try:
            yield
        except KeyboardInterrupt as interrupt:
            raise cut_off("interrupted", FAILED) from interrupt
        except ClientError as error:
            if error.response["Error"].get("Code") not in NOT_ALLOWED:
                raise
            raise CommandError(
                f"AWS does not allow you to replay ({error.operation_name}); the policies operator and admin of this"
                f" stage do. {so_far().done:,} of {count:,} were replayed",
                code=REFUSED,
                then="aws sts get-caller-identity",
            ) from error
        refused = so_far().refused
        if refused:
            denied = all(each.code in NOT_ALLOWED for each in refused)
            raise cut_off(f"SQS did not accept {len(refused)}: {refused[0].reason}", REFUSED if denied else FAILED)

    def _finish(self, verb: str, count: int, *, then: str | None) -> None:
        """Say what was done, and print it as JSON if the caller wants that."""
        self._say_choice(verb, count, then=then)
        if self._invocation.as_json:
            found = {
                verb.replace(" ", "_"): count,
                "already_replayed": self._choice.already,
                "skipped": {reason.replace(" ", "_"): many for reason, many in self._choice.skipped.items()},
            }
            self._invocation.print_json(found)

    def _say_choice(self, verb: str, count: int, *, then: str | None = None) -> None:
        """Say how many events were chosen or replayed, and how many were left out, and why.

        Args:
            verb: `to replay` or `replayed`.
            count: their number.
            then: the command to run next.
        """
        choice = self._choice
        first, last = iso(choice.oldest_ms), iso(choice.newest_ms)
        when = f", emitted from {first} to {last}" if first and verb == _TO_REPLAY else ""
        lines = [f"{_events(count)} of {', '.join(sorted(choice.counts))} {verb}{when}" if count else f"none {verb}"]
        if choice.already:
            lines.append(f"{choice.already:,} left out: they were replayed before")
        lines += [f"{many:,} left out: {WHY[reason]}" for reason, many in choice.skipped.most_common()]
        self._invocation.say(*lines, then=then)


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"
