"""`sluice dead redrive`."""

from __future__ import annotations

import click

from ..command_error import FAILED, CommandError
from ..help_text import examples
from ..invocation import Invocation, about_stage
from ..progress import ShownProgress
from ..sampling import MAX_SAMPLE, check_running, show_redriven
from ..where import HELP as WHERE_HELP
from ..where import parse_where
from .letters import letter_not_found, letters_hidden, open_letters
from .where import fulfilling


@click.command(
    epilog=examples(
        "sluice dead redrive send-receipt",
        "sluice dead redrive send-receipt --where \"event.currency == 'EUR'\"",
        "sluice dead redrive send-receipt --sample 5",
        "sluice dead redrive send-receipt --id 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
    )
)
@click.argument("handler")
@click.option("--id", "event_id", metavar="ID", help="Redrive only the event with this id.")
@click.option("--where", metavar="EXPR", help=f"Redrive {WHERE_HELP}")
@click.option(
    "--sample",
    type=click.IntRange(1, MAX_SAMPLE),
    metavar="N",
    help="First redrive N and wait for their runs: the others follow only if all of them end well.",
)
@about_stage(deployed=True)
def redrive(
    invocation: Invocation, handler: str, *, event_id: str | None, where: str | None, sample: int | None
) -> None:
    """Put HANDLER's dead letters back into its queue.

    Each gets five more attempts. Events that become dead letters again meanwhile stay where they are. If another
    command holds some, such as a listing, this one waits for up to two and a half minutes; if some are held even then,
    the exit code is 1.
    """
    if event_id is not None and (where is not None or sample is not None):
        raise click.UsageError("--id redrives one event: leave out --where and --sample")
    condition = parse_where(where)
    choose = None if condition is None else fulfilling(condition, invocation.stage, handler)
    progress = ShownProgress()
    letters = open_letters(invocation, handler, progress)
    if sample is not None:
        check_running(invocation, handler)
        with progress.step(f"redriving {sample} of {handler}"):
            first = letters.redrive(choose=choose, limit=sample)
        show_redriven(invocation, handler, first.redrives)
    with progress.step(f"redriving {handler}"):
        redriven = letters.redrive(
            event_id, lambda moved, about: progress.detail(f"{moved} of about {about}"), choose=choose
        )
    retry = ("dead", "redrive", handler, *(("--where", where) if where else ()))
    news = f"{redriven.done} redriven"
    if redriven.arrived:
        news += f"; {redriven.arrived} left, as they came in after this began: what killed them may still be there"
    if redriven.refused:
        raise CommandError(
            f"{news}; SQS refused {len(redriven.refused)}: {redriven.refused[0]}. Redrive again",
            code=FAILED,
            then=invocation.command(*retry),
        )
    if event_id is not None and not redriven.done:
        raise letter_not_found(invocation, handler, event_id, redriven.held_by_others)
    if redriven.held_by_others:
        raise letters_hidden(invocation, handler, redriven.held_by_others, news, *retry)
    if invocation.as_json:
        invocation.print_json({"handler": handler, "redriven": redriven.done})
        if not redriven.arrived:
            return
    invocation.say(news, then=invocation.command("traces", handler))
