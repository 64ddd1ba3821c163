"""Why a synth or a deployment failed, out of everything that was printed on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_FRAME = re.compile(r'^ +File "(?P<file>.+?)", line (?P<line>\d+)')
_FAILED_RESOURCE = re.compile(r"^\S+ \| +[\d/]+ \| [^|]+ \| \w+_FAILED +\| (?P<type>\S+) +\| (?P<what>.*)$")
_TELLING = re.compile(r"^ *(❌|\[Error |\w*Error: )")
MANIFEST = "manifest.json"
"""The file that tells what app.py has made."""

NOTHING_MADE = "app.py ran to its end and made nothing: its last line has to be app.synth()"

_NOISE = re.compile(r"Subprocess exited with error \d+$")
_HEADING = re.compile(r"Sluice: \d+ problems? to fix before anything is deployed:$")
"""What app.py says before it lists what is wrong with it. That goes to the end of what it says."""

_LAST_LINES = 15


def reason_in(output: Sequence[str], root: Path) -> str:
    """The lines that say what went wrong; the last lines if none are known to.

    Args:
        output: the lines that were printed.
        root: the project's root.
    """
    lines = [line for line in output if line.strip() and not _NOISE.search(line)]
    told = problems_in(lines)
    if told:
        heading = next(found[0] for line in reversed(lines) if (found := _HEADING.search(line)))
        return "\n".join([heading, *(f"- {problem}" for problem in told)])
    if any(f"{MANIFEST}'" in line for line in lines):
        return NOTHING_MADE
    return "\n".join(_of_exception(lines, root) or _of_deployment(lines) or lines[-_LAST_LINES:])


def problems_in(output: Sequence[str]) -> list[str]:
    """The problems that app.py has listed, one each; none if it has not."""
    headings = [index for index, line in enumerate(output) if _HEADING.search(line)]
    told: list[str] = []
    for line in output[headings[-1] + 1 :] if headings else ():
        if line.startswith("- "):
            told.append(line.removeprefix("- "))
        elif told and not _TELLING.match(line):
            told[-1] += f"\n{line}"
    return told


def _of_exception(lines: Sequence[str], root: Path) -> list[str]:
    """The last Python exception, and where in the project it came up; not the whole traceback."""
    frames = [(index, found) for index, line in enumerate(lines) if (found := _FRAME.match(line))]
    if not frames:
        return []
    last = frames[-1][0]
    message = next((index for index in range(last, len(lines)) if not lines[index].startswith(" ")), None)
    if message is None:
        return []
    places = [
        f"{path.relative_to(root)}, line {found['line']}: "
        for _, found in frames
        if (path := Path(found["file"])).is_relative_to(root) and ".venv" not in path.parts
    ]
    return [f"{places[-1] if places else ''}{lines[message]}", *lines[message + 1 :]]


def _of_deployment(lines: Sequence[str]) -> list[str]:
    resources = [f"{found['type']} {found['what']}" for line in lines if (found := _FAILED_RESOURCE.match(line))]
    told = [line.strip() for line in lines if _TELLING.match(line)]
    return [*resources, *told]
