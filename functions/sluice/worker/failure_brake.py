"""Counts the failures of a handler with `pause_on_failures`, and tells the reconciler once there are too many.

The reconciler pauses it: its role may, and it knows the order. It would see the number within a minute anyway, and is
told so that it looks now.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..stage import clients
from ..stage.names import Names

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from ..stage.failure_limit import FailureLimit
    from ..traces.failure_counter import FailureCounter

_PATIENCE = 5.0
"""Seconds to wait for Lambda's answer."""


class FailureBrake:
    """The brake of one handler.

    Args:
        handler: the handler's name.
        limit: its limit.
        counter: counts its failures.
        tell: tells the reconciler.
        logger: logs what fails here: the run is over, and must not run again because of that.
    """

    def __init__(
        self,
        handler: str,
        *,
        limit: FailureLimit,
        counter: FailureCounter,
        tell: Callable[[], None],
        logger: Logger,
    ) -> None:
        self._handler = handler
        self._limit = limit
        self._counter = counter
        self._tell = tell
        self._logger = logger

    def failed(self) -> None:
        """Count a run that has failed."""
        try:
            if self._counter.add(self._handler, self._limit):
                self._logger.warning("%s: the handler is being paused", self._limit.in_words())
                self._tell()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run is over
            self._logger.warning("failure not counted", extra={"reason": repr(error)})


def tell_reconciler(stage: str, handler: str) -> None:
    """Have the reconciler look at a handler now, without waiting for it.

    It takes boto3, which a function imports here for the first time: once for a storm of failures.

    Args:
        stage: the stage.
        handler: the handler's name.
    """
    clients.patient_client("lambda", stage, _PATIENCE).invoke(
        FunctionName=Names(stage).reconciler,
        InvocationType="Event",
        Payload=json.dumps({"failing": handler}).encode(),
    )
