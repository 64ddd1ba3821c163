"""The check that a handler's source defines a `handle` that takes an event. It parses the source without running it."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence

_FIX = "def handle(event): ..."

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_NOT_FUNCTIONS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp)

_FOR_TWO = frozenset({"capture_lambda_handler", "inject_lambda_context", "log_metrics"})
"""Powertools' decorators of Lambda handlers, which are called with an event and Lambda's context."""


def problem_with_handle(source: bytes, *, python: str) -> str | None:
    """Return the problem of a handler's file, with its fix; None if there is none.

    Args:
        source: its content.
        python: the version of Python that will run it.
    """
    major, minor = map(int, python.split("."))
    version = min((major, minor), sys.version_info[:2])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source, feature_version=version)
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        return f"{line}{error.msg} (read as Python {version[0]}.{version[1]})"
    except ValueError as error:
        return f"it is not Python source: {error}; save it as text, with {_FIX}"
    bound = list(_bindings(module.body, "handle"))
    if not bound:
        return f"it has no function `handle` at its top level; write {_FIX}"
    # The last binding is the one that an import leaves.
    return _problem_with(_resolved(bound[-1], module.body))


def _resolved(bound: ast.AST | None, statements: Sequence[ast.stmt]) -> ast.AST | None:
    """Return the function that a name stands for, as in `handle = process`; anything else as it is."""
    seen = {"handle"}
    while isinstance(bound, ast.Name) and bound.id not in seen:
        seen.add(bound.id)
        found = list(_bindings(statements, bound.id))
        # Without a binding it is one of Python's own functions.
        bound = found[-1] if found else None
    return None if isinstance(bound, ast.Name) else bound


def _bindings(statements: Sequence[ast.stmt], name: str) -> Iterator[ast.AST | None]:
    """Yield what a name is bound to, in order; None where only running the source would tell."""
    for statement in statements:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if statement.name == name:
                yield statement
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        yield value
                    elif any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target)):
                        yield None
            case ast.AnnAssign(target=ast.Name(id=target_name), value=ast.expr() as value) if target_name == name:
                yield value
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                if any((alias.asname or alias.name) in {name, "*"} for alias in names):
                    yield None
            case _:
                yield from _bindings(_within(statement), name)


def _within(statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements in a statement's blocks, in order."""
    match statement:
        case ast.If() | ast.For() | ast.While():
            return [*statement.body, *statement.orelse]
        case ast.With():
            return statement.body
        case ast.Match(cases=cases):
            return [inner for case in cases for inner in case.body]
        case ast.Try() | ast.TryStar():
            handled = [inner for handler in statement.handlers for inner in handler.body]
            return [*statement.body, *handled, *statement.orelse, *statement.finalbody]
    return []


def _problem_with(bound: ast.AST | None) -> str | None:
    match bound:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _problem_with_function(bound)
        case ast.Lambda():
            return _problem_with_arguments(bound.args, bound.lineno)
        case ast.expr() if isinstance(bound, _NOT_FUNCTIONS):
            return f"line {bound.lineno}: `handle` is not a function; write {_FIX}"
    return None


def _problem_with_function(function: _Function) -> str | None:
    decorator = next(filter(None, map(_decorator_for_two, function.decorator_list)), None)
    if decorator:
        return (
            f"line {function.lineno}: the decorator {decorator} needs Lambda's context, and `handle` is called with the"
            " event alone; remove it. Log lines have the handler, the event's id and the attempt in them already"
        )
    if function.decorator_list:
        return None
    if _is_generator(function):
        return f"line {function.lineno}: `handle` contains yield, so calling it would run nothing; use return instead"
    return _problem_with_arguments(function.args, function.lineno)


def _decorator_for_two(decorator: ast.expr) -> str | None:
    """Return the name of a decorator whose functions are called with an event and Lambda's context."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else None
    return name if name in _FOR_TWO else None


def _problem_with_arguments(arguments: ast.arguments, line: int) -> str | None:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    keywords = [
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    if len(required) <= 1 and not keywords and (positional or arguments.vararg):
        return None
    needed = [argument.arg for argument in required] + keywords
    takes = f"needs {', '.join(needed)}" if needed else "takes none"
    return f"line {line}: `handle` is called with one argument, the event, but {takes}; write {_FIX}"


def _is_generator(function: _Function) -> bool:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        # A yield in an inner function is that function's own.
        if not isinstance(node, _Function | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return False
