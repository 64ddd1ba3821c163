from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sluice.retention.budget import Budget

AMOUNTS = st.integers(0, 500)


def never() -> bool:
    return False


def left(budget: Budget) -> tuple[int, int]:
    return budget.moves, budget.receives


def test_a_batch_takes_ten_moves_and_ten_receives() -> None:
    budget = Budget(25, never, 20)
    assert budget.take_batch()
    assert left(budget) == (15, 10)
    assert budget.take_batch()
    assert left(budget) == (5, 0)
    assert not budget.take_batch()
    assert left(budget) == (5, 0)


def test_a_refund_can_be_taken_again() -> None:
    budget = Budget(10, never, 10)
    assert budget.take_batch()
    budget.refund(9, 10)
    assert not budget.has_batch
    budget.refund(1, 0)
    assert budget.take_batch()


def test_nothing_can_be_taken_once_the_time_is_over() -> None:
    over = [False]
    budget = Budget(100, lambda: over[0], 100)
    share = budget.take_share(2, never)
    assert share.take_batch()
    over[0] = True
    assert not budget.take_batch()
    assert not share.take_batch(), "the time of the whole counts, too"


def test_a_share_ends_with_its_own_time() -> None:
    budget = Budget(100, never, 100)
    assert not budget.take_share(2, lambda: True).take_batch()
    assert budget.take_batch()


@given(moves=AMOUNTS, receives=AMOUNTS, parts=st.integers(1, 60))
def test_shares_are_equal_full_batches_and_never_more_than_the_whole(moves: int, receives: int, parts: int) -> None:
    budget = Budget(moves, never, receives)
    share = budget.take_share(parts, never)
    assert left(budget) == (moves - share.moves, receives - share.receives)
    for whole, part in ((moves, share.moves), (receives, share.receives)):
        if whole >= 10:
            assert part % 10 == 0
            assert 10 <= part <= max(10, whole // parts)
        else:
            assert part == whole
