"""New credentials for each local cloud, so that only its owner's programs can use it."""

from __future__ import annotations

import secrets

from ..stage.clients import LOCAL_REGION
from ..stage.local_credentials import KEY_ID, credentials_file

_BYTES = 32
"""Random bytes of a secret."""


def make_secret(port: int) -> str:
    """Make a secret access key and write it to its file.

    Args:
        port: the local cloud's port.
    """
    secret = secrets.token_hex(_BYTES)
    file = credentials_file(port)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    # The mode is set as the file is made: nobody else can open it in between.
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(
        f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {secret}\nregion = {LOCAL_REGION}\n"
    )
    return secret


def forget_secret(port: int) -> None:
    """Delete the file with the secret access key.

    Args:
        port: the local cloud's port.
    """
    credentials_file(port).unlink(missing_ok=True)
