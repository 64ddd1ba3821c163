"""A stage is destroyed and deployed again. It comes last: what the other tests need is gone after it."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.support.people import remove_people
from tests.aws.support.stage import Stage


def test_a_stage_can_be_destroyed_and_deployed_again(stage: Stage, answer: Callable[[str], None]) -> None:
    """A removed stage leaves nothing in the way of the next. On AWS its traces stay; the local cloud's go with it."""
    before = stage.emit_from_python("echo", "before")
    stage.ended("echo", [before])
    # Somebody whom a policy is attached to is in its way, on AWS.
    remove_people(stage)
    stage.destroy()
    gone = stage.run("status")

    stage.deploy(3)

    assert gone.code != 0
    after = stage.emit_from_python("echo", "after")
    assert stage.ended("echo", [after])[after]["status"] == "ok"
    kept = stage.run("trace", before, "--json")
    assert kept.code == (3 if stage.is_local else 0), kept.err
    for what, seconds in stage.timings:
        answer(f"{what} took {seconds:.0f} s")
