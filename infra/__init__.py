"""The CDK code that deploys a stage, and the entries that app.py lists."""

from .node import use_packaged_node

use_packaged_node()

from .entries import Cron, Worker  # noqa: E402 - Node is chosen first
from .problems import InvalidAppError  # noqa: E402
from .stack import SluiceStack  # noqa: E402
from .stage import stage_of  # noqa: E402

__all__ = ["Cron", "InvalidAppError", "SluiceStack", "Worker", "stage_of"]
