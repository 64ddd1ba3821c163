"""The reason why a synthesis or a deployment failed, found in the output of app.py and the CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

MANIFEST = "manifest.json"
"""The file in which a synthesis lists its results."""

NOTHING_MADE = "app.py ran but made nothing; its last line has to be app.synth()"

_HEADING = re.compile(r"Sluice: \d+ problems? to fix before anything is deployed:$")
"""The line that app.py prints before its list of problems. Nothing but the CDK's own lines follows the list."""

_FRAME = re.compile(r'^ +File "(?P<file>.+?)", line (?P<line>\d+)')
_FAILED_RESOURCE = re.compile(r"^\S+ \| +[\d/]+ \| [^|]+ \| \w+_FAILED +\| (?P<type>\S+) +\| (?P<what>.*)$")
_ERROR = re.compile(r"^ *(❌|\[Error |\w*Error: )")
_NOISE = re.compile(r"Subprocess exited with error \d+$")

_LAST_LINES = 15


def reason_in(output: Sequence[str], root: Path) -> str:
    """Return the lines that say what went wrong; the last lines if none is known to.

    Args:
        output: the lines of the output.
        root: the project's root.
    """
    lines = [line for line in output if line.strip() and not _NOISE.search(line)]
    problems = problems_in(lines)
    if problems:
        heading = next(found[0] for line in reversed(lines) if (found := _HEADING.search(line)))
        return "\n".join([heading, *(f"- {problem}" for problem in problems)])
    if any(f"{MANIFEST}'" in line for line in lines):
        return NOTHING_MADE
    return "\n".join(_exception_in(lines, root) or _failed_resources_in(lines) or lines[-_LAST_LINES:])


def problems_in(output: Sequence[str]) -> list[str]:
    """Return the problems that app.py listed; none if it listed none.

    Args:
        output: the lines of the output.
    """
    headings = [index for index, line in enumerate(output) if _HEADING.search(line)]
    problems: list[str] = []
    for line in output[headings[-1] + 1 :] if headings else ():
        if line.startswith("- "):
            problems.append(line.removeprefix("- "))
        elif problems and not _ERROR.match(line):
            problems[-1] += f"\n{line}"
    return problems


def _exception_in(lines: Sequence[str], root: Path) -> list[str]:
    """Return the last Python exception and the project's line that raised it, without the traceback."""
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


def _failed_resources_in(lines: Sequence[str]) -> list[str]:
    resources = [f"{found['type']} {found['what']}" for line in lines if (found := _FAILED_RESOURCE.match(line))]
    errors = [line.strip() for line in lines if _ERROR.match(line)]
    return [*resources, *errors]
