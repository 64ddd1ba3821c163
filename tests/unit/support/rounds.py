"""The number of rounds of the randomised tests, of pausing above all: few by default, many in `.ci/run`.

The environment variable SLUICE_TEST_HISTORIES sets it:

- not set: 100 rounds, the same ones each time, in a few seconds.
- `1000`: that many, the same ones each time, so that only a change can make them fail. `.ci/run` sets this.
- `new:50000`: that many new ones, different each time, to search for faults for as long as you like. A failure prints
  the steps or the seed that repeat it.

The test of attempts runs a fiftieth of these, ten at least, which differ each time: each round has a stage of its own.
"""

from __future__ import annotations

import os

_SETTING = os.environ.get("SLUICE_TEST_HISTORIES", "100")

NEW = _SETTING.startswith("new:")
"""True if the rounds differ each time."""

ROUNDS = int(_SETTING.removeprefix("new:"))
"""Number of random histories, and of random interleavings."""
