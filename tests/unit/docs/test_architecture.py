"""The packages of the code are those that docs/architecture.md describes, and use each other as it draws them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter

from sluice.stage.deployed_files import PACKAGES_NOT_DEPLOYED

from tests.unit.support.pages import PAGES, PROJECT

LIBRARY = PROJECT / "functions" / "sluice"
ARCHITECTURE = PAGES["docs/architecture.md"]
PACKAGES = {path.parent.name for path in LIBRARY.glob("*/__init__.py")} | {"clock", "errors"}


def levels() -> list[set[str]]:
    """The packages as the diagram of layers has them, lowest first."""
    (diagram,) = [text for kind, text in ARCHITECTURE.blocks if kind == "mermaid" and text.startswith("flowchart BT")]
    return [set(names.split(", ")) for names in re.findall(r'\["([^"]+)"\]', diagram)]


def imports() -> Iterator[tuple[str, str]]:
    """Each import from one package into another."""
    for path in LIBRARY.rglob("*.py"):
        parts = ("sluice", *path.relative_to(LIBRARY).parent.parts)
        package = path.relative_to(LIBRARY).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                module = node.module.split(".") if node.module else []
                names = [*parts[: len(parts) - node.level + 1], *module] if node.level else module
                for target in [names[1]] if len(names) > 1 else [alias.name for alias in node.names]:
                    if names[:1] == ["sluice"] and package in PACKAGES and target in PACKAGES - {package}:
                        yield package, target


def test_every_package_has_a_caption() -> None:
    rows = ARCHITECTURE.rows("package")
    linked = [re.findall(r"\[`(\w+)`\]\(\.\./functions/sluice/(\w+)\)", cell) for cell, _ in rows]

    assert [[(name, name)] for ((name, _),) in linked] == linked
    assert {name for ((name, _),) in linked} == PACKAGES - {"clock", "errors"}
    apart = {re.findall(r"`(\w+)`", cell)[0] for cell, caption in rows if "not deployed" in caption}
    assert apart == set(PACKAGES_NOT_DEPLOYED)


def test_every_package_has_one_layer() -> None:
    assert sorted(package for level in levels() for package in level) == sorted(PACKAGES)


def test_no_import_runs_up() -> None:
    level_of = {package: number for number, level in enumerate(levels()) for package in level}
    found = set(imports())

    assert len(found) > 40
    assert [(package, target) for package, target in found if level_of[package] < level_of[target]] == []


def test_no_imports_run_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for package, target in imports():
        graph.setdefault(package, set()).add(target)

    TopologicalSorter(graph).prepare()
