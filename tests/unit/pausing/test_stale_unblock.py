"""A block that was cut off, and lifted before AWS's reads show it."""

from __future__ import annotations

import random

import pytest

from tests.unit.support.pausing_world import MINUTE, World


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 6, None])
def test_the_handler_runs_though_the_unblock_may_see_no_tag(cut: int | None) -> None:
    for seed in range(60):
        world = World(slow=False, schedule="ENABLED", missed="skip", stale=random.Random(seed))
        world.command("block", cut=cut)
        world.pass_time(5)
        world.command("unblock", cut=None)
        for _ in range(2):
            world.pass_time(MINUTE)
            world.reconcile()
        function = world.function
        assert (function.mapping, function.concurrency) == ("Enabled", None), seed
        assert "sluice:blocked" not in {**function.tags, **function.mapping_tags}, seed
