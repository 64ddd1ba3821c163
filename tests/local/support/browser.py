"""A real browser on the console: Chromium, and axe-core, which finds what some people cannot use."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sluice.local.cdk_program import node

from tests.local.support.projects import Project

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_AXE = Path(__file__).with_name("axe")

PATIENCE_MS = 240_000
"""Milliseconds after which a wait counts as hanging. A slow machine must not reach it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    found = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    assert found, "the tests of the console need Chromium; run: apt-get install chromium"
    with sync_playwright() as playwright:
        # As root in a container, Chromium has no sandbox, and /dev/shm may be small.
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Console:
    """A console that runs.

    Attributes:
        url: the address with the token.
    """

    url: str

    @property
    def origin(self) -> str:
        """Its origin."""
        return "/".join(self.url.split("/")[:3])

    def open(self, browser: Browser, path: str = "/local", **more: Any) -> Page:
        """Open a page in a browser profile of its own. An error in a script of the page fails the test."""
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **more})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", _fail)
        page.goto(self.url)
        page.goto(self.origin + path)
        return page


def _fail(error: Any) -> None:
    raise AssertionError(f"a script of the page failed: {error}")


@contextmanager
def console_of(project: Project, *options: str) -> Iterator[Console]:
    """Start `sluice console`, and end it."""
    process = project.start("console", "--no-browser", "--json", *options)
    assert process.stdout is not None
    try:
        text = ""
        while not text.rstrip().endswith("}"):
            line = process.stdout.readline().decode()
            assert line, process.communicate()[1].decode()
            text += line
        yield Console(json.loads(text)["url"])
    finally:
        process.terminate()
        _, errors = process.communicate()
        assert b"Traceback" not in errors, errors.decode()


@cache
def axe_source() -> str:
    """Return axe-core's source: one version from npm, with the hash in its lock file."""
    version = json.loads((_AXE / "package.json").read_text(encoding="utf-8"))["dependencies"]["axe-core"]
    home = Path.home() / ".cache" / "sluice" / f"axe-core-{version}"
    source = home / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        home.mkdir(parents=True, exist_ok=True)
        for file in _AXE.iterdir():
            shutil.copy(file, home)
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(
            [str(node()), str(npm), "ci", *options], cwd=home, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return source.read_text(encoding="utf-8")


def axe_findings(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, a line each."""
    # Evaluated by the browser's own debugger, which the page's policy does not hold.
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]
