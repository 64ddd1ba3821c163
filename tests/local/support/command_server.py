"""A process that has imported the command line, and forks once for each command that a test runs.

Importing takes most of a short command's time, and the tests run hundreds of commands. Each one still runs in a process
of its own, through the same `main`, with its own environment, directory, arguments and streams. Tests that start a
command with `Project.start` run the whole program.

This is a program, not a module to import. It reads a request a line, and answers with the exit code.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import boto3  # noqa: F401 - imported for the commands
import click
from sluice.cli import main
from sluice.cli.commands import root


def serve() -> None:
    """Run a command for each request, one after the other."""
    context = click.Context(root)
    for name in root.list_commands(context):
        root.get_command(context, name)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            run(request)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def run(request: Any) -> None:
    """Become the command of a request. Does not return."""
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.dup2(os.open(request["stdin"], os.O_RDONLY), 0)
    os.dup2(os.open(request["stdout"], os.O_WRONLY), 1)
    os.dup2(os.open(request["stderr"], os.O_WRONLY), 2)
    # The old object has the requests in its buffer.
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = ["sluice", *request["arguments"]]
    main()


if __name__ == "__main__":
    serve()
