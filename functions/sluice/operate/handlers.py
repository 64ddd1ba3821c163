"""The handlers that a stage has, and what is said where one is asked for that it doesn't have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..errors import SluiceError
from ..stage import clients
from ..stage.names import Names


class NotDeployedError(SluiceError, LookupError):
    """The stage has not been deployed to the account and region that were asked."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        super().__init__(f"stage {stage!r} is not deployed here")


class UnknownHandlerError(SluiceError, LookupError):
    """No handler has this name.

    Attributes:
        handler: the name.
        closest: the most similar name of a handler; None if none is similar.
    """

    def __init__(self, handler: str, stage: str, known: Iterable[str]) -> None:
        self.handler = handler
        known = sorted(known)
        self.closest = closest(handler, known)
        hint = f"did you mean {self.closest!r}?" if self.closest else f"there are: {', '.join(known) or 'none'}"
        super().__init__(f"no handler named {handler!r} in stage {stage!r}; {hint}")


def handlers(stage: str) -> list[str]:
    """The names of the stage's handlers, sorted.

    Raises:
        NotDeployedError: the stage is not deployed.
    """
    return sorted(queues_of(stage))


def closest(name: str, known: Iterable[str]) -> str | None:
    """The most similar of the known names; None if none is similar."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def queues_of(stage: str) -> dict[str, str]:
    """The URLs of the handlers' queues."""
    names = Names(stage)
    pages = (
        clients.sqs(stage)
        .get_paginator("list_queues")
        .paginate(QueueNamePrefix=names.prefix, PaginationConfig={"PageSize": 1000})
    )
    found = {}
    for page in pages:
        for url in page.get("QueueUrls", ()):
            handler = names.handler_of_queue(url.rsplit("/", 1)[-1])
            if handler is not None:
                found[handler] = url
    if not found:
        _check_deployed(stage)
    return found


def _check_deployed(stage: str) -> None:
    try:
        clients.dynamodb(stage).describe_table(TableName=Names(stage).trace_table)
    except clients.dynamodb(stage).exceptions.ResourceNotFoundException as error:
        raise NotDeployedError(stage) from error
