from __future__ import annotations

import pytest

from tests.unit.support.cloud import Cloud
from tests.unit.support.long_pauses import Months


@pytest.fixture
def months(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Months:
    return Months(cloud, monkeypatch)
