"""Notes of `sluice check` on the quotas of new accounts."""

from __future__ import annotations

from typing import Any

from sluice.local.account_quotas import notes_on


def template(*handlers: tuple[int, int | None]) -> Any:
    """Return a template with handlers of such memory and `max_concurrency`."""
    resources: dict[str, Any] = {}
    for number, (memory, most) in enumerate(handlers):
        scaling = {} if most is None else {"ScalingConfig": {"MaximumConcurrency": most}}
        function = {"FunctionName": f"sluice-dev-h{number}", "MemorySize": memory}
        resources[f"Function{number}"] = {"Type": "AWS::Lambda::Function", "Properties": function}
        resources[f"Mapping{number}"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": scaling}
    return {"Resources": resources}


def test_what_a_new_account_allows_needs_no_note() -> None:
    assert notes_on([template((3008, 4), (256, 6))]) == []


def test_more_memory_than_a_new_account_has_is_told_with_the_function_and_the_fix() -> None:
    (note,) = notes_on([template((3009, 5), (256, 5))])
    assert "3,008 MB" in note
    assert "sluice-dev-h0 (3,009 MB)" in note
    assert "h1" not in note
    assert "AWS Support" in note


def test_more_concurrency_than_a_new_account_has_is_told_across_all_stacks() -> None:
    (note,) = notes_on([template((256, 6)), template((256, 5))])
    assert "may run 10 functions at a time" in note
    assert "max_concurrency adds up to 11." in note


def test_a_handler_without_a_limit_may_take_all_that_the_account_has() -> None:
    (note,) = notes_on([template((256, None), (256, 2))])
    assert "max_concurrency adds up to 2 and 1 handler has none." in note
    (note,) = notes_on([template((256, None), (256, None))])
    assert "here 2 handlers have none." in note
