"""Events given on a command line, on stdin or in a file: JSON text, checked but not changed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NoReturn

import click

from ..event import body

_REFUSED_BY_SQS = re.compile("[\ufffe\uffff]")
"""Characters that JSON allows and SQS refuses. JSON can write them as escapes instead."""

STDIN = "-"


def read_events(argument: str | None, *, lines: bool, file: Path | None) -> list[str]:
    """Return the events that a command line gives, each as JSON text.

    Args:
        argument: the event itself, or `-` for stdin.
        lines: whether the input holds one event a line.
        file: a file to read in place of the argument.

    Raises:
        click.UsageError: there is no event, or one is not JSON; the message says where.
    """
    if file is not None and argument is not None:
        raise click.UsageError("give the event or --file, but not both")
    if file is not None and str(file) == STDIN:
        argument, file = STDIN, None
    if file is not None:
        text = _decoded(file.read_bytes(), str(file))
    elif argument == STDIN or (argument is None and lines):
        if sys.stdin is None:
            raise click.UsageError("stdin is closed; nothing was sent")
        text = _decoded(sys.stdin.buffer.read(), "stdin")
    elif argument is None:
        raise click.UsageError("give the event as JSON, or - to read it from stdin, or --file")
    elif lines:
        raise click.UsageError("--lines reads stdin (-) or --file; leave it out to emit a single event")
    else:
        return [_checked(_decoded(argument.encode(errors="surrogateescape"), "the event"), "")]
    if not lines:
        return [_checked(text.strip(), "")]
    numbered = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    return [_checked(line, f"line {number}: ") for number, line in numbered if line]


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{source} is not UTF-8 text, from byte {error.start} on; nothing was sent") from error


def _checked(text: str, where: str) -> str:
    try:
        # Numbers stay text here: Python refuses to parse some that are valid JSON.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        position = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise click.UsageError(f"{where}this is not JSON: {error.msg} at {position}; nothing was sent") from error
    except ValueError as error:
        raise click.UsageError(f"{where}this is not JSON: {error}; nothing was sent") from error
    except RecursionError as error:
        raise click.UsageError(f"{where}this JSON is nested too deep for Python; nothing was sent") from error
    if not body.is_json(text):
        raise click.UsageError(f"{where}Python cannot read numbers of more than 4,300 digits; nothing was sent")
    return _REFUSED_BY_SQS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which JSON does not have")
