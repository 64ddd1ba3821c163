"""What a function is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..emitting.current_run import DEFAULT_MAX_HOPS
from ..stage.names import check_handler, check_stage


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One handler's settings, as the template puts them into its function's environment.

    Attributes:
        stage: the stage's name.
        handler: the handler's name.
        timeout: seconds that one event may run.
        trace_days: days that its traces are kept.
        max_hops: emits in a row by handlers, after which it may emit no more.
        alone: whether a run keeps others of the handler from starting meanwhile.
        fortnight: when a cron that runs every second week is due in one of them; None for any other handler.
    """

    stage: str
    handler: str
    timeout: float
    trace_days: int
    max_hops: int = DEFAULT_MAX_HOPS
    alone: bool = False
    fortnight: datetime | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError, ValueError: the function was not deployed by this template.
        """
        fortnight = environment.get("SLUICE_FORTNIGHT")
        return cls(
            stage=check_stage(environment["SLUICE_STAGE"]),
            handler=check_handler(environment["SLUICE_HANDLER"]),
            timeout=float(environment["SLUICE_TIMEOUT"]),
            trace_days=int(environment["SLUICE_TRACE_DAYS"]),
            max_hops=int(environment["SLUICE_MAX_HOPS"]),
            alone=environment.get("SLUICE_OVERLAP") == "skip",
            fortnight=datetime.fromisoformat(fortnight) if fortnight else None,
        )
