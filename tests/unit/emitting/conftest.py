"""EventBridge Scheduler on moto, with the stage's schedule group."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.unit.support.cloud import Cloud


@pytest.fixture
def scheduler(cloud: Cloud) -> Any:
    client: Any = boto3.client("scheduler")
    client.create_schedule_group(Name=cloud.names.schedule_group)
    return client
