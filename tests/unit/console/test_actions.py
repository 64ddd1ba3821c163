"""What the console's buttons do, on moto, and what the next page says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.console import clearing
from sluice.console.site import Site
from sluice.queue.dead_letters import DeadLetters
from starlette.testclient import TestClient

from tests.unit.support.browsing import opened, post, text_of
from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import NAMES, deploy, schedule
from tests.unit.support.schedules import IN_A_MONTH
from tests.unit.support.traces import a_trace

HERE = f"/{STAGE}/handler/{HANDLER}"


@pytest.fixture
def browsing(cloud: Cloud) -> Iterator[tuple[Site, TestClient]]:
    with opened() as both:
        yield both


def dead_letters(cloud: Cloud) -> int:
    url = cloud.sqs.get_queue_url(QueueName=NAMES.dead_letter_queue(HANDLER))["QueueUrl"]
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def kill(cloud: Cloud, count: int) -> None:
    url = cloud.sqs.get_queue_url(QueueName=NAMES.dead_letter_queue(HANDLER))["QueueUrl"]
    for number in range(count):
        cloud.sqs.send_message(QueueUrl=url, MessageBody=str(number))


def test_a_handler_is_paused_and_unpaused_with_an_undo(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    deploy(HANDLER)
    site, browser = browsing
    told = post(browser, site, f"{HERE}/pause", reason="the <b>provider</b> is down", until="4")

    shown = text_of(told.text)
    assert f"{HANDLER} is paus" in shown
    assert "for 4 hours: nothing new starts" in shown
    assert "the &lt;b&gt;provider&lt;/b&gt; is down" in told.text
    assert f'action="{HERE}/unpause"' in told.text
    functions: Any = boto3.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=NAMES.function(HANDLER))["EventSourceMappings"]
    assert mapping["State"] == "Disabled"

    told = post(browser, site, f"{HERE}/unpause")

    assert "what waited starts" in told.text
    (mapping,) = functions.list_event_source_mappings(FunctionName=NAMES.function(HANDLER))["EventSourceMappings"]
    assert mapping["State"] == "Enabled"


def test_a_blocked_handler_has_no_button_to_unpause_it(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    deploy(HANDLER)
    site, browser = browsing
    blocked = post(browser, site, f"{HERE}/block", reason="legal hold")

    assert "only an admin lifts that" in blocked.text
    assert 'aria-disabled="true" aria-describedby="why-not"' in blocked.text
    assert f'action="{HERE}/pause"' not in blocked.text

    refused = post(browser, site, f"{HERE}/unpause")

    assert f"{HANDLER[0].upper()}{HANDLER[1:]} is blocked" in refused.text


def test_dead_letters_go_back_into_the_queue(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    kill(cloud, 3)
    site, browser = browsing

    told = post(browser, site, f"{HERE}/redrive")

    assert f"3 dead letters of {HANDLER} put back" in told.text
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ["0", "1", "2"]


@pytest.mark.parametrize(("name", "left"), [("", 2), ("send-recepit", 2), (HANDLER, 0)])
def test_only_the_handlers_name_purges(cloud: Cloud, browsing: tuple[Site, TestClient], name: str, left: int) -> None:
    kill(cloud, 2)
    site, browser = browsing

    told = post(browser, site, f"{HERE}/purge", name=name)

    assert dead_letters(cloud) == left
    assert ("deleted for good" if left == 0 else "nothing was deleted") in told.text


def test_a_scheduled_event_is_cancelled(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    scheduler = boto3.client("scheduler")
    scheduler.create_schedule_group(Name=NAMES.schedule_group)
    event_id = emit(HANDLER, {"order": 1}, at=IN_A_MONTH)
    site, browser = browsing

    page = browser.get(HERE)
    told = post(browser, site, f"{HERE}/cancel", id=event_id)
    again = post(browser, site, f"{HERE}/cancel", id=event_id)

    assert f'value="{event_id}"' in page.text
    assert "will not run" in told.text
    assert scheduler.list_schedules(GroupName=NAMES.schedule_group)["Schedules"] == []
    assert "is not scheduled any more" in again.text


def test_a_cron_gets_a_tick(cloud: Cloud, browsing: tuple[Site, TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(HANDLER)
    schedule(HANDLER)
    sent: list[Any] = []

    def note(*arguments: object, **_: object) -> list[str]:
        sent.append(arguments)
        return ["x" * 36]

    # moto would run the function.
    monkeypatch.setattr(clearing, "emit_texts", note)
    site, browser = browsing

    told = post(browser, site, f"{HERE}/run", back="overview")

    assert "got a tick" in told.text
    assert told.url.path == f"/{STAGE}"
    ((handler, (tick,)),) = sent
    assert handler == HANDLER
    assert HANDLER in tick


def test_a_refusal_of_aws_is_told_and_its_button_says_so_from_then_on(
    cloud: Cloud, browsing: tuple[Site, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(cloud, 1)
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no policy allows it"}}, "PurgeQueue")

    def refuse(*_: object) -> None:
        raise denied

    monkeypatch.setattr(DeadLetters, "purge", refuse)
    site, browser = browsing
    before = browser.get(HERE)
    told = post(browser, site, f"{HERE}/purge", name=HANDLER)

    assert 'commandfor="purge">' in before.text
    assert "AWS does not allow you to call PurgeQueue" in told.text
    assert 'id="no-purge"' in told.text
    assert dead_letters(cloud) == 1


def test_an_event_is_replayed_once_unless_asked_again(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    trace = a_trace(event='{"order": 9}')
    cloud.store.put(trace)
    site, browser = browsing

    first = post(browser, site, f"{HERE}/replay", id=trace.id)
    second = post(browser, site, f"{HERE}/replay", id=trace.id)
    third = post(browser, site, f"{HERE}/replay", id=trace.id, again="yes")

    assert "under a new id" in first.text
    assert "was replayed before" in second.text
    assert "under a new id" in third.text
    assert len(cloud.messages(HANDLER)) == 2


def test_a_name_that_is_no_action_is_no_page(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    site, browser = browsing

    assert post(browser, site, f"{HERE}/delete").status_code == 404
