"""A handler's function and event source mapping."""

from __future__ import annotations

import pytest
from sluice.pausing.mapping_settings import from_tag, repair_of

from tests.infra.support.entries import HANDLERS
from tests.infra.support.synth import Template


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_runs_the_worker_and_leaves_reserved_concurrency_to_pausing(
    template: Template, handler: str
) -> None:
    function = template.function(f"sluice-dev-{handler}")
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == "sluice.worker.entry.handle"
    assert function["RecursiveLoop"] == "Allow"
    assert "ReservedConcurrentExecutions" not in function, "reserved concurrency is for pausing alone"
    assert {"Key": "sluice:handler", "Value": handler} in function["Tags"]
    assert function["Layers"] == [{"Ref": name} for name in template.of_type("AWS::Lambda::LayerVersion")]
    log_group = template.resolve(function["LoggingConfig"]["LogGroup"])
    assert log_group == {"LogGroupName": f"/aws/lambda/sluice-dev-{handler}", "RetentionInDays": 30}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_mapping_takes_partial_responses_and_leaves_enabled_to_pausing(template: Template, handler: str) -> None:
    mapping = template.mapping_of(f"sluice-dev-{handler}")
    assert template.arn(mapping["EventSourceArn"]) == f"sluice-dev-{handler}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Tags"] == [{"Key": "sluice:stage", "Value": "dev"}]
    assert "Enabled" not in mapping


def test_batches_and_concurrency_reach_the_mapping(template: Template) -> None:
    tuned, plain = template.mapping_of("sluice-dev-tuned"), template.mapping_of("sluice-dev-plain")
    assert (tuned["BatchSize"], tuned["MaximumBatchingWindowInSeconds"]) == (40, 5)
    assert tuned["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert (plain["BatchSize"], plain["MaximumBatchingWindowInSeconds"]) == (1, 0)
    assert "ScalingConfig" not in plain


def test_a_crons_function_has_its_missed_setting_as_a_tag(template: Template) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in template.function("sluice-dev-nightly")["Tags"]}
    assert tags["sluice:missed"] == "skip"
    often = {tag["Key"]: tag["Value"] for tag in template.function("sluice-dev-often")["Tags"]}
    assert often["sluice:missed"] == "queue"
    assert all(tag["Key"] != "sluice:missed" for tag in template.function("sluice-dev-plain")["Tags"])


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_functions_tag_has_the_settings_of_its_mapping(template: Template, handler: str) -> None:
    """The reconciler puts the mapping back to them."""
    function = template.function(f"sluice-dev-{handler}")
    tags = {tag["Key"]: tag["Value"] for tag in function["Tags"]}
    mapping = template.mapping_of(f"sluice-dev-{handler}") | {"FunctionArn": "arn"}
    assert repair_of(mapping, from_tag(tags["sluice:mapping"]), "arn") is None
    assert from_tag(tags["sluice:mapping"]) is not None
