"""A browser's requests to the console, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sluice.console.guard import TOKEN
from sluice.console.site import Site
from starlette.testclient import TestClient

from tests.unit.support.cloud import STAGE

PORT = 4711
ORIGIN = f"http://127.0.0.1:{PORT}"


@contextmanager
def opened(stage: str = STAGE) -> Iterator[tuple[Site, TestClient]]:
    """The console of a stage, and a browser that has opened its first address."""
    site = Site(stage, PORT, who="user/ada", where="eu-central-1")
    with TestClient(site.guard, base_url=ORIGIN) as browser:
        assert browser.get(f"/{stage}", params={TOKEN: site.guard.token}, follow_redirects=False).status_code == 303
        yield site, browser


def post(browser: TestClient, site: Site, path: str, **fields: str) -> Any:
    """Send a form of the console's, as its page would, and follow to the page that tells of it."""
    data = {"csrf": site.guard.csrf, **fields}
    return browser.post(path, data=data, headers={"Origin": ORIGIN})


def text_of(page: str) -> str:
    """What a page shows, roughly: its text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
