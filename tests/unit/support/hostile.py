"""Values whose own code must not run when somebody looks at them. Each notes what was called, and raises."""

from __future__ import annotations

import collections
import threading
import weakref
from collections.abc import Callable
from typing import Any
from unittest import mock

METHODS = (
    "__repr__",
    "__str__",
    "__len__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__contains__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__bool__",
    "__int__",
    "__float__",
    "__index__",
    "__getattr__",
    "__getattribute__",
    "__dir__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__sizeof__",
    "__format__",
    "__bytes__",
    "__call__",
    "__instancecheck__",
    "__length_hint__",
    "__lt__",
    "keys",
    "values",
    "items",
    "get",
    "copy",
    "__copy__",
    "__deepcopy__",
    "isoformat",
    "utcoffset",
    "as_tuple",
    "bit_length",
    "decode",
    "__fspath__",
    "__missing__",
    "__reversed__",
    "__enter__",
    "__trunc__",
    "__round__",
    "__floor__",
    "__neg__",
    "__abs__",
    "__array__",
    "_repr_html_",
    "__rich_repr__",
    "__sentry_repr__",
)
META_METHODS = (
    "__hash__",
    "__eq__",
    "__getattribute__",
    "__instancecheck__",
    "__subclasscheck__",
    "__call__",
    "__repr__",
    "__dir__",
)

BASES: tuple[Any, ...] = (
    *(object, dict, list, tuple, set, frozenset, str, bytes, int, float, complex, bytearray, Exception),
    *(collections.deque, collections.OrderedDict, collections.defaultdict),
)


class Hostile:
    """Values of hostile classes, by name, and what of their own code has run since `arm`."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self._armed = False
        self.meta = self._meta()
        self.values = self._values()

    def arm(self) -> None:
        """Note calls from now on."""
        self._armed = True
        self.called.clear()

    def disarm(self) -> None:
        """Note no more calls."""
        self._armed = False

    def _trap(self, name: str) -> Callable[..., Any]:
        def method(*_args: Any, **_more: Any) -> Any:
            if self._armed:
                self.called.append(name)
            raise RuntimeError(name)

        return method

    def _meta(self) -> type:
        def noting(name: str) -> Callable[..., Any]:
            def method(cls: Any, *args: Any, **more: Any) -> Any:
                if self._armed:
                    self.called.append(f"the metaclass's {name}")
                return getattr(type, name)(cls, *args, **more)

            return method

        return type("Meta", (type,), {name: noting(name) for name in META_METHODS})

    def make_class(self, base: type, **more: Any) -> Any:
        traps = {name: self._trap(name) for name in METHODS}
        return self.meta("Hostile", (base,), {**traps, "__class__": property(self._trap("__class__")), **more})

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {base.__name__: base.__new__(self.make_class(base)) for base in BASES}
        dict.__setitem__(values["dict"], "a", 1)
        list.append(values["list"], 1)
        slotted = self.make_class(object, __slots__=("a", "b"))
        values["slots"] = object.__new__(slotted)
        vars(type)["__dict__"].__get__(slotted)["a"].__set__(values["slots"], 5)
        values["__dict__ as a property"] = object.__new__(
            self.make_class(object, __dict__=property(self._trap("__dict__")))
        )
        values["in a dict"] = {"a": values["object"]}
        values["as a dict's key"] = {Odd(): 1}
        values["in a list"] = [values["object"]] * 2
        values["a mock"] = mock.MagicMock()
        values["a weak proxy"] = weakref.proxy(threading.Event())
        return values


class Odd:
    """A key that is no text."""
