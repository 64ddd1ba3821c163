"""The stage `local`: in the local cloud, which heeds IAM here."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

from tests.aws.support.stage import Credentials, Stage

REGION = "us-east-1"


class LocalStage(Stage):
    """The local cloud at a port of its own."""

    is_local = True
    patience = 600.0
    pause_s = 0.5

    def _deploy(self) -> None:
        self.sluice("up")

    def close(self) -> None:
        self.sluice("down")

    def environment(self, credentials: Credentials | None) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
        mine = others | {"SLUICE_PORT": str(self._project.port), "SLUICE_LOCAL_IAM": "1"}
        if credentials is None:
            return mine
        return mine | {"SLUICE_LOCAL_KEY_ID": credentials.key, "SLUICE_LOCAL_SECRET": credentials.secret}

    def _make_client(self, service: str, credentials: Credentials | None) -> Any:
        who = credentials or Credentials(*self._project.credentials)
        make: Any = boto3.Session().client
        return make(
            service,
            endpoint_url=f"http://127.0.0.1:{self._project.port}",
            region_name=REGION,
            aws_access_key_id=who.key,
            aws_secret_access_key=who.secret,
            config=Config(proxies={}),
        )
