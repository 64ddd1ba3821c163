"""The time from an emit to its handler's start in the local cloud, beside a bare function on the same MiniStack."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from sluice.stage.local_credentials import KEY_ID, read_secret

from .bundle import PROJECT
from .numbers import Samples

_APP = """
from aws_cdk import App

from infra import SluiceStack, Worker, stage_of

app = App()
SluiceStack(app, stage=stage_of(app), handlers=[Worker("stamp")])
app.synth()
"""

_HANDLER = """import time


def handle(event):
    with open(event["file"], "a") as file:
        file.write(f"{time.time()}\\n")
"""

_BARE = (
    _HANDLER.replace("import time", "import json\nimport time")
    + """

def lambda_handler(batch, context):
    for record in batch["Records"]:
        handle(json.loads(record["body"]))
"""
)

_EVENT_TIMEOUT = 60.0
"""Seconds for one event to run."""


def measure(into: Path, port: int, rounds: int) -> dict[str, Samples]:
    """Measure the milliseconds from before the emit to within the handler, for Sluice and the bare function in turn.

    Args:
        into: an empty directory.
        port: the local cloud's port.
        rounds: the number of events for each.
    """
    into.mkdir()
    with _up(into / "project", port):
        os.environ["SLUICE_PORT"] = str(port)
        from sluice import emit  # noqa: PLC0415 - after SLUICE_PORT is set

        bare_queue = _deploy_bare(port)
        sqs = _client("sqs", port)
        senders: dict[str, Callable[[dict[str, str]], object]] = {
            "sluice": lambda event: emit("stamp", event, stage="local"),
            "bare": lambda event: sqs.send_message(QueueUrl=bare_queue, MessageBody=json.dumps(event)),
        }
        waits: dict[str, list[float]] = {name: [] for name in senders}
        for number in range(rounds + 3):
            # They take turns at going first, and start a while after the last event: MiniStack polls without a pause
            # while there are messages, and otherwise 20 times a second.
            for name in sorted(senders, reverse=number % 2 == 1):
                send = senders[name]
                time.sleep(random.uniform(0.1, 0.2))
                waited = _one(into / f"{name}-{number}", send)
                # The first events start the handlers' processes.
                if number >= 3:
                    waits[name].append(waited * 1000)
    return {name: Samples(values) for name, values in waits.items()}


def _one(file: Path, send: Callable[[dict[str, str]], object]) -> float:
    begun = time.time()
    send({"file": str(file)})
    deadline = time.monotonic() + _EVENT_TIMEOUT
    while not (file.exists() and (text := file.read_text()).endswith("\n")):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no handler has run within {_EVENT_TIMEOUT:g} s; see ministack.log")
        time.sleep(0.005)
    return float(text.splitlines()[0]) - begun


@contextmanager
def _up(project: Path, port: int) -> Iterator[None]:
    project.mkdir()
    for name in ("cdk.json", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT / name, project)
    for name in ("infra", "functions"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for handler in (project / "functions" / "handlers").glob("*.py"):
        handler.unlink()
    (project / "functions" / "handlers" / "stamp.py").write_text(_HANDLER)
    (project / "app.py").write_text(_APP)
    (project / ".sluice").mkdir()
    (project / ".sluice" / "layers").symlink_to(PROJECT / ".sluice" / "layers")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
    environment["SLUICE_PORT"] = str(port)

    def sluice(command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "sluice.cli", command],
            cwd=project,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        sluice("up")
        yield
    finally:
        sluice("down")


def _client(service: Any, port: int) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=read_secret(port),
    )


def _deploy_bare(port: int) -> str:
    """Deploy a function without Sluice, and its queue; return the queue's URL."""
    sqs, functions = _client("sqs", port), _client("lambda", port)
    url: str = sqs.create_queue(QueueName="bare", Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("bare.py", _BARE)
    functions.create_function(
        FunctionName="bare",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Handler="bare.lambda_handler",
        Role="arn:aws:iam::000000000000:role/bare",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        MemorySize=256,
    )
    functions.create_event_source_mapping(FunctionName="bare", EventSourceArn=arn, BatchSize=1)
    return url
