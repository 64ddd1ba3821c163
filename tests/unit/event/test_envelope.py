from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.event.envelope import LAST_MS, RESEND_MS, Envelope, from_text
from sluice.event.ids import id_of_message, new_id

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
PARENT = "01890a5d-ac96-774b-bcce-b302099a8058"

IDS = st.builds(id_of_message, st.text(), st.integers(0, (1 << 48) - 1))
MOMENTS = st.integers(9, LAST_MS)
COUNTS = st.integers(0, 1000)
NAMES = st.text(min_size=1, max_size=9)
ENVELOPES = st.builds(
    Envelope,
    id=IDS,
    emitted_ms=MOMENTS,
    emitted_by=st.none() | NAMES,
    parent=st.none() | IDS,
    hops=COUNTS,
    receives=COUNTS,
    attempts_since_ms=st.none() | MOMENTS,
    resent_ms=st.none() | MOMENTS,
    redrives=COUNTS,
    resends=COUNTS,
    sweep_ms=st.none() | MOMENTS,
    key=st.none() | NAMES,
    window=COUNTS,
    claimant=st.none() | NAMES,
).map(lambda made: made if made.key is not None else dataclasses.replace(made, window=0))
SENDER = {"SenderId": "AIDAEXAMPLE"}

Again = Callable[[Envelope, str | None, int], Envelope]
WAYS: dict[str, Again] = {
    "put back": lambda envelope, sender, now_ms: envelope.put_back(
        sender=sender, receives=3, sent_ms=now_ms - 5, now_ms=now_ms, claimant="m"
    ),
    "resent": lambda envelope, sender, now_ms: envelope.resent(
        sender=sender, receives=3, sent_ms=now_ms - 5, now_ms=now_ms, sweep_ms=now_ms
    ),
    "redriven": lambda envelope, sender, _: envelope.redriven(sender=sender),
    "redriven by AWS": lambda envelope, _, now_ms: envelope.read_from_message(now_ms),
}


# ---- sent again


@given(envelope=ENVELOPES, ways=st.lists(st.sampled_from(sorted(WAYS)), max_size=5), now_ms=MOMENTS)
def test_an_event_sent_again_in_any_way_stays_the_same_event(envelope: Envelope, ways: list[str], now_ms: int) -> None:
    """Its first emit time and id above all."""
    again, system = envelope, SENDER
    for way in ways:
        again = WAYS[way](again, again.sender(system), now_ms)
        if "AWS" not in way:
            system = {"SenderId": "whoever sent it again"}
    for name in ("id", "emitted_ms", "parent", "hops", "key", "window"):
        assert getattr(again, name) == getattr(envelope, name)
    assert again.sender(system) == envelope.sender(SENDER)
    assert again.claimant == envelope.claimant or (envelope.claimant is None and again.claimant == "m")
    assert from_text(again.to_text()) == again


def test_an_event_that_is_put_back_keeps_count_of_its_receives_and_attempts() -> None:
    first = Envelope(id=ID, emitted_ms=1).put_back(sender=None, receives=4, sent_ms=1_000, now_ms=5_000)
    assert first == Envelope(id=ID, emitted_ms=1, receives=4, attempts_since_ms=1_000, resent_ms=5_000)
    again = first.put_back(sender=None, receives=4, sent_ms=5_001, now_ms=9_000)
    assert again == Envelope(id=ID, emitted_ms=1, receives=8, attempts_since_ms=1_000, resent_ms=9_000)


def test_an_event_that_is_resent_counts_that_and_names_the_sweep() -> None:
    first = Envelope(id=ID, emitted_ms=1).resent(sender="AIDA", receives=0, sent_ms=1_000, now_ms=5_000, sweep_ms=4_000)
    assert first == Envelope(
        id=ID, emitted_ms=1, emitted_by="AIDA", attempts_since_ms=1_000, resent_ms=5_000, resends=1, sweep_ms=4_000
    )
    again = first.resent(sender="AIDA", receives=2, sent_ms=5_001, now_ms=9_000, sweep_ms=8_000)
    assert (again.receives, again.attempts_since_ms, again.resends, again.sweep_ms) == (2, 1_000, 2, 8_000)


def test_a_redriven_event_begins_anew() -> None:
    old = Envelope(id=ID, emitted_ms=1, receives=9, attempts_since_ms=5, resent_ms=7, redrives=1, resends=2)
    assert old.redriven(sender=None) == Envelope(id=ID, emitted_ms=1, redrives=2, resends=2)


@pytest.mark.parametrize(("after", "anew"), [(0, False), (30_000, False), (30_001, True), (-5_000, False)])
def test_a_message_sent_well_after_it_was_put_back_was_redriven_by_aws(after: int, anew: bool) -> None:
    assert RESEND_MS == 30_000
    fields: Any = {"id": new_id(), "emitted_ms": 1, "resends": 2, "key": "k"}
    old = Envelope(**fields, receives=9, attempts_since_ms=5, resent_ms=100_000, redrives=1)
    found = old.read_from_message(100_000 + after)
    assert found == (Envelope(**fields, redrives=2) if anew else old)


# ---- as text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        (
            {"emitted_by": "order-placed", "parent": PARENT, "hops": 3},
            f',"by":"order-placed","parent":"{PARENT}","hops":3',
        ),
        (
            {"receives": 4, "attempts_since_ms": 5, "resent_ms": 6, "redrives": 7, "resends": 8, "sweep_ms": 9},
            ',"receives":4,"round":5,"resent":6,"redriven":7,"kept":8,"pass":9',
        ),
        ({"key": "größe", "window": 60, "claimant": "m"}, ',"key":"gr\\u00f6\\u00dfe","window":60,"claimant":"m"'),
        ({"key": "", "claimant": ""}, ',"key":"","window":0,"claimant":""'),
        ({"window": 60, "emitted_by": "", "parent": "", "attempts_since_ms": 0}, ""),
    ],
)
def test_the_text_is_a_contract_as_messages_wait_for_months(fields: dict[str, Any], text: str) -> None:
    assert Envelope(id=ID, emitted_ms=1, **fields).to_text() == f'{{"id":"{ID}","at":1{text}}}'


@given(ENVELOPES)
def test_an_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    assert from_text(envelope.to_text()) == envelope


COUNTED = ("hops", "receives", "redriven", "kept", "window")
OPTIONAL = ("by", "parent", "round", "resent", "pass", "key", "claimant")
FIELDS = ("id", "at", *COUNTED, *OPTIONAL)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("wrong", [1.5, [], {}, True, -1, 1 << 60, "x" * 513], ids=str)
def test_text_with_a_value_that_no_envelope_has_is_no_envelope(field: str, wrong: object) -> None:
    assert from_text(json.dumps({"id": ID, "at": 1, field: wrong})) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"emitted_by": "x" * 513},
        {"key": "x" * 513, "window": 1},
        {"claimant": "x" * 513},
        {"attempts_since_ms": LAST_MS + 1},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_text_and_times_beyond_their_limits_make_no_envelope(fields: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        name: value[:512] if isinstance(value, str) else min(value, LAST_MS) for name, value in fields.items()
    }
    assert from_text(Envelope(id=new_id(), emitted_ms=1, **sound).to_text()) is not None
    assert from_text(Envelope(id=new_id(), emitted_ms=1, **fields).to_text()) is None


@pytest.mark.parametrize("field", [*COUNTED, "at", "round", "resent", "pass"])
def test_text_with_a_number_as_text_is_no_envelope(field: str) -> None:
    assert from_text(json.dumps({"id": ID, "at": 1, field: "5"})) is None


@pytest.mark.parametrize("text", ["", "1", "[]", "null", '"x"', "{}", '{"at":1}', f'{{"id":"{ID}"}}', "[" * 200_000])
def test_other_text_is_no_envelope(text: str) -> None:
    assert from_text(text) is None


def test_fields_of_another_version_are_ignored() -> None:
    assert from_text(f'{{"id":"{ID}","at":1,"new":[1]}}') == Envelope(id=ID, emitted_ms=1)


def test_null_is_a_value_only_where_a_field_may_be_missing() -> None:
    read = [field for field in FIELDS if from_text(json.dumps({"id": ID, "at": 1, field: None}))]
    assert read == list(OPTIONAL)
