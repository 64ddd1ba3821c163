"""The errors that end a synth: problems with app.py, its settings or the handlers' files."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.errors import SluiceError


class SynthError(SluiceError, SystemExit):
    """An error whose text is enough, without a traceback.

    If nothing catches it, it ends the program as `sys.exit(text)` does: with the text on stderr and exit code 1.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = text


class InvalidAppError(SynthError):
    """All problems at once.

    Attributes:
        problems: the problems, each in one or two sentences that name the handler, the setting, the limit and the fix.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            "\n".join([f"Sluice: {count} to fix before anything is deployed:", *map("- {}".format, problems)])
        )


class UnknownHandlerError(SynthError, LookupError):
    """app.py has no handler of this name."""
