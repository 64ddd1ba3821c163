"""A handler's settings, which the template passes to its function as `SLUICE_*` environment variables.

The template writes them with `Settings.to_environment`, the function reads them with `Settings.from_environment`.
This module must import on a machine without the layer's packages: `cdk synth` has none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..emitting.current_run import DEFAULT_MAX_HOPS
from ..stage.names import Names, check_handler, check_stage

LONG_RUN = 60
"""Seconds of a timeout from which a handler's starts are on record. Whoever looks for such a run sees that it is under
way, and if its process dies, the event comes back soon after. It costs a write, and a call to SQS."""

TRACE_LEVELS = ("calls", "basic", "off")
"""The first is the default. off: a trace says that the event ran, when and to which end; that is what keeps a
redelivered event from running again."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One handler's settings.

    Attributes:
        stage: the stage's name.
        handler: the handler's name.
        timeout: seconds that one event may run.
        trace_days: days that its traces are kept.
        trace: one of `TRACE_LEVELS`: how much a trace records.
        trace_values: False if it has no values of the execution.
        max_hops: emits in a row by handlers, after which it may emit no more.
        queue_url_prefix: the part of the queues' URLs that comes before their names.
        overlap: for a cron, `allow`, or `skip` if only one of its runs may be under way; None for any other handler.
        fortnight: for a fortnightly cron, a moment at which it is due; None for any other handler.
        redact: further names of secrets, with a `!` before those that are none; False if nothing is redacted.
        pause_on_failures: failures at which the handler is paused, as `stage.failure_limit` writes them; None if it is
            not.
    """

    stage: str
    handler: str
    timeout: float
    trace_days: int
    trace: str = TRACE_LEVELS[0]
    trace_values: bool = True
    max_hops: int = DEFAULT_MAX_HOPS
    queue_url_prefix: str = ""
    overlap: str | None = None
    fortnight: datetime | None = None
    redact: tuple[str, ...] | bool = ()
    pause_on_failures: str | None = None

    @property
    def queue_url(self) -> str:
        """The URL of the handler's queue."""
        return self.queue_url_prefix + Names(self.stage).queue(self.handler)

    @property
    def is_long(self) -> bool:
        """True if its runs are on record when they start, and not only when they end."""
        return self.timeout >= LONG_RUN

    @property
    def skips_overlap(self) -> bool:
        """True if a run of it keeps others from starting meanwhile."""
        return self.overlap == "skip"

    def to_environment(self) -> dict[str, str]:
        """Return these settings as environment variables."""
        variables = {
            "SLUICE_STAGE": self.stage,
            "SLUICE_HANDLER": self.handler,
            "SLUICE_TIMEOUT": str(self.timeout),
            "SLUICE_TRACE_DAYS": str(self.trace_days),
            "SLUICE_MAX_HOPS": str(self.max_hops),
            "SLUICE_QUEUE_URL_PREFIX": self.queue_url_prefix,
        }
        if self.trace != TRACE_LEVELS[0]:
            variables["SLUICE_TRACE"] = self.trace
        if not self.trace_values:
            variables["SLUICE_TRACE_VALUES"] = "no"
        if self.overlap is not None:
            variables["SLUICE_OVERLAP"] = self.overlap
        if self.fortnight is not None:
            variables["SLUICE_FORTNIGHT"] = self.fortnight.isoformat()
        if self.redact not in ((), True):
            variables["SLUICE_REDACT"] = json.dumps(self.redact)
        if self.pause_on_failures is not None:
            variables["SLUICE_PAUSE_ON_FAILURES"] = self.pause_on_failures
        return variables

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError, ValueError: the function was not deployed by this template.
        """
        fortnight = environment.get("SLUICE_FORTNIGHT")
        redact = json.loads(environment.get("SLUICE_REDACT", "[]"))
        return cls(
            stage=check_stage(environment["SLUICE_STAGE"]),
            handler=check_handler(environment["SLUICE_HANDLER"]),
            timeout=float(environment["SLUICE_TIMEOUT"]),
            trace_days=int(environment["SLUICE_TRACE_DAYS"]),
            trace=environment.get("SLUICE_TRACE", TRACE_LEVELS[0]),
            trace_values="SLUICE_TRACE_VALUES" not in environment,
            max_hops=int(environment["SLUICE_MAX_HOPS"]),
            queue_url_prefix=environment["SLUICE_QUEUE_URL_PREFIX"],
            overlap=environment.get("SLUICE_OVERLAP"),
            fortnight=datetime.fromisoformat(fortnight) if fortnight else None,
            redact=redact if isinstance(redact, bool) else tuple(redact),
            pause_on_failures=environment.get("SLUICE_PAUSE_ON_FAILURES"),
        )
