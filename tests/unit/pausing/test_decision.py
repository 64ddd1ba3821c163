"""The rule of pausing, case by case. test_decision_histories.py tries it in random histories."""

from __future__ import annotations

import dataclasses

import pytest
from sluice.pausing.decision import decide
from sluice.pausing.state import (
    DEPLOYMENT_UNDER_WAY,
    RUN_ONE_CONCURRENCY,
    STALE_MS,
    THROTTLED,
    UNBLOCKING_MS,
    Call,
    Observed,
    Record,
)

NOW = 1_800_000_000_000
OLD, NEW = "2026-01-01", "2026-02-01"

RUNS = Observed(concurrency=None, mapping="Enabled", deployment=OLD)
THROTTLES = dataclasses.replace(RUNS, concurrency=0)
STOPS = dataclasses.replace(RUNS, concurrency=0, mapping="Disabled")
TAGGED = dataclasses.replace(STOPS, block="why", mapping_block="why")

PAUSED = Record(paused=True, by="user/ada", since_ms=NOW - 1, reason="slow", deployment=OLD)
BLOCKED = Record(block="why", block_deployment=OLD, deployment=OLD)

LONG_AGO = NOW - STALE_MS
"""A moment that no read shows any more."""

STOP = (Call.DISABLE_MAPPING, Call.SET_ZERO)
START = (Call.RELEASE, Call.ENABLE_MAPPING)


def test_a_handler_that_runs_and_has_no_record_is_left_alone() -> None:
    decision = decide(RUNS, Record(), NOW)
    assert (decision.calls, decision.desired, decision.stopped) == ((), Record(), False)


@pytest.mark.parametrize(
    ("observed", "record"), [(STOPS, PAUSED), (TAGGED, BLOCKED), (TAGGED, dataclasses.replace(BLOCKED, paused=True))]
)
def test_a_handler_that_is_as_recorded_is_left_alone(observed: Observed, record: Record) -> None:
    decision = decide(observed, record, NOW)
    assert (decision.calls, decision.desired, decision.stopped) == ((), record, True)


# ---- paused or not


def test_a_recorded_end_that_has_passed_ends_a_pause() -> None:
    record = dataclasses.replace(PAUSED, until_ms=NOW)
    assert decide(STOPS, record, NOW - 1).calls == ()
    assert decide(STOPS, record, NOW).calls == START


def test_the_wish_of_a_command_that_is_not_finished_counts_whatever_aws_shows() -> None:
    assert decide(RUNS, dataclasses.replace(PAUSED, pending=True), NOW).calls == STOP
    assert decide(STOPS, Record(pending=True), NOW).calls == START


def test_a_concurrency_of_0_without_a_record_is_a_pause_from_the_console() -> None:
    decision = decide(THROTTLES, Record(), NOW)
    assert decision.unsafe
    assert decision.calls == (Call.DISABLE_MAPPING,)
    desired = Record(paused=True, since_ms=NOW, reason=THROTTLED, deployment=OLD)
    assert decision.desired == desired


@pytest.mark.parametrize("concurrency", [None, 5])
def test_a_concurrency_that_is_no_longer_0_is_an_unpause_from_the_console(concurrency: int | None) -> None:
    observed = dataclasses.replace(STOPS, concurrency=concurrency)
    decision = decide(observed, dataclasses.replace(PAUSED, doubt_ms=LONG_AGO), NOW)
    assert (decision.calls, decision.desired) == ((Call.ENABLE_MAPPING,), Record(cap=concurrency))


@pytest.mark.parametrize("deployment", [NEW, None])
def test_a_concurrency_that_a_deployment_may_have_reset_is_set_to_0_again(deployment: str | None) -> None:
    decision = decide(dataclasses.replace(RUNS, deployment=deployment), PAUSED, NOW)
    assert decision.calls == STOP
    assert decision.desired.deployment == OLD


def test_a_state_first_recorded_during_a_deployment_is_not_undone_by_it() -> None:
    during = decide(dataclasses.replace(STOPS, deployment=None), Record(), NOW).desired
    assert during.deployment == DEPLOYMENT_UNDER_WAY
    assert decide(dataclasses.replace(RUNS, deployment=NEW), during, NOW).calls == STOP


def test_a_deployment_counts_for_a_minute_after_it_was_first_seen() -> None:
    """For so long, reads may show the state before what it changed."""
    after = dataclasses.replace(STOPS, deployment=NEW)
    first = decide(after, PAUSED, NOW).desired
    assert (first.deployment, first.new_deployment) == (OLD, NEW)
    assert decide(after, first, NOW + STALE_MS - 1).desired == first
    assert decide(dataclasses.replace(RUNS, deployment=NEW), first, NOW + STALE_MS).calls == STOP
    later = decide(after, first, NOW + STALE_MS).desired
    assert (later.deployment, later.new_deployment) == (NEW, None)
    another = decide(dataclasses.replace(STOPS, deployment="2026-03-01"), first, NOW + STALE_MS).desired
    assert (another.deployment, another.new_deployment) == (OLD, "2026-03-01")


# ---- blocked or not


def test_the_mapping_of_a_function_that_is_tagged_by_hand_is_disabled_and_then_tagged() -> None:
    decision = decide(dataclasses.replace(RUNS, block="by hand"), Record(), NOW)
    assert decision.calls == (Call.DISABLE_MAPPING, Call.TAG_MAPPING, Call.SET_ZERO)
    assert (decision.desired.block, decision.desired.paused) == ("by hand", False)


def test_a_blocked_mapping_that_receives_is_untagged_to_disable_it() -> None:
    """IAM lets the reconciler change no mapping that has the tag."""
    decision = decide(dataclasses.replace(TAGGED, mapping="Enabled"), BLOCKED, NOW)
    assert decision.calls == (Call.UNTAG_MAPPING, Call.DISABLE_MAPPING, Call.TAG_MAPPING)


def test_a_tag_that_is_gone_lifts_the_block() -> None:
    decision = decide(dataclasses.replace(TAGGED, block=None), dataclasses.replace(BLOCKED, doubt_ms=LONG_AGO), NOW)
    assert decision.calls == (Call.UNTAG_MAPPING, *START)
    assert decision.desired == Record()


def test_a_tag_that_is_gone_leaves_the_pause() -> None:
    record = dataclasses.replace(BLOCKED, paused=True, doubt_ms=LONG_AGO)
    decision = decide(dataclasses.replace(TAGGED, block=None), record, NOW)
    assert decision.calls == (Call.UNTAG_MAPPING,)
    assert (decision.desired.paused, decision.desired.block) == (True, None)


@pytest.mark.parametrize("deployment", [NEW, None])
def test_a_tag_that_a_deployment_may_have_removed_is_set_again(deployment: str | None) -> None:
    decision = decide(dataclasses.replace(RUNS, deployment=deployment), BLOCKED, NOW)
    assert decision.calls == (Call.TAG_FUNCTION, Call.DISABLE_MAPPING, Call.TAG_MAPPING, Call.SET_ZERO)
    assert decision.desired.block == "why"


def test_the_concurrency_of_a_block_is_no_pause() -> None:
    assert not decide(TAGGED, BLOCKED, NOW).desired.paused


def test_an_unblock_that_is_under_way_is_remembered_for_as_long_as_it_may_take() -> None:
    asked = {"id": "1", "what": "unblocked", "at_ms": NOW}
    record = dataclasses.replace(BLOCKED, blocking="unblock", asked=asked)
    assert decide(TAGGED, record, NOW + UNBLOCKING_MS - 1).desired.blocking == "unblock"
    late = decide(TAGGED, record, NOW + UNBLOCKING_MS).desired
    assert (late.blocking, late.asked, late.block) == (None, None, "why")


# ---- reads that may be stale

ENDED = [
    (dataclasses.replace(STOPS, concurrency=None), PAUSED),
    (dataclasses.replace(STOPS, concurrency=5), PAUSED),
    (RUNS, PAUSED),
    (dataclasses.replace(TAGGED, block=None), BLOCKED),
    (dataclasses.replace(RUNS, block=None), BLOCKED),
]
"""Looks at AWS that show a pause or a block as ended by somebody else."""


def starts(calls: tuple[Call, ...]) -> set[Call]:
    return {Call.ENABLE_MAPPING, Call.RELEASE, Call.UNTAG_MAPPING} & set(calls)


@pytest.mark.parametrize(("observed", "record"), ENDED)
def test_one_look_ends_no_pause_and_no_block_and_a_second_one_a_minute_later_does(
    observed: Observed, record: Record
) -> None:
    first = decide(observed, record, NOW)
    assert (starts(first.calls), first.stopped, first.desired.doubt_ms) == (set(), True, NOW)
    assert (first.desired.reason, first.desired.block) == (record.reason, record.block)
    soon = decide(observed, first.desired, NOW + STALE_MS - 1)
    assert (starts(soon.calls), soon.stopped, soon.desired.doubt_ms) == (set(), True, NOW)
    second = decide(observed, first.desired, NOW + STALE_MS)
    assert (starts(second.calls) >= {Call.ENABLE_MAPPING}, second.stopped) == (True, False)


@pytest.mark.parametrize(("observed", "record"), ENDED)
def test_a_look_in_between_that_shows_it_as_it_was_begins_the_minute_anew(observed: Observed, record: Record) -> None:
    first = decide(observed, record, NOW).desired
    as_it_was = decide(TAGGED if record.block else STOPS, first, NOW + 1).desired
    assert as_it_was.doubt_ms is None
    assert decide(observed, as_it_was, NOW + STALE_MS).stopped


@pytest.mark.parametrize(("observed", "record"), ENDED)
def test_nothing_is_ended_within_a_minute_of_the_last_calls(observed: Observed, record: Record) -> None:
    settled = dataclasses.replace(record, settled_ms=LONG_AGO + 1, doubt_ms=LONG_AGO)
    assert decide(observed, settled, NOW).stopped
    assert not decide(observed, settled, NOW + 1).stopped


def test_who_seems_to_have_unpaused_is_not_overridden_meanwhile() -> None:
    assert decide(dataclasses.replace(STOPS, concurrency=None), PAUSED, NOW).calls == ()


@pytest.mark.parametrize("observed", [THROTTLES, STOPS, TAGGED, dataclasses.replace(RUNS, block="why")])
def test_within_a_minute_of_its_start_a_handler_is_not_stopped_by_a_look(observed: Observed) -> None:
    started = Record(settled_ms=LONG_AGO + 1)
    decision = decide(dataclasses.replace(observed, mapping_block=None), started, NOW)
    assert (decision.calls, decision.desired, decision.stopped) == ((), started, False)
    assert decide(observed, started, NOW + 1).stopped


@pytest.mark.parametrize("observed", [RUNS, THROTTLES, STOPS])
def test_a_command_makes_its_calls_whatever_aws_seems_to_show(observed: Observed) -> None:
    assert decide(observed, dataclasses.replace(PAUSED, pending=True), NOW).calls == STOP
    assert decide(observed, Record(pending=True), NOW).calls == START
    assert decide(observed, dataclasses.replace(PAUSED, until_ms=NOW), NOW).calls == START


def test_the_end_of_a_run_of_one_event_sets_the_concurrency_to_0_whatever_aws_seems_to_show() -> None:
    assert decide(STOPS, dataclasses.replace(PAUSED, lease_ms=1), NOW).calls == (Call.SET_ZERO,)


# ---- one event runs


def test_a_paused_handler_keeps_a_concurrency_of_1_while_one_event_runs() -> None:
    record = dataclasses.replace(PAUSED, lease_ms=NOW + 1)
    observed = dataclasses.replace(STOPS, concurrency=RUN_ONE_CONCURRENCY)
    assert (decide(observed, record, NOW).calls, decide(observed, record, NOW).desired.paused) == ((), True)
    assert (decide(observed, record, NOW + 1).calls, decide(observed, record, NOW + 1).desired) == (
        (Call.SET_ZERO,),
        PAUSED,
    )


def test_an_unpause_takes_back_the_concurrency_of_1() -> None:
    record = Record(pending=True, lease_ms=NOW + 1)
    assert decide(dataclasses.replace(STOPS, concurrency=RUN_ONE_CONCURRENCY), record, NOW).calls == START


# ---- mappings and schedules of others


@pytest.mark.parametrize("mapping", ["Disabled", "Disabling"])
def test_a_mapping_that_somebody_else_disabled_stays_disabled(mapping: str) -> None:
    assert decide(dataclasses.replace(RUNS, mapping=mapping), Record(), NOW).calls == ()


def test_a_paused_cron_that_skips_ticks_has_its_schedule_disabled_and_enabled_again() -> None:
    observed = dataclasses.replace(STOPS, schedule="ENABLED", missed="skip")
    stopped = decide(observed, PAUSED, NOW)
    assert (stopped.calls, stopped.desired.ticks_off) == ((Call.DISABLE_SCHEDULE,), True)

    observed = dataclasses.replace(observed, schedule="DISABLED")
    started = decide(observed, dataclasses.replace(stopped.desired.unpaused(), pending=True), NOW)
    assert (started.calls, started.desired) == ((*START, Call.ENABLE_SCHEDULE), Record())


@pytest.mark.parametrize("missed", ["queue", None])
def test_a_paused_cron_that_queues_ticks_keeps_its_schedule(missed: str | None) -> None:
    assert decide(dataclasses.replace(STOPS, schedule="ENABLED", missed=missed), PAUSED, NOW).calls == ()


def test_a_schedule_that_somebody_else_disabled_stays_disabled() -> None:
    observed = dataclasses.replace(STOPS, schedule="DISABLED", missed="skip")
    stopped = decide(observed, PAUSED, NOW)
    assert (stopped.calls, stopped.desired.ticks_off) == ((), False)
    assert decide(observed, dataclasses.replace(PAUSED.unpaused(), pending=True), NOW).calls == START
