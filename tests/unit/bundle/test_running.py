"""The bundle, run as Lambda runs it: by AWS's own runtime client, with nothing else to import."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sluice.stage.deployed_files import PACKAGES_NOT_DEPLOYED
from sluice.stage.names import Names
from sluice.traces import TraceStore

from infra import Worker
from tests.infra.support.synth import PROJECT, Template, make_project, stack_of, synthesise
from tests.unit.support.runtime_api import RuntimeApi

NOT_DEPLOYED = ["click", "aws_cdk", *(f"sluice.{package}" for package in PACKAGES_NOT_DEPLOYED)]
TIMEOUT = 10
"""Seconds that one event may run: enough for those that end, also on a machine that is short of processor time."""

PATIENCE = 600
"""Seconds after which the test gives up on an answer. It decides nothing unless the function hangs."""

HANDLER = """
import sys
import time

import boto3
from sluice import emit


def importable(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def handle(event):
    print("doing", event["do"])
    if event["do"] == "raise":
        raise ValueError("no")
    if event["do"] == "hang":
        time.sleep(60)
    emit("next-step", {"from": event["do"]})
    return {
        "boto3": boto3.__file__,
        "importable": [name for name in NOT_DEPLOYED if importable(name)],
        "site": [path for path in sys.path if "site-packages" in path],
    }
"""


@dataclass
class Cloud:
    """A stage on a server of moto's."""

    endpoint: str
    names: Names

    def client(self, service: Any) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint)

    @property
    def traces(self) -> TraceStore:
        return TraceStore(self.client("dynamodb"), self.names.trace_table)

    def batch(self, handler: str, bodies: list[str]) -> dict[str, Any]:
        """Send messages, and return them as the batch that Lambda passes to a function."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=self.names.queue(handler))["QueueUrl"]
        for body in bodies:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": {},
                    "md5OfBody": message["MD5OfBody"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{self.names.queue(handler)}",
                    "awsRegion": "eu-central-1",
                }
                for message in self.receive(handler)
            ]
        }

    def receive(self, handler: str) -> list[Any]:
        """Receive the messages in a handler's queue."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=self.names.queue(handler))["QueueUrl"]
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return list(received["Messages"])


@pytest.fixture
def moto_cloud() -> Iterator[Cloud]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        cloud = Cloud(f"http://{host}:{port}", Names("local"))
        cloud.client("dynamodb").create_table(
            TableName=cloud.names.trace_table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        for handler in ("mixed", "next-step"):
            cloud.client("sqs").create_queue(QueueName=cloud.names.queue(handler))
        yield cloud
    finally:
        server.stop()


def start_function(
    template: Template, output: Path, runtime: Path, api: RuntimeApi, endpoint: str
) -> subprocess.Popen[str]:
    """Start the function `mixed` as Lambda does: its runtime client, the layer, the code, and nothing else."""
    function = template.function("sluice-local-mixed")
    [layer_version] = template.properties("AWS::Lambda::LayerVersion")
    layer, code = (
        output / f"asset.{location['S3Key'].removesuffix('.zip')}"
        for location in (layer_version["Content"], function["Code"])
    )
    paths = [str(code), str(layer / "python"), str(runtime)]
    start = f"import sys; sys.path[:0] = {paths!r}; from awslambdaric.__main__ import main; main(sys.argv)"
    variables = function["Environment"]["Variables"]
    return subprocess.Popen(
        # Isolated, without site-packages of this process or of the user.
        [sys.executable, "-I", "-S", "-B", "-c", start, function["Handler"]],
        env={
            **{name: value for name, value in variables.items() if isinstance(value, str)},
            "SLUICE_QUEUE_URL_PREFIX": "https://sqs.eu-central-1.amazonaws.com/123456789012/",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/" + function["FunctionName"],
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/23/[$LATEST]0",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(code),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def copy_distributions(target: Path, *names: str) -> Path:
    """Copy installed distributions into a directory of their own."""
    for name in names:
        for file in importlib.metadata.distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target / file)
    return target


def test_the_bundle_runs_a_batch_on_lambdas_own_runtime_client(tmp_path: Path, moto_cloud: Cloud) -> None:
    project = make_project(tmp_path / "project", ["mixed"])
    (project / "functions" / "handlers" / "mixed.py").write_text(f"NOT_DEPLOYED = {NOT_DEPLOYED!r}\n{HANDLER}")
    shutil.copytree(PROJECT / "functions" / "sluice", project / "functions" / "sluice")
    template = synthesise(stack_of(project, [Worker("mixed", timeout=TIMEOUT, batch_size=3)], stage="local"))
    runtime = copy_distributions(tmp_path / "runtime", "awslambdaric", "simplejson", "snapshot-restore-py")
    batch = moto_cloud.batch("mixed", [json.dumps({"do": what}) for what in ("run", "raise", "hang")])
    ids = {json.loads(record["body"])["do"]: record["messageId"] for record in batch["Records"]}

    with RuntimeApi() as api:
        process = start_function(template, project / "cdk.out", runtime, api, moto_cloud.endpoint)
        try:
            answer = api.invoke(batch, seconds=PATIENCE)
            second = api.invoke(moto_cloud.batch("mixed", ['{"do": "run"}']), seconds=PATIENCE)
        finally:
            process.kill()
            log, _ = process.communicate()

    assert answer == {"batchItemFailures": [{"itemIdentifier": ids["hang"]}]}, log
    assert second == {"batchItemFailures": []}, log
    traces = {json.loads(trace.event)["do"]: trace for trace in moto_cloud.traces.recent("mixed")}
    assert {what: trace.status for what, trace in traces.items()} == {
        "run": "ok",
        "raise": "error",
        "hang": "timed-out",
    }
    assert "doing run" in traces["run"].logs
    result = traces["run"].result
    assert result["importable"] == [], "packages for a team's own machines were deployed"
    assert result["site"] == []
    assert result["boto3"].startswith(str(project / "cdk.out"))
    assert [json.loads(message["Body"]) for message in moto_cloud.receive("next-step")] == [{"from": "run"}] * 2
