"""The source of a handler's function as it is deployed, from the function's own code."""

from __future__ import annotations

import base64
import io
import threading
import urllib.request
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..stage import clients
from ..stage.names import Names

_MOST_BYTES = 64 * 1024 * 1024
"""Bytes of a function's code that are read at most. Lambda's own limit is 250 MB unzipped."""

_MOST_FILE = 1024 * 1024
"""Bytes of a file of source that is read at most."""

_SECONDS = 10
"""Seconds to wait for the code."""

_KEPT = 16
"""Functions' sources that are kept in memory."""


@dataclass(frozen=True, kw_only=True)
class DeployedSource:
    """The team's own files of a function.

    Attributes:
        files: each file's text by its path in the code, such as `handlers/send_receipt.py`.
        modified_ms: when the function was last deployed or configured, in milliseconds since 1970; None if unknown.
        digest: the first digits of the code's SHA-256, as Lambda reports it.
    """

    files: Mapping[str, str]
    modified_ms: int | None
    digest: str


Fetch = Callable[[str], bytes]

_kept: OrderedDict[tuple[str, str, str], Mapping[str, str]] = OrderedDict()
_lock = threading.Lock()


def deployed_source(
    stage: str, handler: str, *, project: Path | None = None, fetch: Fetch | None = None
) -> DeployedSource | None:
    """Return the source of a handler's function; None if AWS does not give its code.

    Args:
        stage: the stage.
        handler: the handler's name.
        project: the project that the stage was deployed from, where its files are to be read: for the local cloud,
            which gives no code.
        fetch: reads a URL that AWS signed, for tests.

    Raises:
        botocore.exceptions.ClientError: AWS refused to describe the function.
    """
    functions: Any = clients.client("lambda", stage)
    answer = functions.get_function(FunctionName=Names(stage).function(handler))
    digest = _hex(answer["Configuration"].get("CodeSha256", ""))
    modified_ms = _milliseconds(answer["Configuration"].get("LastModified"))
    if project is not None:
        return DeployedSource(files=working_copy(project, modified_ms), modified_ms=modified_ms, digest=digest[:7])
    location = answer.get("Code", {}).get("Location", "")
    key = (stage, handler, digest)
    with _lock:
        files = _kept.get(key)
    if files is None:
        try:
            files = _python_files((fetch or fetch_code)(location))
        except (OSError, ValueError, zipfile.BadZipFile):
            return None
        with _lock:
            _kept[key] = files
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return DeployedSource(files=files, modified_ms=modified_ms, digest=digest[:7])


def working_copy(project: Path, modified_ms: int | None) -> Mapping[str, str]:
    """Return the team's files as they are in the working copy, without those that changed after the deployment.

    Args:
        project: the project's root.
        modified_ms: when the function was deployed.
    """
    functions = project / "functions"
    found = {}
    for path in sorted((functions / "handlers").rglob("*.py")):
        status = path.stat()
        if status.st_size <= _MOST_FILE and (modified_ms is None or status.st_mtime * 1000 <= modified_ms):
            found[path.relative_to(functions).as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return found


def fetch_code(location: str) -> bytes:
    """Return what is at a URL that AWS signed.

    Raises:
        ValueError: it is another URL, or what is there is too large.
        OSError: it could not be read.
    """
    if not location.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError("not a URL of AWS's or of the local cloud's")
    with urllib.request.urlopen(location, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme is checked above
        data: bytes = answer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError("the code is too large")
    return data


def _python_files(data: bytes) -> Mapping[str, str]:
    """Return the team's files in a bundle: those of its `handlers`."""
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        return {
            entry.filename: bundle.read(entry).decode("utf-8", "replace")
            for entry in bundle.infolist()
            if entry.filename.startswith("handlers/") and entry.filename.endswith(".py")
            if entry.file_size <= _MOST_FILE
        }


def _hex(sha: str) -> str:
    try:
        return base64.b64decode(sha, validate=True).hex()
    except ValueError:
        return sha


def _milliseconds(text: object) -> int | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
