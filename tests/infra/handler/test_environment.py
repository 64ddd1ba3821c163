"""The environment variables of a handler's function."""

from __future__ import annotations

from pathlib import Path

from infra import Cron, Worker
from tests.infra.support.synth import Template, make_stack, synthesise


def test_settings_reach_the_worker(template: Template) -> None:
    tuned, plain = template.function("sluice-dev-tuned"), template.function("sluice-dev-plain")
    assert (tuned["MemorySize"], plain["MemorySize"]) == (1024, 256)
    prefix = {
        "Fn::Join": [
            "",
            [
                "https://sqs.",
                {"Ref": "AWS::Region"},
                ".",
                {"Ref": "AWS::URLSuffix"},
                "/",
                {"Ref": "AWS::AccountId"},
                "/",
            ],
        ]
    }
    assert tuned["Environment"]["Variables"] == {
        "SHOP": "berlin",
        "SLUICE_STAGE": "dev",
        "SLUICE_HANDLER": "tuned",
        "SLUICE_TIMEOUT": "20",
        "SLUICE_TRACE_DAYS": "90",
        "SLUICE_MAX_HOPS": "20",
        "SLUICE_QUEUE_URL_PREFIX": prefix,
        "POWERTOOLS_SERVICE_NAME": "tuned",
        "POWERTOOLS_METRICS_NAMESPACE": "Sluice",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }
    assert plain["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == "INFO"


def test_a_crons_overlap_and_fortnight_reach_the_worker(tmp_path: Path) -> None:
    fortnightly = Cron(
        "paid", every="Fortnightly", on="fri", at="06:30", timezone="Europe/Berlin", week_of="2026-03-25"
    )
    entries = [fortnightly, Cron("alone", cron="0 3 * * ? *", overlap="skip"), Worker("plain")]
    template = synthesise(make_stack(tmp_path, entries))
    variables = {
        name: template.function(f"sluice-dev-{name}")["Environment"]["Variables"] for name in ("paid", "alone", "plain")
    }
    assert variables["paid"]["SLUICE_OVERLAP"] == "allow"
    assert variables["paid"]["SLUICE_FORTNIGHT"] == "2026-03-27T05:30:00+00:00"
    assert variables["alone"]["SLUICE_OVERLAP"] == "skip"
    assert not {"SLUICE_OVERLAP", "SLUICE_FORTNIGHT"} & set(variables["plain"])
    assert "SLUICE_FORTNIGHT" not in variables["alone"]
