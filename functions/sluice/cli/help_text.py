"""Lists at the end of a command's `--help`."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """Return an epilog for click that lists command lines, one a line."""
    return listing("Examples:", *lines)


def listing(heading: str, *lines: str) -> str:
    """Return an epilog for click that keeps its lines as they are."""
    # \b keeps click from joining the lines.
    return "\n".join(["\b", heading, *(f"  {line}".rstrip() for line in lines)])
