"""What a function is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..names import check_handler, check_stage


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One handler's settings, as the template puts them into its function's environment.

    Attributes:
        stage: the stage's name.
        handler: the handler's name.
        timeout: seconds that one event may run.
        trace_days: days that its traces are kept.
    """

    stage: str
    handler: str
    timeout: float
    trace_days: int

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
        )
