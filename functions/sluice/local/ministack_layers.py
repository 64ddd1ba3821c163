"""A layer is unpacked once for all of a local cloud's functions.

MiniStack unpacks its thousands of files for each process of each function: most of a cold start. And it deletes
them all again, with everything at a standstill, when a deployment brings new code.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import types
import zipfile
from pathlib import Path

from ministack.core import lambda_runtime  # type: ignore[import-untyped]

_PREFIX = "layer_"
"""What the names start with of the archives, and of the directories, that MiniStack makes of layers."""

_lock = threading.Lock()


class SharedLayer:
    """In the place of a `ZipFile` of a layer.

    Args:
        archive: its path.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def __enter__(self) -> SharedLayer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def namelist(self) -> list[str]:
        """Nothing for MiniStack to check: `zipfile` itself unpacks nothing outside of the directory it is given."""
        return []

    def extractall(self, directory: str) -> None:
        """Make the directory, which is there and empty, a link to what all functions share.

        Args:
            directory: its path.
        """
        content = hashlib.sha256(self._archive.read_bytes()).hexdigest()
        shared = Path(tempfile.gettempdir(), "layers", content)
        with _lock:
            if not shared.is_dir():
                half = shared.with_suffix(".half")
                with zipfile.ZipFile(self._archive) as archive:
                    archive.extractall(half)
                half.rename(shared)
        self._archive.unlink()
        own = Path(directory)
        own.rmdir()
        own.symlink_to(shared, target_is_directory=True)


def open_archive(path: str) -> SharedLayer | zipfile.ZipFile:
    """What `lambda_runtime` is to have for `zipfile.ZipFile`."""
    archive = Path(path)
    return SharedLayer(archive) if archive.name.startswith(_PREFIX) else zipfile.ZipFile(archive)


def install() -> None:
    """Put it into MiniStack, before MiniStack is started."""
    lambda_runtime.zipfile = types.SimpleNamespace(**vars(zipfile) | {"ZipFile": open_archive})
