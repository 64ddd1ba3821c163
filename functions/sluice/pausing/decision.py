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
2. A command is not finished yet, or a recorded block may have set the concurrency: as recorded.
3. The reserved concurrency is 0, and no pause is on record: yes; somebody paused it in the AWS console.
4. A pause is on record and the reserved concurrency is no longer 0: no; somebody unpaused it in the AWS console. A
   deployment may have reset the concurrency, though: after one, the recorded pause stays.
5. Otherwise: as recorded.

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
    """

    calls: tuple[Call, ...]
    desired: Record
    stopped: bool
    unsafe: bool


def decide(observed: Observed, record: Record, now_ms: int) -> Decision:
    """Decide what to do about a handler. The module's docstring has the rule.

    Args:
        observed: the state that AWS shows.
        record: the record as it was read.
        now_ms: milliseconds since 1970.
    """
    block = observed.block
    if block is None and record.blocking is None and _deployed_since(record.block_deployment, observed):
        block = record.block
    wanted = _with_pause(observed, record, now_ms)
    stopped = wanted.paused or block is not None
    wanted = dataclasses.replace(wanted, block=block, cap=_cap(observed, record, stopped=stopped))
    if not _unblock_under_way(observed, record, now_ms):
        wanted = dataclasses.replace(wanted, blocking=None, asked=None)
    calls = _function_calls(observed, record, wanted, now_ms) + _schedule_calls(observed, record, stopped=stopped)
    lease_counts = wanted.paused and block is None and leased(record, now_ms)
    # While a deployment is under way, the one before it counts.
    deployment = observed.deployment or record.deployment or DEPLOYMENT_UNDER_WAY
    block_deployment = observed.deployment or record.block_deployment or DEPLOYMENT_UNDER_WAY
    desired = dataclasses.replace(
        wanted,
        pending=False,
        lease_ms=record.lease_ms if lease_counts else None,
        ticks_off=stopped
        and (record.ticks_off or Call.DISABLE_SCHEDULE in calls)
        and Call.ENABLE_SCHEDULE not in calls,
        deployment=deployment if stopped else None,
        block_deployment=block_deployment if block is not None else None,
    )
    return Decision(
        calls=tuple(calls),
        desired=desired,
        stopped=stopped,
        unsafe=observed.concurrency == 0 and observed.mapping in RECEIVING,
    )


def block_set_concurrency(observed: Observed, record: Record) -> bool:
    """Return True if a recorded block may have set the concurrency. It tags function and mapping before that."""
    confirmed = not record.block_unconfirmed or observed.mapping_block is not None or record.block == observed.block
    return record.block is not None and confirmed


def leased(record: Record, now_ms: int) -> bool:
    """Return True if one event may run although the handler is paused."""
    return record.lease_ms is not None and now_ms < record.lease_ms


def _unblock_under_way(observed: Observed, record: Record, now_ms: int) -> bool:
    """Return True if an admin's unblock may be about to remove the tag: until then its record must stay."""
    asked_ms = (record.asked or {}).get("at_ms", 0)
    return record.blocking == "unblock" and observed.block is not None and now_ms - asked_ms < UNBLOCKING_MS


def _deployed_since(deployment: str | None, observed: Observed) -> bool:
    """Return True if a deployment since then, or one under way, may have changed what nobody asked it to change."""
    return deployment is not None and observed.deployment != deployment


def _with_pause(observed: Observed, record: Record, now_ms: int) -> Record:
    """Return the record with the pause as it is wanted now."""
    if record.paused and record.until_ms is not None and record.until_ms <= now_ms:
        return record.unpaused()
    if record.pending or block_set_concurrency(observed, record):
        return record
    if observed.concurrency == 0 and not record.paused:
        return dataclasses.replace(record, paused=True, since_ms=now_ms, reason=THROTTLED)
    # With a lease, `run_one` has set the concurrency that lets one event run.
    let_one_run = record.lease_ms is not None and observed.concurrency == RUN_ONE_CONCURRENCY
    throttled = observed.concurrency == 0 or let_one_run
    if record.paused and not throttled and not _deployed_since(record.deployment, observed):
        return record.unpaused()
    return record


def _cap(observed: Observed, record: Record, *, stopped: bool) -> int | None:
    """Return the reserved concurrency that the function has whenever it is neither paused nor blocked.

    Where the Throttle button has replaced it by 0, it is the one that was seen last.
    """
    if observed.concurrency == RUN_ONE_CONCURRENCY and record.lease_ms is not None:
        return record.cap
    if observed.concurrency:
        return observed.concurrency
    ran = not (stopped or record.paused or record.block is not None or record.pending)
    # While the handler ran, somebody removed it. Otherwise a deployment or an unpause in the AWS console did.
    return None if ran and observed.concurrency is None else record.cap


def _function_calls(observed: Observed, record: Record, wanted: Record, now_ms: int) -> list[Call]:
    if wanted.block is not None:
        return _block_calls(observed)
    calls = [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
    if wanted.paused:
        one_runs = observed.concurrency == RUN_ONE_CONCURRENCY and leased(record, now_ms)
        return calls + [call for call in _stop_calls(observed) if call is not Call.SET_ZERO or not one_runs]
    # A mapping that was not disabled here stays disabled: somebody meant it.
    if record.paused or record.block is not None or record.pending:
        calls += _start_calls(observed, cap=wanted.cap, take_back_one=record.lease_ms is not None)
    return calls


def _block_calls(observed: Observed) -> list[Call]:
    """Tag the function first, because only an admin can undo the rest from then on.

    The mapping is tagged once it is disabled: IAM lets the reconciler change no mapping that has the tag.
    """
    calls = [Call.TAG_FUNCTION] if observed.block is None else []
    if observed.mapping in RECEIVING:
        calls += [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
        calls += [Call.DISABLE_MAPPING, Call.TAG_MAPPING]
    elif observed.mapping_block is None:
        calls.append(Call.TAG_MAPPING)
    return calls + ([Call.SET_ZERO] if observed.concurrency != 0 else [])


def _stop_calls(observed: Observed) -> list[Call]:
    """Stop with the mapping first: one that receives for a throttled function costs events their receives."""
    calls = []
    if observed.mapping in RECEIVING:
        calls.append(Call.DISABLE_MAPPING)
    if observed.concurrency != 0:
        calls.append(Call.SET_ZERO)
    return calls


def _start_calls(observed: Observed, *, cap: int | None, take_back_one: bool) -> list[Call]:
    """Start in the reverse order. A concurrency of 1 goes too if a `run_one` set it, which may have been cut off."""
    calls = []
    one_is_ours = take_back_one and observed.concurrency == RUN_ONE_CONCURRENCY
    if observed.concurrency != cap and (observed.concurrency in (0, None) or one_is_ours):
        calls.append(Call.RELEASE)
    if observed.mapping not in RECEIVING:
        calls.append(Call.ENABLE_MAPPING)
    return calls


def _schedule_calls(observed: Observed, record: Record, *, stopped: bool) -> list[Call]:
    if stopped and observed.missed == "skip":
        return [Call.DISABLE_SCHEDULE] if observed.schedule == "ENABLED" else []
    # A schedule that was not disabled here stays disabled.
    ours = record.ticks_off and observed.missed is not None
    return [Call.ENABLE_SCHEDULE] if ours and observed.schedule == "DISABLED" else []
