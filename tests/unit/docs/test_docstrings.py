"""Every public name says what it is for, and begins with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.support.pages import PROJECT

MODULES = sorted([*(PROJECT / "functions" / "sluice").rglob("*.py"), *(PROJECT / "infra").rglob("*.py")])

ON_EVERY_MODULE = pytest.mark.parametrize(
    "path", MODULES, ids=[path.relative_to(PROJECT).as_posix() for path in MODULES]
)

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

NO_OPENINGS = {"As", "How", "Of", "That", "What", "Whatever", "When", "Where", "Whether", "Who", "Whoever"}
"""Words after which a reader has to wait for what is meant. A function's docstring opens with a verb, any other with a
noun."""


def public_names(node: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """The module or class, and the public functions, classes and methods in it: also those of a private class."""
    yield node
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from public_names(child)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            yield child


def is_private(node: Documented) -> bool:
    return isinstance(node, ast.ClassDef) and node.name.startswith("_")


def name_of(node: Documented) -> str:
    return "module" if isinstance(node, ast.Module) else f"{node.name}, line {node.lineno}"


@ON_EVERY_MODULE
def test_every_public_name_has_a_docstring(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))

    bare = [name_of(node) for node in public_names(module) if not is_private(node) and not ast.get_docstring(node)]
    assert bare == []


@ON_EVERY_MODULE
def test_no_docstring_opens_with_a_question_word(path: Path) -> None:
    documented = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, Documented)
    ]

    openings = [(name_of(node), (ast.get_docstring(node) or "-").split()[0].strip(",.:'\u2019")) for node in documented]
    assert [(name, word) for name, word in openings if word in NO_OPENINGS] == []
