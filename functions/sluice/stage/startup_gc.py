"""Imported before all else: in a handler's function, garbage is not collected until everything is imported.

What imports leave behind is hardly any garbage, and looking for it takes a twelfth of a cold start (measured by
tests/bench). `sluice.worker.entry`, which Lambda imports there and nowhere else, turns it on again.
"""

from __future__ import annotations

import gc
import os

if "SLUICE_HANDLER" in os.environ and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
