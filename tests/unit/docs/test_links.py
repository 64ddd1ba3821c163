"""Every link, anchor and path of the docs leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.support.pages import GUIDES, PAGES, PROJECT, README, Page

NAMED_PATH = re.compile(
    r"(app\.py|cdk\.json|pyproject\.toml|uv\.lock|CHANGELOG\.md|\.ci/run|(functions|infra|tests|docs)(/[\w./-]+)?)"
)

ON_A_PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def targets(page: Page) -> list[tuple[str, Path, str]]:
    """Each link of a page into the repository: as it is written, its file, and its fragment."""
    found = []
    for _, target in page.links:
        if not re.match(r"[a-z]+:", target):
            path, _, fragment = target.partition("#")
            found.append((target, page.directory / path if path else PROJECT / page.path, fragment))
    return found


@ON_A_PAGE
def test_every_link_leads_to_a_file(page: Page) -> None:
    for target, path, _ in targets(page):
        assert path.exists(), target
        assert path.resolve().is_relative_to(PROJECT), target


@ON_A_PAGE
def test_every_fragment_is_a_heading_there(page: Page) -> None:
    for target, path, fragment in targets(page):
        if fragment:
            assert fragment in PAGES[path.resolve().relative_to(PROJECT).as_posix()].anchors, target


@ON_A_PAGE
def test_every_link_by_reference_has_a_target(page: Page) -> None:
    for name, target in re.findall(r"^\[([^\]]+)\]: (\S+)$", page.prose, flags=re.MULTILINE):
        assert target.startswith("#"), name
        assert target[1:] in page.anchors, name


@ON_A_PAGE
def test_every_path_that_is_named_exists(page: Page) -> None:
    named = [span for span in page.spans if NAMED_PATH.fullmatch(span)]
    named += [
        word for kind, block in page.blocks if kind == "sh" for word in block.split() if NAMED_PATH.fullmatch(word)
    ]
    for path in named:
        assert (PROJECT / path).exists(), path


def test_what_a_link_to_code_names_is_defined_there() -> None:
    named = [
        (re.fullmatch(r"`(\w+)` in ([\w/.]+)", text), page.directory / target)
        for page in PAGES.values()
        for text, target in page.links
        if target.endswith(".py")
    ]
    assert len(named) > 10
    for match, path in named:
        assert match is not None, path
        name, short = match.groups()
        assert path.as_posix().endswith(f"/{short}"), path
        source = path.read_text(encoding="utf-8")
        assert re.search(rf"^ *(def|class) {name}\b", source, flags=re.MULTILINE), (name, short)


def test_the_index_lists_every_page() -> None:
    index = PAGES["docs/README.md"]
    listed = {target for _, target in index.links if "/" not in target and "#" not in target}

    assert listed == {path.name for path in (PROJECT / "docs").glob("*.md")} - {"README.md"}


def test_the_readme_leads_to_every_page() -> None:
    linked = {target.partition("#")[0] for _, target in README.links}

    assert {page.path for page in GUIDES} - {"README.md", "docs/README.md"} <= linked


def test_the_readme_takes_a_minute() -> None:
    assert len(README.text.splitlines()) <= 200
