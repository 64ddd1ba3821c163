"""Run MiniStack so that its handlers see only what they would see on AWS: the bundle and the layer.

MiniStack starts handlers with the Python that it runs in itself. That Python would give them this project's packages,
or those of the Python that its environment was made from, which AWS does not have. So they get a Python without any
packages but those that AWS's has.

This is a program, not a module to import. Its one argument is MiniStack's temporary directory, which also tells this
process from all others.
"""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

from ministack.app import main  # type: ignore[import-untyped]

from sluice.local import (
    ministack_custom_resources,
    ministack_guard,
    ministack_iam,
    ministack_layers,
    ministack_pythons,
    ministack_scheduler,
)

if __name__ == "__main__":
    ministack_custom_resources.install()
    ministack_guard.install(os.environ["AWS_SECRET_ACCESS_KEY"])
    ministack_iam.install()
    ministack_layers.install()
    ministack_scheduler.install()
    bare = Path(sys.argv[1]) / "python"
    venv.EnvBuilder(symlinks=True).create(bare)
    ministack_custom_resources.add_packages_of_runtime(bare)
    sys.executable = str(bare / "bin" / "python")
    ministack_pythons.install(Path(sys.argv[1]), Path(sys.argv[1]) / "pythons.json")
    sys.argv = ["ministack"]
    main()
