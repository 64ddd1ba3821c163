"""The rule of pausing: decide what to do about a handler from what AWS shows and what is on record.

`decide` is a pure function. Commands, the reconciler and `run_one` all ask it, and have no rule of their own.

AWS alone does not show enough. A reserved concurrency of 0 is a pause or belongs to a block; one that is gone was
removed by a person or by a deployment. So each handler has a record: a command writes there what it wants before its
first call, and what was applied last is kept there. The reconciler's next run finishes a command that was cut off, with
two exceptions: a `block` that was cut off before it set the tag is forgotten, and so is, after 90 s, an `unblock` that
was cut off before it removed the tag.

Is the handler blocked?

- It is, if its function has the tag `sluice:blocked`.
- If the tag is gone, the block is lifted; except after a deployment, which may have removed the tag: then the recorded
  block stays and the tag is set again.

Is it paused? The first line that fits decides:

1. The recorded pause has an end, and that has passed: no.
2. A command is not finished yet, or a recorded block may have set the concurrency: as recorded. Within a minute of a
   command about a block, it may have, though no tag is seen.
3. The reserved concurrency is 0, and no pause is on record: yes; somebody paused it in the AWS console.
4. A pause is on record and the reserved concurrency is no longer 0: no; somebody unpaused it in the AWS console. A
   deployment may have reset the concurrency, though: after one, the recorded pause stays.
5. Otherwise: as recorded.

AWS's reads may be stale: for a minute, each may show an earlier state (`STALE_MS`). So:

- Within a minute of Sluice's own calls, no look at AWS changes what is wanted.
- A pause or a block that seems to have been ended by somebody else is ended once AWS has shown that for a minute
  without interruption. By then a deployment would show, too.
- What changes within a minute of a deployment's end counts as the deployment's doing.
- A call that a command, or the end of a pause, needs is made, even where AWS seems to be as wanted already.
- A command about a block that was cut off is given a minute before the tag decides.

What follows:

- Blocked: tag the function, disable the mapping and tag that too, then set the reserved concurrency to 0.
- Paused: disable the mapping, then set the reserved concurrency to 0; 1 for as long as `run_one` runs one event.
- Neither: if it was stopped here, give back the reserved concurrency that it had before, or remove it if it had none;
  then enable the mapping.
- A cron that skips the ticks of a pause has its schedule disabled while it is stopped, and enabled afterwards.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .state import (
    DEPLOYMENT_UNDER_WAY,
    RECEIVING,
    RUN_ONE_CONCURRENCY,
    STALE_MS,
    THROTTLED,
    UNBLOCKING_MS,
    Call,
    Observed,
    Record,
)


@dataclass(frozen=True)
class Decision:
    """The calls to make and the record that follows.

    Attributes:
        calls: calls in the order to make them; one that fails ends it.
        desired: record to write once all calls have succeeded. Until it is written, the same is decided again.
        stopped: True if no event is to start.
        unsafe: True if events are being received for a function that is throttled.
        wait: True if it is too early to decide: then nothing is called or written.
    """

    calls: tuple[Call, ...]
    desired: Record
    stopped: bool
    unsafe: bool
    wait: bool = False


def decide(observed: Observed, record: Record, now_ms: int) -> Decision:
    """Decide what to do about a handler. The module's docstring has the rule.

    Args:
        observed: the state that AWS shows.
        record: the record as it was read.
        now_ms: milliseconds since 1970.
    """
    block, doubts_block = _block(observed, record, now_ms)
    wanted, doubts_pause = _with_pause(observed, record, now_ms)
    stopped = wanted.paused or block is not None
    cap = _cap(observed, record, now_ms, stopped=stopped)
    doubt_ms = (record.doubt_ms or now_ms) if doubts_block or doubts_pause else None
    wanted = dataclasses.replace(wanted, block=block, cap=cap, doubt_ms=doubt_ms)
    if not _unblock_under_way(observed, record, now_ms):
        wanted = dataclasses.replace(wanted, blocking=None, asked=None)
    calls = _function_calls(observed, record, wanted, now_ms) + _schedule_calls(observed, record, stopped=stopped)
    lease_counts = wanted.paused and block is None and (doubts_pause or leased(record, now_ms))
    counts, seen, seen_ms = _deployment(observed, record, now_ms)
    desired = dataclasses.replace(
        wanted,
        pending=False,
        lease_ms=record.lease_ms if lease_counts else None,
        ticks_off=stopped
        and (record.ticks_off or Call.DISABLE_SCHEDULE in calls)
        and Call.ENABLE_SCHEDULE not in calls,
        deployment=(counts or record.deployment or DEPLOYMENT_UNDER_WAY) if stopped else None,
        block_deployment=None if block is None else counts or record.block_deployment or DEPLOYMENT_UNDER_WAY,
        new_deployment=seen if stopped else None,
        new_deployment_ms=seen_ms if stopped else None,
    )
    return Decision(
        calls=tuple(calls),
        desired=desired,
        stopped=stopped,
        unsafe=observed.concurrency == 0 and observed.mapping in RECEIVING,
        wait=record.asked_just_now(now_ms) and not _tag_is_known(observed, record),
    )


def block_set_concurrency(observed: Observed, record: Record) -> bool:
    """Return True if a recorded block may have set the concurrency. It tags function and mapping before that."""
    confirmed = not record.block_unconfirmed or observed.mapping_block is not None or record.block == observed.block
    return record.block is not None and confirmed


def leased(record: Record, now_ms: int) -> bool:
    """Return True if one event may run although the handler is paused."""
    return record.lease_ms is not None and now_ms < record.lease_ms


def _tag_is_known(observed: Observed, record: Record) -> bool:
    """Return True if the tag is as an unfinished command wants it: it set or removed it, or its value is seen."""
    if record.blocking == "unblock":
        return observed.untagged
    return record.block in (observed.block, observed.tagged)


def _block(observed: Observed, record: Record, now_ms: int) -> tuple[str | None, bool]:
    """Return the block that holds, and True if AWS seems to show that somebody else has lifted it."""
    if record.blocking is not None:
        if _tag_is_known(observed, record):
            return (None if record.blocking == "unblock" else record.block), False
        if record.asked_just_now(now_ms):
            return (None if record.block_unconfirmed else record.block), False
        return observed.block, False
    if observed.block is not None or record.block is None:
        return (record.block if record.settled_just_now(now_ms) else observed.block), False
    if _deployed_since(record.block_deployment, observed):
        return record.block, False
    return (None, False) if _is_certain(record, now_ms) else (record.block, True)


def _is_certain(record: Record, now_ms: int) -> bool:
    """Return True if AWS has shown for so long that a pause or a block was ended that no stale read explains it."""
    return record.doubt_ms is not None and now_ms - record.doubt_ms >= STALE_MS and not record.settled_just_now(now_ms)


def _ended_in_console(record: Record, now_ms: int) -> bool:
    """Return True if a pause or a block that is over was ended by somebody else, neither by a command nor in time."""
    return _is_certain(record, now_ms) and not (record.pending or record.blocking or _is_over(record, now_ms))


def _unblock_under_way(observed: Observed, record: Record, now_ms: int) -> bool:
    """Return True if an admin's unblock may be about to remove the tag: until then its record must stay."""
    asked_ms = (record.asked or {}).get("at_ms", 0)
    tagged = observed.block is not None and not observed.untagged
    return record.blocking == "unblock" and tagged and now_ms - asked_ms < UNBLOCKING_MS


def _deployed_since(deployment: str | None, observed: Observed) -> bool:
    """Return True if a deployment since then, or one under way, may have changed what nobody asked it to change."""
    return deployment is not None and observed.deployment != deployment


def _deployment(observed: Observed, record: Record, now_ms: int) -> tuple[str | None, str | None, int | None]:
    """Return the deployment as of which the state is as decided, and one that was seen and may not show yet, with when.

    While a deployment is under way, the one before it counts. For a minute after its end, reads may not show what it
    changed.
    """
    mark = observed.deployment
    known = record.block_deployment if record.block is not None else record.deployment
    if mark is None or mark == known or known is None or record.pending or record.blocking is not None:
        return mark, None, None
    if mark != record.new_deployment or record.new_deployment_ms is None:
        return None, mark, now_ms
    if now_ms - record.new_deployment_ms < STALE_MS:
        return None, mark, record.new_deployment_ms
    return mark, None, None


def _is_over(record: Record, now_ms: int) -> bool:
    """Return True if the end that a pause was given has passed."""
    return record.paused and record.until_ms is not None and record.until_ms <= now_ms


def _with_pause(observed: Observed, record: Record, now_ms: int) -> tuple[Record, bool]:
    """Return the record with the pause that is wanted now, and True if AWS seems to show that somebody ended it."""
    if _is_over(record, now_ms):
        return record.unpaused(), False
    if record.pending or block_set_concurrency(observed, record) or record.asked_just_now(now_ms):
        return record, False
    if observed.concurrency == 0 and not record.paused and not record.settled_just_now(now_ms):
        return dataclasses.replace(record, paused=True, since_ms=now_ms, reason=THROTTLED), False
    # With a lease, `run_one` has set the concurrency that lets one event run.
    let_one_run = record.lease_ms is not None and observed.concurrency == RUN_ONE_CONCURRENCY
    throttled = observed.concurrency == 0 or let_one_run
    if record.paused and not throttled and not _deployed_since(record.deployment, observed):
        return (record.unpaused(), False) if _is_certain(record, now_ms) else (record, True)
    return record, False


def _cap(observed: Observed, record: Record, now_ms: int, *, stopped: bool) -> int | None:
    """Return the reserved concurrency that the function has whenever it is neither paused nor blocked.

    Where the Throttle button has replaced it by 0, it is the one that was seen last.
    """
    just_now = record.settled_just_now(now_ms)
    if observed.concurrency == RUN_ONE_CONCURRENCY and (record.lease_ms is not None or just_now):
        return record.cap
    if observed.concurrency:
        return observed.concurrency
    ours = record.block is not None or (record.paused and not _ended_in_console(record, now_ms))
    removed = observed.concurrency is None and not (just_now or stopped or ours or record.pending)
    # Somebody removed it while the handler ran, or to end the pause. Otherwise a deployment did.
    return None if removed else record.cap


def _function_calls(observed: Observed, record: Record, wanted: Record, now_ms: int) -> list[Call]:
    if wanted.block is not None:
        return _block_calls(observed, record)
    calls = [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
    if wanted.paused:
        return calls + _pause_calls(observed, record, wanted, now_ms)
    # A mapping that was not disabled here stays disabled: somebody meant it.
    if record.paused or record.block is not None or record.pending:
        calls += _start_calls(observed, record, now_ms)
    return calls


def _block_calls(observed: Observed, record: Record) -> list[Call]:
    """Tag the function first, because only an admin can undo the rest from then on.

    The mapping is tagged once it is disabled: IAM lets the reconciler change no mapping that has the tag.
    """
    lost = observed.block is None and observed.tagged is None and _deployed_since(record.block_deployment, observed)
    calls = [Call.TAG_FUNCTION] if lost else []
    is_new = record.block is None or record.blocking is not None
    if observed.mapping in RECEIVING or is_new:
        calls += [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
        calls += [Call.DISABLE_MAPPING, Call.TAG_MAPPING]
    elif observed.mapping_block is None:
        calls.append(Call.TAG_MAPPING)
    return calls + ([Call.SET_ZERO] if observed.concurrency != 0 or is_new else [])


def _pause_calls(observed: Observed, record: Record, wanted: Record, now_ms: int) -> list[Call]:
    """Stop with the mapping first: one that receives for a throttled function costs events their receives."""
    is_new = record.pending or not record.paused
    calls = [Call.DISABLE_MAPPING] if observed.mapping in RECEIVING or is_new else []
    if leased(record, now_ms):
        return calls
    # Whoever seems to have ended the pause must not be overridden while that is in doubt.
    if record.pending or (wanted.doubt_ms is None and (observed.concurrency != 0 or record.lease_ms is not None)):
        calls.append(Call.SET_ZERO)
    return calls


def _start_calls(observed: Observed, record: Record, now_ms: int) -> list[Call]:
    """Start in the reverse order. A concurrency of 1 goes too if a `run_one` set it, which may have been cut off.

    The concurrency with which somebody ended a pause in the AWS console is left alone: in the last minute they may have
    throttled the function again, which a stale read does not show.
    """
    one_is_ours = record.lease_ms is not None and observed.concurrency == RUN_ONE_CONCURRENCY
    if observed.concurrency == 0 or one_is_ours or not _ended_in_console(record, now_ms):
        return [Call.RELEASE, Call.ENABLE_MAPPING]
    return [Call.ENABLE_MAPPING]


def _schedule_calls(observed: Observed, record: Record, *, stopped: bool) -> list[Call]:
    if stopped and observed.missed == "skip":
        return [Call.DISABLE_SCHEDULE] if observed.schedule == "ENABLED" else []
    # A schedule that was not disabled here stays disabled.
    ours = record.ticks_off and observed.missed is not None
    return [Call.ENABLE_SCHEDULE] if ours and observed.schedule is not None else []
