"""Names of stages."""

from __future__ import annotations

import pytest
from sluice import InvalidNameError, emit

from tests.unit.support.cloud import HANDLER, Cloud


def test_a_stage_that_is_not_text_is_refused(cloud: Cloud) -> None:
    with pytest.raises(InvalidNameError, match="stage 5"):
        emit(HANDLER, 1, stage=5)  # type: ignore[arg-type]
