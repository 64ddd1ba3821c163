"""The report that a run ends with: what the stage's cloud answered where no document does."""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

PROPERTY = "answer"
"""Of a test's report, which also those of tests in other processes have."""


def print_answers(terminalreporter: TerminalReporter) -> None:
    """Print them, in the order of the tests."""
    reports = [one for some in terminalreporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
    lines = dict.fromkeys(
        str(value) for report in reports for name, value in report.user_properties if name == PROPERTY
    )
    if lines:
        stage = terminalreporter.config.getoption("--stage")
        terminalreporter.section(f"what stage {stage} answered")
        for line in lines:
            terminalreporter.line(f"- {line}")
