"""Garbage collection while a handler's function starts, and elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FUNCTION = {
    "AWS_LAMBDA_FUNCTION_NAME": "sluice-test-quiet",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-central-1",
    "SLUICE_STAGE": "test",
    "SLUICE_HANDLER": "quiet",
    "SLUICE_TIMEOUT": "30",
    "SLUICE_TRACE_DAYS": "30",
    "SLUICE_MAX_HOPS": "10",
    "SLUICE_QUEUE_URL_PREFIX": "https://sqs.eu-central-1.amazonaws.com/123456789012/",
}
HANDLER = "import gc\nSEEN = gc.isenabled()\ndef handle(event):\n    return event\n"


@pytest.mark.parametrize(
    ("imported", "environment", "enabled"),
    [
        ("sluice", {}, "True"),
        ("sluice", {"SLUICE_STAGE": "test", "SLUICE_HANDLER": "quiet"}, "True"),
        ("sluice.worker.entry", FUNCTION, "True False"),
    ],
)
def test_it_is_off_only_while_a_function_imports_its_modules(
    tmp_path: Path, imported: str, environment: dict[str, str], enabled: str
) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "quiet.py").write_text(HANDLER)
    program = f"""
import gc, sys
sys.path.insert(0, {str(tmp_path)!r})
import {imported}
print(gc.isenabled(), *([sys.modules["handlers.quiet"].SEEN] if "handlers.quiet" in sys.modules else []))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == enabled, done.stderr


def test_it_is_off_before_anything_else_of_the_library_is_imported() -> None:
    program = """
import gc, sys

class Finder:
    seen = []

    def find_spec(self, name, path=None, target=None):
        if gc.isenabled() and name.partition(".")[0] == "sluice":
            self.seen.append(name)

sys.meta_path.insert(0, Finder())
import sluice
print(Finder.seen)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=FUNCTION, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.stdout.strip() == "['sluice', 'sluice.stage', 'sluice.stage.startup_gc']", done.stderr
