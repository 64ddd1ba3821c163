from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st
from sluice.event.ids import first_id_at, id_of_message, is_id, new_id, time_of_id

MOMENTS = st.integers(min_value=0, max_value=(1 << 48) - 1)


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_with_its_time(milliseconds: int) -> None:
    made = new_id(milliseconds / 1000 + 0.0001)
    parsed = uuid.UUID(made)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert is_id(made)
    moment = time_of_id(made)
    assert moment is not None
    assert abs(moment * 1000 - milliseconds) < 1


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_time(one: int, other: int) -> None:
    first, second = id_of_message("a", one), id_of_message("b", other)
    if one != other:
        assert (first < second) == (one < other)
    assert first_id_at(one / 1000) <= first or one % 1000  # float seconds may round a millisecond


def test_ids_differ() -> None:
    assert len({new_id(1.0) for _ in range(10_000)}) == 10_000


@given(st.text(), MOMENTS)
def test_a_message_has_the_same_id_on_every_delivery(message_id: str, sent: int) -> None:
    made = id_of_message(message_id, sent)
    assert made == id_of_message(message_id, sent)
    assert is_id(made)
    assert made != id_of_message(message_id + "x", sent)


@given(st.text())
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)
    assert not is_id(str(uuid.uuid4()))
    assert not is_id(new_id().upper())
