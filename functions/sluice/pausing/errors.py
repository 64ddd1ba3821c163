"""Errors of pausing that a user is shown."""

from __future__ import annotations

from ..errors import SluiceError
from . import block_tag


class BlockedError(SluiceError):
    """An admin has blocked the handler.

    Attributes:
        handler: the handler's name.
    """

    def __init__(self, handler: str, value: str) -> None:
        self.handler = handler
        tag = block_tag.parse(value)
        text = f"{handler} is blocked"
        if tag.by:
            text += f" by {tag.by}"
        if tag.since:
            text += f" since {tag.since}"
        super().__init__(f"{text}: {tag.reason or 'no reason was given'}. Only an admin can lift that")


class NotPausableError(SluiceError, LookupError):
    """The handler has no function with a mapping from its queue."""

    def __init__(self, handler: str) -> None:
        super().__init__(
            f"{handler} has no function that receives from its queue: its event source mapping is missing. Deploy again"
        )


class StillChangingError(SluiceError):
    """The handler was still being changed, by AWS or by others, when the time to wait for it was over.

    Args:
        handler: the handler's name.
        recorded: True if a command was recorded, which the reconciler then finishes.
    """

    def __init__(self, handler: str, *, recorded: bool) -> None:
        text = f"{handler} is still being changed, by AWS or by someone else."
        if recorded:
            text += " What you asked for is recorded, and the reconciler finishes it within minutes. Or run"
        else:
            text += " Run"
        super().__init__(f"{text} the command again")
