"""A check that the stage has the handlers that a command line names."""

from __future__ import annotations

from collections.abc import Sequence

from ..operate.handlers import UnknownHandlerError, handler_names


def known_handlers(stage: str, required: Sequence[str] = ()) -> list[str]:
    """Return the names of the stage's handlers, sorted.

    Args:
        stage: the stage.
        required: names that have to be among them.

    Raises:
        NotDeployedError: the stage is not deployed.
        UnknownHandlerError: a required name is not a handler's.
    """
    known = handler_names(stage)
    for name in required:
        if name not in known:
            raise UnknownHandlerError(name, stage, known)
    return known
