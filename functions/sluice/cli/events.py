"""Events as they come in from a command line: JSON text, checked and otherwise left as it is."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NoReturn

import click

from ..event import body

_NOT_FOR_SQS = re.compile("[\ufffe\uffff]")
"""What JSON may hold and SQS refuses; JSON has another spelling for it."""

STDIN = "-"


def read_events(argument: str | None, *, lines: bool, file: Path | None) -> list[str]:
    """The events that a command line gives, each as JSON text.

    Args:
        argument: the event itself, or `-`.
        lines: whether there is one event a line.
        file: a file to read instead.

    Raises:
        click.UsageError: they are not given, or not JSON; it says where.
    """
    if file is not None and argument is not None:
        raise click.UsageError("give the event, or --file, but not both")
    if file is not None:
        text = _decoded(file.read_bytes(), str(file))
    elif argument == STDIN or (argument is None and lines):
        if sys.stdin is None:
            raise click.UsageError("stdin is closed; nothing was sent")
        text = _decoded(sys.stdin.buffer.read(), "stdin")
    elif argument is None:
        raise click.UsageError("give the event as JSON, or - to read it from stdin, or --file")
    elif lines:
        raise click.UsageError("--lines reads stdin (-) or --file; a single event needs no --lines")
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
        # Numbers are left alone here: Python refuses some that are JSON.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        position = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise click.UsageError(f"{where}this is not JSON: {error.msg} at {position}; nothing was sent") from error
    except ValueError as error:
        raise click.UsageError(f"{where}this is not JSON: {error}; nothing was sent") from error
    except RecursionError as error:
        raise click.UsageError(f"{where}this JSON is nested too deep for Python; nothing was sent") from error
    if not body.is_json(text):
        raise click.UsageError(f"{where}Python does not read numbers of more than 4,300 digits; nothing was sent")
    return _NOT_FOR_SQS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which JSON does not have")
