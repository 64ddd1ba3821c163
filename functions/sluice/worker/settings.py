"""What a function is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..names import check_handler, check_stage
from ..run import DEFAULT_MAX_HOPS


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One handler's settings, as the template puts them into its function's environment.

    Attributes:
        stage: the stage's name.
        handler: the handler's name.
        timeout: seconds that one event may run.
        trace_days: days that its traces are kept.
        max_hops: emits in a row by handlers, after which it may emit no more.
    """

    stage: str
    handler: str
    timeout: float
    trace_days: int
    max_hops: int = DEFAULT_MAX_HOPS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError, ValueError: the function was not deployed by this template.
        """
        return cls(
            stage=check_stage(environment["SLUICE_STAGE"]),
            handler=check_handler(environment["SLUICE_HANDLER"]),
            timeout=float(environment["SLUICE_TIMEOUT"]),
            trace_days=int(environment["SLUICE_TRACE_DAYS"]),
            max_hops=int(environment["SLUICE_MAX_HOPS"]),
        )
