"""The table of commands. Each command's module is imported when the command runs, so that `sluice` starts quickly."""

from __future__ import annotations

import importlib

import click

from .terminal import echo

_COMMANDS = {
    "up": ("up", "up"),
    "down": ("down", "down"),
    "demo": ("demo", "demo"),
    "check": ("check", "check"),
    "emit": ("emit", "emit"),
    "status": ("status", "status"),
    "pause": ("pause", "pause"),
    "unpause": ("pause", "unpause"),
    "block": ("pause", "block"),
    "unblock": ("pause", "unblock"),
    "history": ("history", "history"),
    "run": ("run", "run"),
    "traces": ("traces", "traces"),
    "traces delete": ("delete_traces", "delete"),
    "trace": ("trace", "trace"),
    "try": ("try_event", "try_event"),
    "failures": ("failures", "failures"),
    "replay": ("replay", "replay"),
    "tail": ("tail", "tail"),
    "scheduled": ("scheduled", "scheduled"),
    "cancel": ("cancel", "cancel"),
    "crons": ("crons", "crons"),
    "dead": ("dead", "dead"),
    "cost": ("cost", "cost"),
    "capacity": ("capacity", "capacity"),
    "console": (".console.command", "console"),
    "cdk": ("cdk", "cdk"),
}
"""Each command's module, relative to this package, and its name in that module, in the order of the help. One of two
words is no group's: the first of them is a command as well."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands without importing them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import a command; return None if there is none of this name."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f".{module}", __package__), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name, or list all commands in the error."""
        if " ".join(args[:2]) in _COMMANDS:
            args = [" ".join(args[:2]), *args[2:]]
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(f"there is no command {args[0]!r}; the commands are: {', '.join(_COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 nothing running at that stage.",
)
@click.version_option(package_name="sluice", prog_name="sluice")
@click.pass_context
def root(context: click.Context) -> None:
    """Run background queues, crons and traces on your own AWS account.

    Every command works on one stage. The default stage is `local`, a copy of AWS on this machine, which `sluice up`
    starts. `--stage prod` works on the stage prod on AWS.
    """
    if context.invoked_subcommand is None:
        echo(context.get_help())
