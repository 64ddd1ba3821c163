"""Records the calls of the team's own functions while a handler runs, by `sys.monitoring` (Python 3.12 and newer).

It costs nothing where it does not look: events are *local* to the team's own code objects, and a place in the code that
has used up its budget is disabled until the next run. Bounds are counts, not times: the clock of a function that AWS
has frozen runs on.

Nothing of it may reach the handler. A callback catches `Exception` and stops recording. It lets `BaseException` pass:
the exception of the handler's deadline may be raised inside of it. What a callback must not do:

- return `DISABLE` from the end of a call while another call of the function is recorded: that silences both;
- return `DISABLE` when an exception leaves a frame: that removes the callback. This event cannot be local;
- keep a frame or an exception, which would keep the handler's objects alive.

Close to Python's recursion limit a callback needs a frame of its own: a handler gets one level less deep.
"""

from __future__ import annotations

import _thread
import sys
from typing import TYPE_CHECKING, Any

from .call_log import MAX_CALLS, RAISED, RETURNED, Call, CallLog, now
from .values import freeze

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from .own_code import OwnCode, OwnFunction

MAX_OF_FUNCTION = 20
"""Calls of one function that are recorded in one run."""

MAX_STACK = 64
"""Calls within each other that are recorded."""

MAX_RESUMES = 20
"""Times that a generator or coroutine is followed when it is resumed."""

MAX_MISSED = 200
"""Ends of calls that are not recorded, after which the ends of the function's recorded calls are given up: a recursion
passes each of its many ends by here while its outermost calls are recorded."""


_TOOL_IDS = (4, 3)
"""Ids of tools that Python reserves for nobody."""

_OTHERS = (0, 1, 2)
"""Ids of a debugger, of coverage and of a profiler."""

_TOOL = "sluice"
_monitoring: Any = getattr(sys, "monitoring", None)
_getframe = sys._getframe  # noqa: SLF001 - the only way to a callback's caller
_get_ident = _thread.get_ident


class CallHook:
    """Records calls of the team's functions.

    Args:
        own: the team's code.
        values: False to leave out arguments and results.
    """

    def __init__(self, own: OwnCode, *, values: bool) -> None:
        self._own = own
        self._values = values
        self._functions: dict[int, OwnFunction] = {}
        self._asleep: set[OwnFunction] = set()
        self._started: CallLog | None = None
        self._log: CallLog | None = None
        """The same, but None once recording has stopped."""
        self._tool: int | None = None
        self._unwinding = False

    def start(self) -> CallLog | str:
        """Start to record a run's calls.

        Returns:
            The calls; or the reason why there are none.
        """
        if _monitoring is None:
            return f"Python {sys.version_info[0]}.{sys.version_info[1]} cannot record calls; 3.12 and newer can"
        if sys.gettrace() or sys.getprofile() or any(map(_monitoring.get_tool, _OTHERS)):
            return "a debugger, coverage or a profiler is at work"
        if self._tool is None and not self._take_tool():
            return "sys.monitoring is used by other tools"
        self._wake()
        self._started = self._log = CallLog(values=self._values)
        return self._log

    def stop(self) -> None:
        """Stop recording."""
        started, self._started, self._log = self._started, None, None
        if started is not None:
            for call in started.calls:
                call.function.forget()
        for function in self._asleep:
            function.forget()

    # ---- the tool and its events

    def _take_tool(self) -> bool:
        for tool in _TOOL_IDS:
            if _monitoring.get_tool(tool) is None:
                _monitoring.use_tool_id(tool, _TOOL)
                self._tool = tool
                break
        else:
            return False
        events = _monitoring.events
        self._local = events.PY_START | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME
        callbacks: dict[int, Callable[..., Any]] = {
            events.PY_START: self._on_start,
            events.PY_RETURN: self._on_return,
            events.PY_YIELD: self._on_yield,
            events.PY_RESUME: self._on_resume,
            events.PY_UNWIND: self._on_unwind,
        }
        for event, callback in callbacks.items():
            _monitoring.register_callback(self._tool, event, callback)
        self._own.tell(self._follow)
        return True

    def _follow(self, function: OwnFunction) -> None:
        self._functions[id(function.code)] = function
        self._listen(function, self._local)

    def _listen(self, function: OwnFunction, events: int) -> None:
        _monitoring.set_local_events(self._tool, function.code, events)

    def _wake(self) -> None:
        # To take its events away and give them back wakes a function. `restart_events` would wake other tools', too.
        for function in self._asleep:
            self._listen(function, 0)
            self._listen(function, self._local)
        self._asleep.clear()
        if not self._unwinding:
            # Set once and left so: each change has Python look at all code again.
            _monitoring.set_events(self._tool, _monitoring.events.PY_UNWIND)
            self._unwinding = True

    def _sleep(self, code: CodeType) -> Any:
        function = self._functions.get(id(code))
        if function is not None:
            self._asleep.add(function)
        return _monitoring.DISABLE

    def _exhaust(self, log: CallLog) -> None:
        """End the recording of a run that has used up its budget."""
        self.stop()
        for function in self._functions.values():
            self._listen(function, 0)
            self._asleep.add(function)
        log.more.update(call.function for call in log.calls)

    # ---- callbacks

    def _on_start(self, code: CodeType, _offset: int) -> Any:
        log = self._log
        if log is None:
            return self._sleep(code)
        try:
            function = self._functions[id(code)]
            log.hooks -= 1
            if function.seen >= MAX_OF_FUNCTION or function.is_spent or len(log.calls) >= MAX_CALLS:
                log.more.add(function)
                return self._sleep(code)
            if log.hooks < 0:
                return self._exhaust(log)
            thread = _get_ident()
            stack = log.stacks.get(thread)
            if stack is None:
                stack = log.stacks[thread] = []
            frame = _getframe(1)
            if log.unwinds < 0 and stack:
                log.drop_left(stack, frame)
            if len(stack) >= MAX_STACK:
                log.more.add(function)
                return None
            caller = frame.f_back
            call = Call(
                function,
                len(log.calls),
                stack[-1].index if stack else log.parent_of_first(),
                id(frame),
                caller.f_code if caller else None,
                caller.f_lasti if caller else 0,
            )
            if function.parameters and not function.is_entry and log.room.values > 0:
                call.arguments = log.arguments_of(function, frame)
            log.calls.append(call)
            stack.append(call)
            function.seen += 1
            function.open += 1
            if function.is_resumable:
                log.resumable[call.frame] = call
            call.start = now()
        except Exception:  # noqa: BLE001 - it must not reach the handler
            self._log = None
        return None

    def _on_return(self, code: CodeType, _offset: int, value: object) -> Any:
        end = now()
        log = self._log
        if log is None:
            return self._sleep(code)
        try:
            function = self._functions[id(code)]
            log.hooks -= 1
            if not function.open:
                return self._sleep(code)
            stack = log.stacks.get(_get_ident())
            frame = _getframe(1)
            # Most ends that are not recorded are those of a recursion, which must cost as little as can be.
            sure = log.unwinds >= 0 and not function.is_resumable and (not stack or stack[-1].frame != id(frame))
            call = None if sure else log.take(frame)
            if call is not None:
                keep = value is not None and not function.is_entry and log.room.values > 0
                log.close(call, end, RETURNED, freeze(value, log.room) if keep else None)
                return None
            function.missed += 1
            if function.missed > MAX_MISSED:
                for one in [one for one in log.calls if one.frame and one.function is function]:
                    log.lose(one)
                function.is_spent = True
                return self._sleep(code)
            if log.hooks < 0:
                self._exhaust(log)
        except Exception:  # noqa: BLE001 - it must not reach the handler
            self._log = None
        return None

    def _on_yield(self, code: CodeType, _offset: int, _value: object) -> Any:
        log = self._log
        if log is None:
            return self._sleep(code)
        try:
            log.hooks -= 1
            function = self._functions[id(code)]
            if not function.open or function.is_spent:
                return self._sleep(code)
            call = log.resumable.get(id(_getframe(1)))
            if call is not None:
                log.leave(call)
                call.resumes += 1
                if call.resumes >= MAX_RESUMES:
                    # From here on only its end is noted. Its other calls are followed no more either, as this place
                    # in the code is theirs, too.
                    function.is_spent = True
                    for one in list(log.resumable.values()):
                        if one.function is function:
                            log.leave(one)
            if log.hooks < 0:
                self._exhaust(log)
        except Exception:  # noqa: BLE001 - it must not reach the handler
            self._log = None
        return None

    def _on_resume(self, code: CodeType, _offset: int) -> Any:
        log = self._log
        if log is None:
            return self._sleep(code)
        try:
            log.hooks -= 1
            function = self._functions[id(code)]
            if not function.open or function.is_spent:
                return self._sleep(code)
            call = log.resumable.get(id(_getframe(1)))
            if call is not None:
                log.stacks.setdefault(_get_ident(), []).append(call)
            if log.hooks < 0:
                self._exhaust(log)
        except Exception:  # noqa: BLE001 - it must not reach the handler
            self._log = None
        return None

    def _on_unwind(self, code: CodeType, offset: int, error: BaseException) -> None:
        log = self._log
        if log is None:
            return
        try:
            log.unwinds -= 1
            if log.unwinds < 0:
                _monitoring.set_events(self._tool, 0)
                self._unwinding = False
                return
            function = self._functions.get(id(code))
            if function is None or not function.open:
                return
            call = log.take(_getframe(1))
            if call is not None:
                call.raised_at = offset
                log.close(call, now(), RAISED, freeze(error, log.room))
        except Exception:  # noqa: BLE001 - it must not reach the handler
            self._log = None
