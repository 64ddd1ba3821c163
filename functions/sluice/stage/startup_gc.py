"""Imported before anything else of `sluice`: turns garbage collection off while a handler's function starts.

Imports leave hardly any garbage, and looking for it takes a twelfth of a cold start (measured by tests/bench).
`sluice.worker.entry`, which only Lambda imports, turns it on again.
"""

from __future__ import annotations

import gc
import os

if "SLUICE_HANDLER" in os.environ and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
