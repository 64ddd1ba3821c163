"""The console in a real browser, on the deployed template."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from sluice.event.ids import new_id
from sluice.stage.names import Names

from tests.local.support.browser import PATIENCE_MS, Console, axe_findings, chromium, console_of
from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually

HANDLER = "watched"
HERE = f"/local/handler/{HANDLER}"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def console(cloud: Project) -> Iterator[Console]:
    with console_of(cloud) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def number(page: Page, name: str) -> Any:
    return page.locator(f'[data-row="{HANDLER}"] [data-n="{name}"]').first


def emit(page: Page, event: object) -> None:
    page.get_by_role("button", name="Emit a test event").click()
    page.get_by_label("Event, as JSON").fill(json.dumps(event))
    page.get_by_role("button", name=f"Emit to {HANDLER}").click()
    expect(page.get_by_text(f"Emitted to {HANDLER}.")).to_be_visible()


def test_a_pause_holds_an_event_and_the_overview_counts_it_without_reloading(
    console: Console, browser: Browser
) -> None:
    overview = console.open(browser)
    overview.evaluate("window.same = true")
    rows = overview.locator(".t-h tbody tr")
    before = [row.bounding_box() for row in rows.all()]
    page = console.open(browser, HERE)

    page.keyboard.press("p")
    page.get_by_role("textbox", name="Why").fill("to see it wait")
    page.get_by_role("button", name=f"Pause {HANDLER}").click()
    expect(page.get_by_text("nothing new starts")).to_be_visible()
    emit(page, {"skus": ["TEA", "POT"]})

    expect(number(overview, "waiting")).to_have_text("1")
    row = overview.locator(f'tr[data-row="{HANDLER}"]')
    expect(row).to_contain_text("to see it wait")
    expect(row).to_contain_text("Unpause…")
    # The page is the same one, and no row has moved or grown.
    assert overview.evaluate("window.same")
    assert [row.bounding_box() for row in rows.all()] == before

    row.get_by_role("link", name=f"Unpause {HANDLER}").click()
    overview.get_by_role("button", name=f"Unpause {HANDLER}").click()
    expect(overview.get_by_text("what waited starts")).to_be_visible()
    expect(number(overview, "waiting")).to_have_text("0")
    page.get_by_role("link", name="Its trace").click()
    expect(page.get_by_role("group", name="Result")).to_have_text("15")
    overview.context.close()
    page.context.close()


def test_a_failed_run_shows_its_line_and_values_and_is_replayed_with_its_group(
    console: Console, browser: Browser
) -> None:
    page = console.open(browser, HERE)
    emit(page, {"skus": ["TEA", "MUG"]})
    page.get_by_role("link", name="Its trace").click()

    raised = page.locator(".why")
    expect(raised).to_contain_text("return PRICES[sku]")
    expect(raised).to_contain_text('sku = "MUG"')
    expect(page.locator("h1")).to_contain_text("KeyError: 'MUG'")

    page.goto(console.origin + HERE)
    page.get_by_role("link", name="Replay the runs that failed with KeyError").first.click()
    expect(page.get_by_role("dialog", name="Replay ")).to_contain_text("to replay, each once")
    page.get_by_role("button", name=re.compile(r"^Replay \d+$")).click()
    expect(page.locator("#note")).to_contain_text("Replayed ")
    page.context.close()


def test_a_dead_letter_is_redriven_and_runs(console: Console, browser: Browser, cloud: Project) -> None:
    url = cloud.aws("sqs", "get-queue-url", "--queue-name", Names("local").dead_letter_queue(HANDLER))["QueueUrl"]
    cloud.aws("sqs", "send-message", "--queue-url", url, "--message-body", '{"skus": ["POT", "POT", "POT"]}')
    page = console.open(browser, HERE)

    expect(number(page, "dead")).to_have_text("1")
    page.reload()
    page.get_by_role("button", name="Redrive…").click()
    page.get_by_role("button", name="Redrive 1").click()
    expect(page.get_by_text("1 dead letter of watched put back")).to_be_visible()

    def has_run() -> bool:
        page.goto(f"{console.origin}{HERE}?where=result == `36`")
        return page.locator(".t-t tbody tr").count() > 0

    eventually(has_run, "the redriven event has run")
    page.context.close()


HOSTILE = (
    '</textarea><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">\u202egnp.exe'
)


def test_a_hostile_event_is_text(console: Console, browser: Browser) -> None:
    page = console.open(browser, HERE)
    emit(page, {"skus": [HOSTILE], HOSTILE: "x" * 200_000})
    page.get_by_role("link", name="Its trace").click()

    expect(page.locator(".why")).to_contain_text("</textarea><script>document.title=")
    expect(page.locator("h1")).to_contain_text("KeyError")
    page.goto(console.origin + HERE)
    expect(page.locator(".t-t tbody tr").first).to_contain_text("KeyError")
    assert "owned" not in page.title()
    assert page.locator("main img, main script").count() == 0
    assert "\u202e" not in page.content()
    page.context.close()


class _Stranger(BaseHTTPRequestHandler):
    """A page of another origin that tries to read the console, and to act through it."""

    console = ""

    def do_GET(self) -> None:
        target = f"{self.console}{HERE}"
        body = f"""<!doctype html><title>waiting</title><iframe src="{target}"></iframe>
            <iframe name="hidden"></iframe>
            <form method="post" action="{target}/emit" target="hidden">
              <input name="event" value='{{"skus": [1]}}'></form>
            <script>
              document.forms[0].submit();
              fetch("{target}", {{credentials: "include"}}).then(
                (answer) => document.title = "read " + answer.status, () => document.title = "nothing");
            </script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_page_of_another_origin_gets_nothing(console: Console, browser: Browser) -> None:
    page = console.open(browser, HERE)
    asked: list[str] = []
    _Stranger.console = console.origin
    server = HTTPServer(("127.0.0.1", 0), _Stranger)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        # The same browser, which has the console's cookie.
        stranger = page.context.new_page()
        for over in ("requestfinished", "requestfailed"):
            stranger.on(over, lambda request: asked.append(request.method) if HERE in request.url else None)
        stranger.goto(f"http://127.0.0.1:{server.server_port}/")
        expect(stranger).to_have_title("nothing")
        # Playwright tells of what happens while it is asked something.
        eventually(lambda: stranger.title() and len(asked) >= 3, "the frame, the form and the script are answered")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert sorted(asked) == ["GET", "GET", "POST"]
    assert [frame.get_by_text("Emit a test event").count() for frame in stranger.frames] == [0, 0, 0]
    page.goto(f"{console.origin}{HERE}?where=event.skus[0] == `1`")
    expect(page.get_by_text("No such traces")).to_be_visible()
    page.context.close()


def test_another_host_gets_nothing(console: Console) -> None:
    port = int(console.origin.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", console.url.partition(console.origin)[2], headers={"Host": "evil.example"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()

    assert answer.status == 403
    assert b"handlers" not in text
    assert answer.headers["Set-Cookie"] is None


def test_keys_lead_through_the_page(console: Console, browser: Browser) -> None:
    page = console.open(browser)
    names = page.locator(".t-h tbody th a").all_inner_texts()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jkp?")
    assert page.get_by_role("searchbox").input_value() == "jkp?"
    page.locator("main").click(position={"x": 1, "y": 1})
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(f'tr[data-row="{names[0]}"] th a').focus()
    page.keyboard.press("j")
    expect(page.locator(f'tr[data-row="{names[1]}"] th a')).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    # A key that is pressed before the page has loaded goes nowhere.
    page.wait_for_url(f"**/handler/{names[0]}")
    expect(page.locator("h1")).to_contain_text(names[0])
    page.keyboard.press("u")
    page.wait_for_url("**/local")
    expect(page.locator("h1")).to_contain_text("handlers")
    page.context.close()


def test_everybody_can_use_the_pages_in_either_theme_and_at_either_width(console: Console, browser: Browser) -> None:
    page = console.open(browser, f"{HERE}?status=failed")
    failed = page.locator(".t-t tbody a").first.get_attribute("href") or ""
    not_run = f"/local/trace/{HANDLER}/{new_id()}"
    found = {}
    for path in ["/local", HERE, f"{HERE}?do=pause", failed, "/local/find?q=a", "/no/such/page", not_run]:
        page.goto(console.origin + path)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in THEMES:
                page.emulate_media(color_scheme=scheme)
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                too_wide = [f"{wider} px too wide"] if wider > 0 else []
                found[path, width, scheme] = [*axe_findings(page), *too_wide]

    assert {where: lines for where, lines in found.items() if lines} == {}
    page.context.close()
