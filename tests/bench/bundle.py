"""The bundles that are measured: as the template deploys a checkout, but for this machine, and the peers'."""

from __future__ import annotations

import compileall
import importlib.metadata
import py_compile
import shutil
from dataclasses import dataclass
from pathlib import Path

from sluice.stage.deployed_files import is_deployed

from infra.bundle import build_layer
from infra.bundle.target import this_machine

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]

HANDLER = '''"""The measured handler does next to nothing, so that the time is the worker's."""

from sluice import emit_many

try:
    from sluice.emitting.current_run import Run, under_way
except ImportError:
    # In commits before version 0.2, which `compare` can measure too.
    from sluice.run import Run, under_way

RUN = Run("01900000-0000-7000-8000-000000000000", "bench")


def handle(event):
    return {"done": event["id"]}


def send(events):
    with under_way(RUN):
        emit_many("bench", events)
'''


@dataclass(frozen=True)
class Bundle:
    """Directories for a function's `sys.path`.

    Attributes:
        code: the function's own code.
        layer: its packages.
        runtime: Lambda's runtime client, which every function has.
    """

    code: Path
    layer: Path
    runtime: Path

    @property
    def paths(self) -> list[str]:
        """The directories in Lambda's order."""
        return [str(self.code), str(self.layer), str(self.runtime)]


def build(into: Path, authorities: Path, checkout: Path = PROJECT, *, compiled: bool) -> Bundle:
    """Build the bundle of a checkout.

    Args:
        into: the directory for it.
        authorities: the file of certificates that botocore trusts: its own, and the server's.
        checkout: the directory of the checkout.
        compiled: True for .pyc files of the code and the layer. The runtime always has them, as on Lambda.
    """
    code = into / "code"
    shutil.copytree(checkout / "functions", code, ignore=_not_deployed(checkout / "functions"))
    (code / "handlers").mkdir(exist_ok=True)
    (code / "handlers" / "bench.py").write_text(HANDLER)
    return _finished(into, authorities, checkout, compiled=compiled)


def build_peers(into: Path, authorities: Path, *, compiled: bool) -> Bundle:
    """Build the peers' bundle, with the same packages."""
    shutil.copytree(HERE / "peers", into / "code" / "peers", ignore=_bytecode)
    return _finished(into, authorities, PROJECT, compiled=compiled)


def _finished(into: Path, authorities: Path, checkout: Path, *, compiled: bool) -> Bundle:
    bundle = Bundle(into / "code", into / "layer", into / "runtime")
    shutil.copytree(build_layer(checkout, this_machine()).directory / "python", bundle.layer, ignore=_bytecode)
    shutil.copyfile(authorities, bundle.layer / "botocore" / "cacert.pem")
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in importlib.metadata.distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (bundle.runtime / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), bundle.runtime / file)
    for directory in [bundle.runtime, *([bundle.code, bundle.layer] if compiled else [])]:
        compileall.compile_dir(
            directory, quiet=2, workers=0, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    return bundle


def _bytecode(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"}


def _not_deployed(root: Path):  # type: ignore[no-untyped-def] # shutil's type for it is private
    def ignored(directory: str, names: list[str]) -> set[str]:
        inside = Path(directory).relative_to(root)
        return {name for name in names if not is_deployed(inside / name)}

    return ignored
