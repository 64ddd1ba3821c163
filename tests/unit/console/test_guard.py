"""Who gets into the console: the browser that opened its first address, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sluice.console.guard import HEADERS
from sluice.console.site import Site
from starlette.testclient import TestClient

from tests.unit.support.browsing import ORIGIN, PORT, opened
from tests.unit.support.cloud import HANDLER, STAGE, Cloud

EMIT = f"/{STAGE}/handler/{HANDLER}/emit"


@pytest.fixture
def browsing(cloud: Cloud) -> Iterator[tuple[Site, TestClient]]:
    with opened() as both:
        yield both


def form(site: Site, **more: str) -> dict[str, str]:
    return {"csrf": site.guard.csrf, "event": "{}", **more}


def test_the_first_address_gives_the_cookie_and_drops_the_token(cloud: Cloud) -> None:
    site = Site(STAGE, PORT, who="", where="")
    browser = TestClient(site.guard, base_url=ORIGIN)

    answer = browser.get(f"/{STAGE}?token={site.guard.token}&q=1", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/{STAGE}?q=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert site.guard.token not in cookie


@pytest.mark.parametrize("path", ["/", f"/{STAGE}", f"/{STAGE}?token=wrong", "/static/console.css", EMIT])
def test_without_the_cookie_there_is_nothing(cloud: Cloud, path: str) -> None:
    site = Site(STAGE, PORT, who="", where="")

    answer = TestClient(site.guard, base_url=ORIGIN).get(path)

    assert answer.status_code == 401
    assert "sluice console printed" in answer.text


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""])
def test_another_host_gets_nothing(browsing: tuple[Site, TestClient], host: str) -> None:
    answer = browsing[1].get(f"/{STAGE}", headers={"Host": host})

    assert answer.status_code == 403
    assert HANDLER not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", f"https://127.0.0.1:{PORT}", "null", "http://127.0.0.1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_gets_nothing(cloud: Cloud, browsing: tuple[Site, TestClient], origin: str, method: str) -> None:
    site, browser = browsing
    answer = browser.request(method, EMIT, data=form(site) if method == "POST" else None, headers={"Origin": origin})

    assert answer.status_code == 403
    assert cloud.messages(HANDLER) == []


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_form_without_its_secret_does_nothing(cloud: Cloud, browsing: tuple[Site, TestClient], csrf: str) -> None:
    site, browser = browsing
    answer = browser.post(EMIT, data=form(site, csrf=csrf), headers={"Origin": ORIGIN})

    assert answer.status_code == 403
    assert cloud.messages(HANDLER) == []


def test_a_form_without_an_origin_does_nothing(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    site, browser = browsing

    assert browser.post(EMIT, data=form(site)).status_code == 403
    assert cloud.messages(HANDLER) == []


@pytest.mark.parametrize("path", [f"/{STAGE}", "/static/console.js", "/no/such/page", f"/{STAGE}?token=wrong"])
def test_every_answer_is_kept_nowhere_and_runs_no_script_of_others(
    browsing: tuple[Site, TestClient], path: str
) -> None:
    headers = browsing[1].get(path).headers

    assert {name: headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert headers["cache-control"] == "no-store"
    assert "unsafe" not in headers["content-security-policy"]


def test_a_path_of_two_slashes_leads_nowhere_else(cloud: Cloud) -> None:
    site = Site(STAGE, PORT, who="", where="")
    browser = TestClient(site.guard, base_url=ORIGIN)

    answer = browser.get(f"{ORIGIN}//evil.example/?token={site.guard.token}", follow_redirects=False)

    assert answer.headers["location"].startswith("/evil.example")
