"""Samples, and what is said of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """What the rounds of one measurement gave, in order.

    Attributes:
        values: one a round.
    """

    values: Sequence[float]

    @property
    def median(self) -> float:
        """Half of them are larger."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of them are smaller than the first, and a quarter larger than the second."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def over(self, other: Samples) -> Samples:
        """The ratio to another's in the same round, so that what slowed both down falls out."""
        return Samples([mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)])

    def less(self, other: Samples) -> Samples:
        """The difference to another's in the same round."""
        return Samples([mine - theirs for mine, theirs in zip(self.values, other.values, strict=True)])
