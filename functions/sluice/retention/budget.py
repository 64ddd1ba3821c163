"""The messages that one run of the reconciler may receive and move, shared between the queues."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..queue.send import BATCH_COUNT

MOVES_PER_RUN = 50_000
"""Messages of all queues together that one run of the reconciler sends again at most: 50,000 a minute. Each takes some
0.25 ms of a processor (0.17 measured without the network, of which TLS is the rest): 12 s, and the function has half of
a processor for 40 s."""

RECEIVES_PER_RUN = 50_000
"""Messages that a run receives at most. It holds them until its end; SQS allows 120,000 of a queue to be held."""


class Budget:
    """A budget of messages. Threads may share it.

    Args:
        moves: messages that may be moved.
        out_of_time: returns True once the time is over.
        receives: messages that may be received.
    """

    def __init__(self, moves: int, out_of_time: Callable[[], bool], receives: int = RECEIVES_PER_RUN) -> None:
        self.moves = moves
        self.receives = receives
        self._out_of_time = out_of_time
        self._lock = threading.Lock()

    @property
    def has_batch(self) -> bool:
        """True if there is enough left for a batch."""
        return self.moves >= BATCH_COUNT and self.receives >= BATCH_COUNT and not self._out_of_time()

    def take_batch(self) -> bool:
        """Take a batch's messages, and return True, if there is enough left."""
        with self._lock:
            if not self.has_batch:
                return False
            self.moves -= BATCH_COUNT
            self.receives -= BATCH_COUNT
            return True

    def refund(self, moves: int, receives: int) -> None:
        """Add what was taken and not used."""
        with self._lock:
            self.moves += moves
            self.receives += receives

    def take_share(self, parts: int, out_of_time: Callable[[], bool]) -> Budget:
        """Take one of several equal shares, of at least a batch. Its user refunds what is left of it.

        Args:
            parts: number of shares.
            out_of_time: returns True once this share's time is over; the whole budget's time counts, too.
        """
        share = Budget(
            _share(self.moves, parts),
            lambda: self._out_of_time() or out_of_time(),
            receives=_share(self.receives, parts),
        )
        self.refund(-share.moves, -share.receives)
        return share


def _share(whole: int, parts: int) -> int:
    """Return one of several equal shares, in full batches."""
    return min(whole, max(1, whole // parts // BATCH_COUNT) * BATCH_COUNT)
