"""Layers that are unpacked once for all of a local cloud's functions.

MiniStack unpacks a layer's thousands of files for each process of each function, which is most of a cold start. When a
deployment brings new code, it deletes them all, and nothing else runs meanwhile.
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
"""The start of the names that MiniStack gives to a layer's archive and directory."""

_lock = threading.Lock()


class SharedLayer:
    """A stand-in for the `ZipFile` of a layer.

    Args:
        archive: the path of the archive.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def __enter__(self) -> SharedLayer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def namelist(self) -> list[str]:
        """Return no names for MiniStack to check: `zipfile` never unpacks outside of the directory that it is given."""
        return []

    def extractall(self, directory: str) -> None:
        """Replace an empty directory by a link to the directory that all functions share.

        Args:
            directory: the path of the empty directory.
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
    """Open an archive, in the place of `zipfile.ZipFile`.

    Args:
        path: the path of the archive.
    """
    archive = Path(path)
    return SharedLayer(archive) if archive.name.startswith(_PREFIX) else zipfile.ZipFile(archive)


def install() -> None:
    """Put `open_archive` into MiniStack. Call it before MiniStack is started."""
    lambda_runtime.zipfile = types.SimpleNamespace(**vars(zipfile) | {"ZipFile": open_archive})
