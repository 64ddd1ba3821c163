"""Recording of one handler's runs, from the worker's point of view.

It never raises: a handler must not behave differently, nor an event run again, because its run is recorded.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import spans
from .calls import CallHook
from .own_code import OwnCode
from .spans import SpanLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call_log import CallLog
    from .failure import FailedFrame
    from .render import Secrets


class Recorder:
    """Records the runs of a process's handler.

    Args:
        own: the team's code.
        values: False to leave out arguments, results and local variables.
    """

    def __init__(self, own: OwnCode, *, values: bool = True) -> None:
        self._own = own
        self._values = values
        self._hook = CallHook(own, values=values)

    def start(self) -> Recording:
        """Start to record a run."""
        return Recording(self._own, self._hook, values=self._values)


class Recording:
    """One run, as far as it is recorded.

    Args:
        own: the team's code.
        hook: records calls.
        values: False to leave out arguments, results and local variables.
    """

    def __init__(self, own: OwnCode, hook: CallHook, *, values: bool) -> None:
        self._own = own
        self._hook = hook
        self._values = values
        self._frames: list[FailedFrame] = []
        self._log: CallLog | str
        self._spans: SpanLog | None = None
        try:
            self._log = hook.start()
        except Exception as error:  # noqa: BLE001 - another tool takes the id at this moment, say
            self._log = f"recording failed: {type(error).__name__}"
        with suppress(Exception):
            self._spans = SpanLog(None if isinstance(self._log, str) else self._log)
            spans.begin_run(self._spans)

    @property
    def call_count(self) -> int:
        """Number of calls on record. The first is `handle`, as a rule."""
        return 0 if isinstance(self._log, str) else len(self._log.calls)

    @property
    def outside_count(self) -> int:
        """Number of calls to the outside on record."""
        return self._spans.outside_count if self._spans else 0

    def note_emit(self, handler: str, event_ids: Sequence[str], begun: int) -> None:
        """Record an emit that has ended.

        Args:
            handler: the handler that was emitted to.
            event_ids: the events' ids.
            begun: the moment at which it began, on the clock of `time.perf_counter_ns`.
        """
        if self._spans:
            self._spans.note_emit(handler, event_ids, begun)

    def note_log(self, text: str) -> None:
        """Record where a text was written to the log."""
        if self._spans:
            self._spans.note_log(text)

    def stop(self) -> None:
        """Stop recording."""
        spans.end_run()
        with suppress(Exception):
            self._hook.stop()

    def failed(self, error: BaseException) -> None:
        """Keep the local variables of the team's frames that an exception went through.

        Args:
            error: the exception that ended the run.
        """
        try:
            from .failure import frames_of  # noqa: PLC0415 - most runs do not fail

            self._frames = frames_of(error, self._own, values=self._values)
        except Exception:  # noqa: BLE001 - out of memory, say
            self._frames = []

    def note_secrets(self, secrets: Secrets) -> None:
        """Remember what stands under secret names. Call it before anything of the run is redacted.

        Args:
            secrets: remembers.
        """
        with suppress(Exception):
            for frame in self._frames:
                frame.note_secrets(secrets)
            if not isinstance(self._log, str):
                self._log.note_secrets(secrets)

    def calls(self, secrets: Secrets, *, values: bool = True) -> dict[str, Any]:
        """Return the calls, as call_log.py says, or `{"note": the reason why there are none}`; and the spans.

        Args:
            secrets: what to hide.
            values: False to leave out arguments and results.
        """
        outside = self._spans.rendered(secrets) if self._spans else {}
        if isinstance(self._log, str):
            return {"note": self._log, **outside}
        return {**self._log.rendered(secrets, self._own.files, values=values), **outside}

    def locals(self, secrets: Secrets) -> tuple[dict[str, Any], ...]:
        """Return the frames that the run's exception went through, as a trace has them.

        Args:
            secrets: what to hide.
        """
        return tuple(frame.rendered(secrets) for frame in self._frames)


def make_recorder(module: str, *, values: bool = True, package: str = "handlers") -> Recorder:
    """Return the recorder of this process. Call it before the handler's module is imported.

    Args:
        module: the handler's module, such as `handlers.send_receipt`.
        values: False to leave out arguments, results and local variables.
        package: the package that holds the team's code.
    """
    own = OwnCode(module, package)
    own.install()
    spans.install()
    return Recorder(own, values=values)
