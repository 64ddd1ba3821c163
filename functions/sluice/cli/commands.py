"""The commands, each imported when it is run, so that `sluice` starts quickly."""

from __future__ import annotations

import importlib

import click

_COMMANDS = {
    "up": ("up_down", "up"),
    "down": ("up_down", "down"),
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
    "trace": ("traces", "trace"),
    "replay": ("replay", "replay"),
    "scheduled": ("scheduled", "scheduled"),
    "cancel": ("scheduled", "cancel"),
    "crons": ("crons", "crons"),
    "dead": ("dead", "dead"),
    "cost": ("cost", "cost"),
    "capacity": ("capacity", "capacity"),
    "cdk": ("cdk", "cdk"),
}
"""For each command, its module here and its name in there. In the order of the help."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(f"there is no command {args[0]!r}; there are: {', '.join(_COMMANDS)}", ctx)
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
    """Background queues, crons and traces on your own AWS account.

    The stage `local`, which is the default, is a cloud on this machine: `sluice up` starts it.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
