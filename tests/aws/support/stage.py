"""A stage that the suite deploys, uses as its people would, and destroys."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sluice.stage.names import Names

from tests.local.support.commands import Ran, run_command
from tests.local.support.projects import make_project

HERE = Path(__file__).resolve().parent

ECHOES = ("throttled", "paused", "barred", "kept_paused", "kept_blocked")
"""Modules of handlers that return their event, as `echo` does."""

OF_A_LATER_ROUND = {"newcomer": (2,)}
"""Modules of handlers that not every deployment has, and the rounds of those that have."""

IN_EVERY_ROUND = ("_starts", "echo", "relay", "raiser")

FEW = 3
"""The round from which on there are no more than these."""

COUNTS = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]

ENDED = ("ok", "error", "dead")
"""Statuses of a trace that do not change any more."""

LONGEST_COMMAND = 3600.0
"""Seconds: a deployment, on a bad day."""

GROWTH = 1.5
LONGEST = 8
"""Of the pauses between two looks at the same thing: how they grow, and how often the first goes into the longest."""

SDK = """
import json, sys
from sluice import emit
handler, event, options = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
print(emit(handler, event, **options))
"""
"""A program that emits."""

T = TypeVar("T")


@dataclass(frozen=True)
class Credentials:
    """Somebody's, for AWS.

    Attributes:
        key: the access key's id.
        secret: the secret key.
        token: the session's, of a role.
    """

    key: str
    secret: str
    token: str | None = None


class Stage(ABC):
    """A stage.

    Args:
        name: its name.
        root: an empty directory for the project that is deployed.

    Attributes:
        name: its name.
        names: of its resources.
        is_local: whether it is in the local cloud.
        patience: seconds that anything may take, at most. Far more than it takes.
        pause_s: seconds between the first two looks at the same thing.
        over: set when the suite ends, so that what runs in the background does.
        timings: seconds that deploying and destroying took, in order.
    """

    is_local: bool
    patience: float
    pause_s: float

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.names = Names(name)
        self.root = root
        self.timings: list[tuple[str, float]] = []
        self._clients: dict[tuple[str, Credentials | None], Any] = {}
        self._lock = threading.Lock()
        self.over = threading.Event()
        self._project = make_project(root)
        shutil.copy(HERE / "project_app.py", root / "app.py")

    # ---- deploying

    def deploy(self, number: int) -> None:
        """Deploy a round of app.py, and wait until it is there."""
        self._write(number)
        began = time.monotonic()
        self._deploy()
        self.timings.append((f"deploying round {number}", time.monotonic() - began))

    def destroy(self) -> None:
        """Remove the stack, as its team would."""
        began = time.monotonic()
        self.sluice("cdk", "destroy", "--force", "--all")
        self.timings.append(("destroying", time.monotonic() - began))

    @abstractmethod
    def _deploy(self) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind."""

    def _write(self, number: int) -> None:
        app = self.root / "app.py"
        lines = [f"ROUND = {number}" if line.startswith("ROUND = ") else line for line in app.read_text().splitlines()]
        app.write_text("\n".join(lines) + "\n")
        handlers = self.root / "functions" / "handlers"
        shutil.rmtree(handlers)
        handlers.mkdir()
        for source in sorted((HERE / "handlers").glob("*.py")):
            if number < FEW or source.stem in IN_EVERY_ROUND:
                shutil.copy(source, handlers)
        copies = ECHOES if number < FEW else ()
        for module in (*copies, *(name for name, rounds in OF_A_LATER_ROUND.items() if number in rounds)):
            shutil.copy(HERE / "handlers" / "echo.py", handlers / f"{module}.py")

    # ---- what people and programs do

    @abstractmethod
    def environment(self, credentials: Credentials | None) -> dict[str, str]:
        """The environment of a command or program: the suite's own credentials, or others."""

    @abstractmethod
    def _make_client(self, service: str, credentials: Credentials | None) -> Any: ...

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """A boto3 client for the stage's cloud: with the suite's own credentials, or others."""
        key = (service, credentials)
        # Clients can be shared by threads, but not made by several at once.
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(service, credentials)
            return self._clients[key]

    def run(self, *arguments: str, credentials: Credentials | None = None, stdin: str = "") -> Ran:
        """Run a command of `sluice`, whatever comes of it."""
        return run_command(
            arguments,
            directory=self.root,
            environment=self._environment(credentials),
            stdin=stdin.encode(),
            limit=LONGEST_COMMAND,
        )

    def sluice(self, *arguments: str, credentials: Credentials | None = None, stdin: str = "") -> Ran:
        """Run a command of `sluice` that must succeed."""
        ran = self.run(*arguments, credentials=credentials, stdin=stdin)
        assert ran.code == 0, f"sluice {' '.join(arguments)} ended with {ran.code}: {ran.err}\n{ran.out[-4000:]}"
        return ran

    def emit_from_python(self, handler: str, event: Any, **options: Any) -> str:
        """Emit from a Python program that has nothing but the library; return the event's id."""
        words = [handler, json.dumps(event), json.dumps(options)]
        done = subprocess.run(
            [sys.executable, "-c", SDK, *words],
            cwd=self.root,
            env=self._environment(None),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def send(self, handler: str, body: str) -> str:
        """Send a message as any program would that knows nothing of Sluice; return SQS's id of it."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=self.names.queue(handler))["QueueUrl"]
        message_id: str = sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"]
        return message_id

    def _environment(self, credentials: Credentials | None) -> dict[str, str]:
        return self.environment(credentials) | {"SLUICE_STAGE": self.name}

    # ---- what is seen

    def eventually(self, ask: Callable[[], T | None], what: str) -> T:
        """Ask until the answer is true, ever less often, as what takes long can wait some seconds more.

        Raises:
            AssertionError: there is none within the stage's patience, or the suite has ended.
        """
        deadline, pause = time.monotonic() + self.patience, self.pause_s
        while not (answer := ask()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {self.patience:g} s: {what}; the last answer was {answer!r}")
            if self.over.wait(pause):
                raise AssertionError(f"the suite ended before: {what}")
            pause = min(pause * GROWTH, self.pause_s * LONGEST)
        return answer

    def status(self, handler: str) -> dict[str, Any]:
        """A handler's row of `sluice status`."""
        (row,) = self.sluice("status", handler, "--json").json
        assert isinstance(row, dict)
        return row

    def traces(self, handler: str) -> list[dict[str, Any]]:
        """A handler's traces, newest first."""
        ran = self.run("traces", handler, "--limit", "200", "--json")
        # Nothing of it runs, and nothing has: an unknown name.
        assert ran.code in {0, 3}, ran.err
        return ran.json if ran.code == 0 else []

    def ended(self, handler: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Wait until events have ended, and give their traces by id."""
        wanted = set(ids)

        def all_ended() -> dict[str, dict[str, Any]] | None:
            found = {trace["id"]: trace for trace in self.traces(handler) if trace["id"] in wanted}
            return found if len(found) == len(wanted) and all(t["status"] in ENDED for t in found.values()) else None

        return self.eventually(all_ended, f"{handler}: the end of {sorted(wanted)}")

    def is_idle(self, handler: str) -> bool:
        """Return True if SQS says that a handler's queue is empty. It costs no command."""
        return self.in_queue(self.names.queue(handler)) == 0

    def in_queue(self, queue: str) -> int:
        """Count the messages of a queue: those that wait, are received or delayed. SQS's approximation."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"]
        return sum(int(count) for count in counts.values())

    def starts(self, mark: str) -> int:
        """Return the number of starts of the event with this mark."""
        item = self.client("dynamodb").get_item(
            TableName=f"promises-{self.name}-starts", Key={"mark": {"S": mark}}, ConsistentRead=True
        )
        return int(item.get("Item", {}).get("starts", {"N": "0"})["N"])

    def output(self, name: str) -> str:
        """An output of the stack."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.names.stack)["Stacks"]
        found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        value: str = found[name]
        return value
