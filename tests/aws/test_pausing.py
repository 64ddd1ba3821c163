"""Promise 5, by the command line."""

from __future__ import annotations

from tests.aws.support.stage import Stage


def test_a_paused_handler_takes_events_and_starts_none_until_it_is_unpaused(stage: Stage) -> None:
    """Pausing loses nothing: what waits starts on unpausing. Who paused it, and why, is shown and kept."""
    paused = stage.sluice("pause", "paused", "--reason", "the mail provider is down", "--json").json
    ids = stage.sluice("emit", "paused", "--lines", "-", stdin="1\n2\n3").out.split()
    row = stage.eventually(lambda: (row := stage.status("paused"))["waiting"] == len(ids) and row, "all of them wait")
    # By then they would have run, too.
    other = stage.emit_from_python("echo", "meanwhile")
    stage.ended("echo", [other])

    assert [one["state"] for one in paused] == ["paused"]
    assert (row["state"], row["reason"]) == ("paused", "the mail provider is down")
    assert row["by"]
    assert [trace for trace in stage.traces("paused") if trace["id"] in ids] == []

    unpaused = stage.sluice("unpause", "paused", "--json").json

    assert [one["state"] for one in unpaused] == ["running"]
    traces = stage.ended("paused", ids)
    assert {(trace["status"], trace["attempts"]) for trace in traces.values()} == {("ok", 1)}
    assert stage.status("paused")["dead"] == 0
    changes = stage.sluice("history", "paused", "--json").json
    assert [(change["change"], change["by"]) for change in changes[:2]] == [
        ("unpaused", row["by"]),
        ("paused", row["by"]),
    ]
