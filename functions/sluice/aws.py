"""boto3 clients for a stage: AWS with the caller's own credentials, or the local cloud."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from .errors import StageNotSetError
from .names import LOCAL_STAGE, check_stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

DEFAULT_PORT = 4566
"""The local cloud's port unless SLUICE_PORT says otherwise."""

LOCAL_REGION = "us-east-1"

_CONNECTIONS = 32
"""Enough for every thread that this library starts to have its own connection."""

_clients: dict[tuple[str, str, bool], Any] = {}
_lock = threading.Lock()


def current_stage(stage: str | None = None) -> str:
    """The stage asked for, or else the one that SLUICE_STAGE names, as it does in every handler.

    Raises:
        StageNotSetError: neither says which.
        InvalidNameError: it is no stage's name.
    """
    chosen = stage or os.environ.get("SLUICE_STAGE")
    if not chosen:
        raise StageNotSetError(
            "which stage? Set the environment variable SLUICE_STAGE, or pass stage='prod' (or 'local')"
        )
    return check_stage(chosen)


def local_endpoint() -> str:
    """Where the local cloud listens: 127.0.0.1, at SLUICE_PORT."""
    return f"http://127.0.0.1:{os.environ.get('SLUICE_PORT') or DEFAULT_PORT}"


def client(service: str, stage: str) -> Any:
    """A boto3 client for a service of the stage's cloud, made once a process.

    A program's own AWS_ENDPOINT_URL is respected also for the local stage. A client made before moto was
    imported would go past moto to AWS, hence a client of its own once moto is there.
    """
    key = (service, stage, "moto" in sys.modules)
    with _lock:
        if key not in _clients:
            _clients[key] = _make(service, stage)
        return _clients[key]


def forget_clients() -> None:
    """Make new clients from here on, for tests and programs that change the environment they are made from."""
    with _lock:
        _clients.clear()


def sqs(stage: str) -> SQSClient:
    """The stage's SQS client."""
    made: SQSClient = client("sqs", stage)
    return made


def dynamodb(stage: str) -> DynamoDBClient:
    """The stage's DynamoDB client."""
    made: DynamoDBClient = client("dynamodb", stage)
    return made


def _make(service: str, stage: str) -> Any:
    make: Any = boto3.client  # the stubs know services by name only
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=_CONNECTIONS)
    if stage == LOCAL_STAGE and "AWS_ENDPOINT_URL" not in os.environ:
        return make(
            service,
            endpoint_url=local_endpoint(),
            region_name=LOCAL_REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's, worth nothing
            config=config,
        )
    return make(service, config=config)
