"""The first moment at which two recorded runs differ: a call that only one of them made, its arguments or its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ..traces.calls import TracedCall, calls_of

_UNKNOWN = ("lost", "open")
"""States of calls whose end is not on record."""


@dataclass(frozen=True)
class CallDifference:
    """The first moment at which two runs differ.

    Attributes:
        then: the call of then; None if it had no more.
        now: the call of now; None if it had no more.
        what: `call` if it is another call, else `arguments` or `outcome`.
    """

    then: TracedCall | None
    now: TracedCall | None
    what: str


@dataclass(frozen=True)
class _Moment:
    """The start or the end of a call."""

    call: TracedCall
    depth: int
    is_end: bool


def first_difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> CallDifference | None:
    """Return the first moment, in the order in which things happened, at which two runs differ.

    What only one of them has on record, such as arguments, is not compared.

    Args:
        then: the calls of one run, as they are stored.
        now: those of the other.
    """
    for before, after in zip_longest(_moments(calls_of(then)), _moments(calls_of(now))):
        what = _difference(before, after)
        if what is not None:
            return CallDifference(before.call if before else None, after.call if after else None, what)
    return None


def _moments(calls: Sequence[TracedCall]) -> Iterator[_Moment]:
    below: dict[int | None, list[int]] = defaultdict(list)
    for index, call in enumerate(calls):
        below[call.parent].append(index)

    def walk(parent: int | None, depth: int) -> Iterator[_Moment]:
        for index in below[parent]:
            yield _Moment(calls[index], depth, is_end=False)
            yield from walk(index, depth + 1)
            yield _Moment(calls[index], depth, is_end=True)

    yield from walk(None, 0)


def _difference(before: _Moment | None, after: _Moment | None) -> str | None:
    if before is None or after is None or (before.depth, before.is_end) != (after.depth, after.is_end):
        return "call"
    then, now = before.call, after.call
    if then.function != now.function:
        return "call"
    if before.is_end:
        return None if _ends_alike(then, now) else "outcome"
    known = then.arguments is not None and now.arguments is not None
    return "arguments" if known and then.arguments != now.arguments else None


def _ends_alike(then: TracedCall, now: TracedCall) -> bool:
    if then.state in _UNKNOWN or now.state in _UNKNOWN:
        return True
    known = _has_values(then) and _has_values(now)
    return then.state == now.state and (then.result == now.result or not known)


def _has_values(call: TracedCall) -> bool:
    """Return True unless the call is recorded by name and time only."""
    return call.arguments is not None or call.result is not None
