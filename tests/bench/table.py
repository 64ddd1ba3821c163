"""The results as text and as JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .numbers import Samples

OURS = "sluice"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal of a row, and the result.

    Attributes:
        text: the goal in words.
        reached: the result.
        limit: the limit for the result.
        at_least: True if the limit is a minimum, False if it is a maximum.
    """

    text: str
    reached: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """True if the result keeps to the limit."""
        return self.reached >= self.limit if self.at_least else self.reached <= self.limit


@dataclass(frozen=True, kw_only=True)
class Row:
    """The result of one measurement.

    Attributes:
        what: the measured quantity in words.
        unit: the samples' unit.
        samples: the samples of each compared function, by name.
        goals: the goals for the result.
    """

    what: str
    unit: str
    samples: dict[str, Samples]
    goals: Sequence[Goal] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {
            "what": self.what,
            "unit": self.unit,
            "measured": {
                name: {
                    "median": samples.median,
                    "quartiles": samples.quartiles,
                    "values": list(samples.values),
                    "ratio": None if name == OURS or OURS not in self.samples else ratio(self, name).median,
                }
                for name, samples in self.samples.items()
            },
            "goals": [
                {"goal": goal.text, "limit": goal.limit, "reached": goal.reached, "met": goal.met}
                for goal in self.goals
            ],
        }


def ratio(row: Row, other: str) -> Samples:
    """Return the ratio of Sluice's samples to another's, round by round."""
    return row.samples[OURS].over(row.samples[other])


def machine() -> dict[str, Any]:
    """Return the machine and the versions with which the results were measured."""
    packages = ("aws-lambda-powertools", "boto3", "botocore", "awslambdaric", "ministack")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        **{name: importlib.metadata.version(name) for name in packages},
    }


def as_text(rows: Sequence[Row], where: dict[str, Any]) -> str:
    """Return the table for people: medians, the middle half of the rounds, and Sluice's ratio to each other's."""
    lines = ["  ".join(f"{name} {value}" for name, value in where.items()), ""]
    lines.append(f"{'':44} {'median':>10}  {'middle half':>19}  {'sluice is':>9}  {'middle half':>13}")
    for row in rows:
        lines.append(f"{row.what} ({row.unit})")
        for name, samples in row.samples.items():
            low, high = samples.quartiles
            line = f"  {name:42} {_short(samples.median):>10}  {_short(low):>8} … {_short(high):>8}"
            if name != OURS and OURS in row.samples and samples.median:
                compared = ratio(row, name)
                low, high = compared.quartiles
                line += f"  {compared.median:>8.2f}x  {low:>5.2f} … {high:>5.2f}"
            lines.append(line)
        lines += [f"  {'met' if goal.met else 'MISSED':6}  {goal.text}: {_short(goal.reached)}" for goal in row.goals]
    return "\n".join(lines) + "\n"


def side_by_side(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Return two results in one table.

    Args:
        one: the JSON of a result.
        other: the JSON of another result.
    """
    before = {(row["what"], name): found for row in one["rows"] for name, found in row["measured"].items()}
    lines = [f"{'':58} {one['name']:>12}  {other['name']:>12}  {'ratio':>6}"]
    for row in other["rows"]:
        lines.append(f"{row['what']} ({row['unit']})")
        for name, found in row["measured"].items():
            there = before.get((row["what"], name))
            old = "-" if there is None else _short(there["median"])
            change = f"{found['median'] / there['median']:.2f}x" if there and there["median"] else "-"
            lines.append(f"  {name:56} {old:>12}  {_short(found['median']):>12}  {change:>6}")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
