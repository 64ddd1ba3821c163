"""The names of a stage's handlers, and the errors for a name or a stage that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..errors import SluiceError
from ..stage import clients
from ..stage.names import Names

PAGE = 1_000
"""Queues that SQS lists with one call, at most."""


class NotDeployedError(SluiceError, LookupError):
    """The stage is not deployed in this account and region."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        super().__init__(f"stage {stage!r} is not deployed here")


class UnknownHandlerError(SluiceError, LookupError):
    """No handler has this name.

    Attributes:
        handler: the unknown name.
        closest: the most similar name that a handler has; None if none is similar.
    """

    def __init__(self, handler: str, stage: str, known: Iterable[str]) -> None:
        self.handler = handler
        known = sorted(known)
        self.closest = closest(handler, known)
        hint = f"did you mean {self.closest!r}?" if self.closest else f"there are: {', '.join(known) or 'none'}"
        super().__init__(f"no handler named {handler!r} in stage {stage!r}; {hint}")


def handler_names(stage: str) -> list[str]:
    """Return the names of the stage's handlers, sorted.

    Raises:
        NotDeployedError: the stage is not deployed.
    """
    return sorted(queue_urls(stage))


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the most similar of the known names; None if none is similar."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def queue_urls(stage: str) -> dict[str, str]:
    """Return the URLs of the handlers' queues, by handler.

    Raises:
        NotDeployedError: the stage is not deployed.
    """
    names = Names(stage)
    pages = (
        clients.sqs(stage)
        .get_paginator("list_queues")
        .paginate(QueueNamePrefix=names.prefix, PaginationConfig={"PageSize": PAGE})
    )
    urls = {}
    for page in pages:
        for url in page.get("QueueUrls", ()):
            handler = names.handler_of_queue(url.rsplit("/", 1)[-1])
            if handler is not None:
                urls[handler] = url
    if not urls:
        _check_deployed(stage)
    return urls


def _check_deployed(stage: str) -> None:
    # A stage without handlers has its table all the same.
    try:
        clients.dynamodb(stage).describe_table(TableName=Names(stage).trace_table)
    except clients.dynamodb(stage).exceptions.ResourceNotFoundException as error:
        raise NotDeployedError(stage) from error
