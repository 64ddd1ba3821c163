"""Run MiniStack, whose handlers run in a bare Python: what they import comes from the bundle and the layer alone.

MiniStack starts its Lambda processes with the Python it runs in itself. In this project's own environment those
would find packages that AWS doesn't have, and so they would in the Python that it was made from. A program, not to be
imported: its one argument names its temporary directory, which tells it apart from any other process.
"""

from __future__ import annotations

import sys
import venv
from pathlib import Path

from ministack.app import main  # type: ignore[import-untyped]

from sluice.local import ministack_iam, ministack_layers, ministack_scheduler

if __name__ == "__main__":
    ministack_iam.install()
    ministack_layers.install()
    ministack_scheduler.install()
    bare = Path(sys.argv[1]) / "python"
    venv.EnvBuilder(symlinks=True).create(bare)
    sys.executable = str(bare / "bin" / "python")
    sys.argv = ["ministack"]
    main()
