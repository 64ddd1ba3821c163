"""The check of the writes a second that the trace table takes from the start."""

from __future__ import annotations

from sluice.traces.item import NEW_TABLE_WRITES


def problems_with_warm_writes(writes: object) -> list[str]:
    """Return the problems of `warm_writes`."""
    if writes is None or (isinstance(writes, int) and not isinstance(writes, bool) and writes >= NEW_TABLE_WRITES):
        return []
    return [
        f"warm_writes: it is {writes!r}; write a whole number from {NEW_TABLE_WRITES:,}, which a new table takes"
        " anyway, or leave it out"
    ]
