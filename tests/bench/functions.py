"""The measured functions, each in a process of its own with only its bundle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bundle import Bundle

CHILD = Path(__file__).with_name("child.py")

BODY = json.dumps(
    {
        "id": "order-4711",
        "email": "ada@example.com",
        "lines": [
            {"article": f"article-{number}", "quantity": number, "price": "12.50", "note": "as agreed by telephone"}
            for number in range(4)
        ],
    },
    separators=(",", ":"),
)
"""An event of some 400 bytes. The trace of its run is just under 1 KB."""

ENVELOPE = '{"id":"%s","at":1795500000000,"by":"order-placed"}'


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A function to measure.

    Attributes:
        name: its name in the table.
        bundle: its code and packages.
        entry: the dotted path of Lambda's handler.
        sender: the dotted path of the function that sends many events.
    """

    name: str
    bundle: Bundle
    entry: str
    sender: str = ""

    def spec(self, **more: object) -> dict[str, Any]:
        """Return the process's argument."""
        return {
            "entry": self.entry,
            "sender": self.sender,
            "body": BODY,
            "envelope": ENVELOPE,
            "cold": False,
            "core": None,
            **more,
        }

    def environment(self, endpoint: str, authorities: Path) -> dict[str, str]:
        """Return the environment that Lambda and the template give it."""
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "t" * 700,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoint,
            "SSL_CERT_FILE": str(authorities),
            "AWS_LAMBDA_FUNCTION_NAME": "sluice-bench-bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_NAMESPACE": "Sluice",
            "SLUICE_STAGE": "bench",
            "SLUICE_HANDLER": "bench",
            "SLUICE_TIMEOUT": "30",
            "SLUICE_TRACE_DAYS": "30",
            "SLUICE_MAX_HOPS": "1000",
            "SLUICE_QUEUE_URL_PREFIX": f"{endpoint}/123456789012/",
            "TRACE_TABLE": "traces",
            "IDEMPOTENCY_TABLE": "idempotency",
            "QUEUE_URL": f"{endpoint}/123456789012/sluice-bench-bench",
        }


class Running:
    """A function's process, for the length of a `with` block.

    Args:
        measured: the function.
        endpoint: the URL of the server in place of AWS.
        authorities: the file of certificates that its system trusts.
        core: the processor that it stays on; None for any.
        cold: True to measure its own start, and end.
    """

    def __init__(
        self, measured: Measured, endpoint: str, authorities: Path, *, core: int | None = None, cold: bool = False
    ) -> None:
        program = (
            "import sys, runpy; sys.path[:0] = {!r}; sys.argv = sys.argv[1:]; runpy.run_path({!r}, run_name='__main__')"
        )
        self._process = subprocess.Popen(
            [
                sys.executable,
                *("-I", "-S", "-B", "-c", program.format(measured.bundle.paths, str(CHILD))),
                str(CHILD),
                json.dumps(measured.spec(core=core, cold=cold)),
            ],
            env=measured.environment(endpoint, authorities),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, do: str, **arguments: int) -> dict[str, float]:
        """Send the process a command, and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, float]:
        """Return the process's next answer.

        Raises:
            RuntimeError: it ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the measured function ended with {self._process.wait()}; its error is above")
        answer: dict[str, float] = json.loads(line)
        return answer
