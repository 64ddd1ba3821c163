"""Samples and their statistics."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """The results of one measurement's rounds.

    Attributes:
        values: a value for each round, in order.
    """

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The median of the values."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile of the values."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def over(self, other: Samples) -> Samples:
        """Return the ratio to another's value of the same round, which cancels what slowed both down."""
        return Samples([mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)])

    def less(self, other: Samples) -> Samples:
        """Return the difference to another's value of the same round."""
        return Samples([mine - theirs for mine, theirs in zip(self.values, other.values, strict=True)])
