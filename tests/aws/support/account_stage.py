"""A stage on an AWS account, with the caller's own credentials."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws.support.stage import Credentials, Stage

TAG = "sluice-promises"
"""The tag of all that the suite deploys: see project_app.py."""

SAME_NAME = 65.0
"""Seconds after a queue's end in which SQS takes no other of its name: 60, and some for clocks."""

ADOPT = ("--import-existing-resources",)
"""Options of `cdk deploy` with which a new stack takes over the trace table that an earlier one left."""


class AccountStage(Stage):
    """A stage on AWS.

    Args:
        name: its name.
        root: an empty directory for the project that is deployed.
        region: where.
    """

    is_local = False
    # CloudFormation, IAM and event source mappings take minutes; a queue's visibility timeout is three.
    patience = 900.0
    pause_s = 2.0

    def __init__(self, name: str, root: Path, region: str) -> None:
        super().__init__(name, root)
        self.region = region

    def check(self) -> None:
        """Refuse an account without bootstrap, and a stage that somebody else has made.

        Raises:
            pytest.UsageError: it must not, or cannot, be deployed to.
        """
        if self._stack("CDKToolkit") is None:
            raise pytest.UsageError(
                f"the CDK has nothing in {self.region} to deploy with; run, once: sluice cdk bootstrap --stage"
                f" {self.name}"
            )
        stack = self._stack(self.names.stack)
        theirs = f"stage {self.name!r} is not one of this suite's, which would change and destroy it; choose another"
        if stack is not None and not _is_ours(stack["Tags"]):
            raise pytest.UsageError(theirs)
        table = self._table()
        if table is not None:
            tags = self.client("dynamodb").list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
            if not _is_ours(tags):
                raise pytest.UsageError(theirs)

    def _deploy(self) -> None:
        stack = self._stack(self.names.stack)
        if stack is None:
            self._wait_for_names()
        adopt = ADOPT if stack is None and self._table() is not None else ()
        self.sluice("cdk", "deploy", "--all", "--ci", "--require-approval", "never", "--progress", "events", *adopt)

    def close(self) -> None:
        """Remove the stack, and the trace table that it leaves."""
        if self._stack(self.names.stack) is not None:
            self.destroy()
        if self._table() is not None:
            self.client("dynamodb").delete_table(TableName=self.names.trace_table)

    def environment(self, credentials: Credentials | None) -> dict[str, str]:
        given = dict(os.environ)
        if credentials is not None:
            for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
                given.pop(name, None)
            given |= {"AWS_ACCESS_KEY_ID": credentials.key, "AWS_SECRET_ACCESS_KEY": credentials.secret}
            given |= {"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {}
        return given | {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}

    def _make_client(self, service: str, credentials: Credentials | None) -> Any:
        make: Any = boto3.Session().client
        config = Config(retries={"mode": "standard", "total_max_attempts": 8})
        if credentials is None:
            return make(service, region_name=self.region, config=config)
        return make(
            service,
            region_name=self.region,
            config=config,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
        )

    def _stack(self, name: str) -> Any:
        try:
            return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise

    def _table(self) -> Any:
        client = self.client("dynamodb")
        try:
            return client.describe_table(TableName=self.names.trace_table)["Table"]
        except client.exceptions.ResourceNotFoundException:
            return None

    def _wait_for_names(self) -> None:
        """Wait until SQS takes the queues' names again, should the stack have been destroyed just now."""
        pages = (
            self.client("cloudformation").get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
        )
        ended = [
            stack["DeletionTime"]
            for page in pages
            for stack in page["StackSummaries"]
            if stack["StackName"] == self.names.stack and "DeletionTime" in stack
        ]
        while ended and (datetime.now(UTC) - max(ended)).total_seconds() < SAME_NAME:
            self.over.wait(self.pause_s)


def _is_ours(tags: list[dict[str, str]]) -> bool:
    return any(tag["Key"] == TAG for tag in tags)
