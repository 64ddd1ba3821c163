"""Why a synth or a deployment failed, out of everything that was printed on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"^[\w.]+: ")
_FAILED_RESOURCE = re.compile(r"^\S+ \| +[\d/]+ \| [^|]+ \| \w+_FAILED +\| (?P<type>\S+) +\| (?P<what>.*)$")
_TELLING = re.compile(r"^(❌|\[Error |Error: |\w*Error: )")
_LAST_LINES = 15


def reason_in(output: Sequence[str]) -> str:
    """The lines that say what went wrong; the last lines if none are known to."""
    lines = [line for line in output if line.strip()]
    return "\n".join(_of_exception(lines) or _of_deployment(lines) or lines[-_LAST_LINES:])


def _of_exception(lines: Sequence[str]) -> list[str]:
    """What the last Python exception says, without its traceback."""
    starts = [index for index, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if not starts:
        return []
    said = [line for line in lines[starts[-1] + 1 :] if not line.startswith("  File ")]
    for index, line in enumerate(said):
        if not line.startswith(" "):
            message = [_EXCEPTION.sub("", line), *said[index + 1 :]]
            return [part for part in message if not part.startswith("python")]
    return []


def _of_deployment(lines: Sequence[str]) -> list[str]:
    resources = [f"{found['type']} {found['what']}" for line in lines if (found := _FAILED_RESOURCE.match(line))]
    told = [line for line in lines if _TELLING.match(line.strip())]
    return [*resources, *told]
