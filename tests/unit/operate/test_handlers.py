"""The names of a stage's handlers, and errors for names and stages that do not exist."""

from __future__ import annotations

import pytest
from sluice.operate import handlers as module
from sluice.operate.handlers import NotDeployedError, UnknownHandlerError, handler_names
from sluice.operate.status import statuses
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import NAMES


def test_an_unknown_handlers_error_names_the_closest_one(cloud: Cloud) -> None:
    with pytest.raises(UnknownHandlerError, match="did you mean 'send-receipt'") as caught:
        statuses(STAGE, "send-reciept")
    assert caught.value.closest == HANDLER
    with pytest.raises(UnknownHandlerError, match="there are: send-receipt"):
        statuses(STAGE, "xyz")


def test_other_stages_handlers_are_left_out(cloud: Cloud) -> None:
    for name in ("sluice-testing-a", "sluice-prod-b", "sluice-test-c-dead", "sluice-test-D", "somebody-elses"):
        cloud.sqs.create_queue(QueueName=name)

    assert handler_names(STAGE) == [HANDLER]


def test_all_pages_of_queues_are_read(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"h{number}" for number in range(25)]
    for name in names:
        cloud.sqs.create_queue(QueueName=NAMES.queue(name))
    calls: list[str] = []
    clients.sqs(STAGE).meta.events.register("before-call", lambda model, **_: calls.append(model.name))

    assert module.PAGE == 1_000
    monkeypatch.setattr(module, "PAGE", 10)
    assert handler_names(STAGE) == sorted([*names, HANDLER])
    # 27 queues: the dead-letter queue of the one handler counts too.
    assert calls == ["ListQueues"] * 3


def test_a_stage_that_is_not_deployed_raises(cloud: Cloud) -> None:
    for ask in (handler_names, statuses):
        with pytest.raises(NotDeployedError):
            ask("prod")


def test_a_stage_without_handlers_counts_as_deployed(cloud: Cloud) -> None:
    for kind in (NAMES.queue, NAMES.dead_letter_queue):
        cloud.sqs.delete_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=kind(HANDLER))["QueueUrl"])

    assert handler_names(STAGE) == []
    assert statuses(STAGE) == []
