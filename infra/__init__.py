"""What is deployed: the CDK constructs, and the settings that app.py gives them."""

from .node import use_packaged_node

use_packaged_node()

from .entries import Cron, Worker  # noqa: E402 - after Node is chosen
from .problems import InvalidAppError  # noqa: E402
from .stack import SluiceStack  # noqa: E402
from .stage import stage_of  # noqa: E402

__all__ = ["Cron", "InvalidAppError", "SluiceStack", "Worker", "stage_of"]
