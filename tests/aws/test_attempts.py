"""Promises 3 and 4: five attempts at most, and one event never costs another."""

from __future__ import annotations

from tests.aws.support.poison import ATTEMPTS, EXITS, Hung, Poisoned


def test_an_event_that_takes_its_process_down_costs_its_neighbours_nothing(poisoned: Poisoned) -> None:
    """Those of its batch run once each and none dies; the event itself is tried again."""
    for trace in poisoned.neighbours:
        assert (trace["status"], trace["result"], poisoned.starts[trace["id"]]) == ("ok", 1, 1)
    poison = poisoned.poison
    assert (poison["status"], poison["attempts"]) == ("ok", EXITS + 1)
    assert poisoned.starts[poison["id"]] == EXITS + 1
    assert poisoned.dead == 0


def test_an_event_that_hangs_is_tried_five_times_and_kept_whole(hung: Hung) -> None:
    """At most five attempts; then it lies in the dead-letter queue, whole, until someone redrives or purges it."""
    # A start that had no time to be counted, on a slow machine, is an attempt all the same.
    assert max(hung.starts) <= ATTEMPTS
    for trace in hung.dead:
        assert (trace["status"], trace["attempts"]) == ("dead", ATTEMPTS)
        assert [attempt["outcome"] for attempt in trace["history"]] == ["timed-out"] * ATTEMPTS
    assert hung.shown["event"] == hung.dead[0]["event"]
    assert "attempt 5 did not end within 2 s" in hung.shown["why"]


def test_a_dead_letter_is_redriven_by_the_command_line(hung: Hung) -> None:
    """`sluice dead redrive` gives it five more attempts, under its id."""
    assert (hung.redriven["status"], hung.redriven["result"]) == ("ok", ATTEMPTS + 1)


def test_the_console_s_redrive_does_the_same(hung: Hung) -> None:
    """By StartMessageMoveTask, under its id; only a message of another program comes back under a new one."""
    assert (hung.by_console["status"], hung.by_console["result"]) == ("ok", ATTEMPTS + 1)
    newest, *others = hung.foreign
    assert (newest["status"], newest["result"]) == ("ok", ATTEMPTS + 1)
    assert [trace["status"] for trace in others] == ["dead"]
    assert newest["id"] != others[0]["id"]
