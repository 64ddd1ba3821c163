"""The team's own code: the modules in `functions/handlers`, noted as they are imported.

Their files tell whose frame a frame is. Their code objects are those whose calls are recorded.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.machinery import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

MAX_FUNCTIONS = 5_000
"""Functions whose calls are recorded. A module that is loaded again and again brings new ones each time."""

_OPTIMIZED, _VARARGS, _VARKEYWORDS, _RESUMABLE = 0x1, 0x4, 0x8, 0x20 | 0x80 | 0x200
"""Flags of code objects: a function's, one with `*args`, with `**kwargs`, a generator's or coroutine's."""


class OwnFunction:
    """A function of the team's.

    Args:
        code: its code.
        index: its place among all of them.
        file: its file, such as `handlers/send_receipt.py`.
        is_entry: True for the handler's `handle`.

    Attributes:
        name: its qualified name.
        line: the line on which it starts.
        parameters: their names.
        is_resumable: True for a generator or coroutine.
        seen: calls recorded in the run under way.
        open: those of them that have not ended.
        missed: ends of calls that are not recorded, in the run under way.
        is_spent: True if no more of its calls are recorded in the run under way.
    """

    __slots__ = (
        *("code", "file", "index", "is_entry", "is_resumable", "is_spent"),
        *("line", "missed", "name", "open", "parameters", "seen"),
    )

    def __init__(self, code: CodeType, index: int, file: str, *, is_entry: bool) -> None:
        flags = code.co_flags
        count = code.co_argcount + code.co_kwonlyargcount + bool(flags & _VARARGS) + bool(flags & _VARKEYWORDS)
        # Kept, so that no other code gets its id.
        self.code = code
        self.index = index
        self.file = file
        self.is_entry = is_entry
        self.name = code.co_qualname
        self.line = code.co_firstlineno
        self.parameters = code.co_varnames[:count]
        self.is_resumable = bool(flags & _RESUMABLE)
        self.forget()

    def forget(self) -> None:
        """Forget the run that has ended."""
        self.seen = self.open = self.missed = 0
        self.is_spent = False


class OwnCode:
    """The team's code in this process. It stands on `sys.meta_path` before Python's own finders.

    Args:
        package: the package of the handlers.
        entry: the name of the handler's module, whose `handle` Sluice calls.
    """

    def __init__(self, entry: str, package: str = "handlers") -> None:
        self._entry = entry
        self._prefix = package + "."
        self.files: dict[str, str] = {}
        """File as code objects name it: as it is shown."""
        self.functions: list[OwnFunction] = []
        self._follow: Callable[[OwnFunction], None] | None = None

    def install(self) -> None:
        """Note modules from now on. Call it before the handler's module is imported."""
        sys.meta_path.insert(0, self)

    def tell(self, follow: Callable[[OwnFunction], None]) -> None:
        """Call a function for each function of the team's, also for those that are imported later."""
        self._follow = follow
        for function in self.functions:
            follow(function)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load a module of the team's; None for any other. Python's import calls this.

        Args:
            name: the module's name.
            path: the package's directories.
            target: the module that is loaded again.
        """
        if not name.startswith(self._prefix):
            return None
        spec = PathFinder.find_spec(name, path, target)
        # By type: a loader of somebody else's, such as a debugger's, stays as it is.
        if spec is not None and type(spec.loader) is SourceFileLoader and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self)
        return spec

    def add(self, module: str, code: CodeType) -> None:
        """Note the functions of a module.

        Args:
            module: its name.
            code: its code.
        """
        parts = code.co_filename.split("/")
        depth = module.count(".") + 1 + (parts[-1] == "__init__.py")
        file = self.files[code.co_filename] = "/".join(parts[-depth:])
        for one in _functions_in(code):
            if len(self.functions) < MAX_FUNCTIONS:
                is_entry = module == self._entry and one.co_qualname == "handle"
                function = OwnFunction(one, len(self.functions), file, is_entry=is_entry)
                self.functions.append(function)
                if self._follow is not None:
                    self._follow(function)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, own: OwnCode) -> None:
        super().__init__(name, path)
        self._own = own

    def get_code(self, fullname: str) -> CodeType | None:
        """Return a module's code, noted."""
        code = super().get_code(fullname)
        if code is not None:
            # Whatever goes wrong, the handler's import must not fail because of it.
            with suppress(Exception):
                self._own.add(fullname, code)
        return code


def _functions_in(code: CodeType) -> list[CodeType]:
    """Return the code of a module's functions, methods and lambdas: not of its classes and comprehensions."""
    found, left = [], [code]
    while left:
        for constant in left.pop().co_consts:
            if type(constant) is type(code):
                left.append(constant)
                name = constant.co_name
                if constant.co_flags & _OPTIMIZED and (name[0] != "<" or name == "<lambda>"):
                    found.append(constant)
    return found
