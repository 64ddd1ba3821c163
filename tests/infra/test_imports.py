"""The imports between infra's packages."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

from tests.infra.support.synth import PROJECT

INFRA = PROJECT / "infra"
PACKAGES = {path.name for path in INFRA.iterdir() if (path / "__init__.py").is_file()}


def test_no_two_packages_import_each_other() -> None:
    """A module of infra itself counts as a package, so that no package imports it in a circle either."""
    imported: dict[str, set[str]] = {}
    for path in INFRA.rglob("*.py"):
        package = path.relative_to(INFRA).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.level == len(path.relative_to(INFRA).parts):
                names = [node.module] if node.module else [alias.name for alias in node.names]
                imported.setdefault(package, set()).update(name.partition(".")[0] for name in names)
    assert imported["stack"] >= PACKAGES
    order = list(TopologicalSorter(imported).static_order())
    assert order.index("shared") < order.index("handler") < order.index("checks") < order.index("stack")
