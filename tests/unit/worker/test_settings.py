from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sluice.worker.settings import Settings

PREFIX = "https://sqs.eu-central-1.amazonaws.com/123456789012/"
PLAIN = Settings(stage="dev", handler="send-receipt", timeout=25, trace_days=30, max_hops=7, queue_url_prefix=PREFIX)
CRON = Settings(
    stage="dev",
    handler="nightly-report",
    timeout=0.5,
    trace_days=1,
    queue_url_prefix=PREFIX,
    overlap="skip",
    fortnight=datetime(2026, 11, 30, 3, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "settings",
    [
        PLAIN,
        CRON,
        replace(PLAIN, trace="off", trace_values=False),
        replace(PLAIN, redact=("iban", "!token", 'a"b')),
        replace(PLAIN, redact=False),
    ],
)
def test_settings_come_back_from_the_environment_as_they_were(settings: Settings) -> None:
    assert Settings.from_environment(settings.to_environment()) == settings


def test_the_environment_of_a_handler_that_is_no_cron_says_nothing_of_crons() -> None:
    assert PLAIN.to_environment() == {
        "SLUICE_STAGE": "dev",
        "SLUICE_HANDLER": "send-receipt",
        "SLUICE_TIMEOUT": "25",
        "SLUICE_TRACE_DAYS": "30",
        "SLUICE_MAX_HOPS": "7",
        "SLUICE_QUEUE_URL_PREFIX": PREFIX,
    }


def test_the_queue_url_is_the_prefix_and_the_queues_name() -> None:
    assert PLAIN.queue_url == PREFIX + "sluice-dev-send-receipt"


@pytest.mark.parametrize(("overlap", "skips"), [(None, False), ("allow", False), ("skip", True)])
def test_only_a_cron_that_asks_for_it_skips_overlapping_runs(overlap: str | None, skips: bool) -> None:
    settings = Settings(stage="dev", handler="a", timeout=1, trace_days=1, overlap=overlap)
    assert settings.skips_overlap is skips


@pytest.mark.parametrize("wrong", [{"SLUICE_STAGE": "No Stage"}, {"SLUICE_TIMEOUT": "soon"}])
def test_an_environment_of_another_template_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        Settings.from_environment(PLAIN.to_environment() | wrong)


@pytest.mark.parametrize("module", ["settings", "attempts"])
def test_the_template_can_import_it_without_third_party_packages(module: str) -> None:
    functions = Path(sys.modules["sluice"].__file__ or "").parents[1]
    # -S leaves site-packages out, -I the current folder and the environment.
    code = f"import sys; sys.path.insert(0, {str(functions)!r}); import sluice.worker.{module}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
