"""The repository's Markdown, taken apart: pages, code blocks, code spans, tables, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FORMATTING = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Page:
    """A Markdown file.

    Attributes:
        path: where it is, from the project's root.
        text: its content.
    """

    path: str
    text: str

    @property
    def directory(self) -> Path:
        """The directory that its relative links start from."""
        return (PROJECT / self.path).parent

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """Each code block's language and content."""
        return _BLOCK.findall(self.text)

    @cached_property
    def prose(self) -> str:
        """The text without its code blocks."""
        return _BLOCK.sub("", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """The code spans of the prose. One may go over the end of a line."""
        return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", self.prose)]

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Each link's text and target."""
        return re.findall(r"\[([^\]]+)\]\(([^)\s]+)\)", self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments that GitHub makes of the headings."""
        found: dict[str, int] = {}
        for heading in re.findall(r"^#{1,6} (.+)$", self.prose, flags=re.MULTILINE):
            slug = re.sub(r"[^\w -]", "", _FORMATTING.sub(r"\1", heading).lower()).strip().replace(" ", "-")
            found[slug] = found.get(slug, -1) + 1
        return {
            name if number == 0 else f"{name}-{number}" for name, last in found.items() for number in range(last + 1)
        }

    def section(self, heading: str) -> str:
        """The text below a heading, up to the next one of its level or above."""
        level, start = re.findall(r"^(#+) ", heading)[0], f"\n{heading}\n"
        body = f"\n{self.text}".split(start, maxsplit=1)[1]
        return re.split(rf"^#{{1,{len(level)}}} ", body, maxsplit=1, flags=re.MULTILINE)[0]

    def rows(self, header: str) -> list[list[str]]:
        """The cells of the page's only table whose headings begin like this, row by row."""
        lines = self.text.splitlines()
        (start,) = [number for number, line in enumerate(lines) if line.startswith(f"| {header} |")]
        rows = []
        for line in lines[start + 2 :]:
            if not line.startswith("|"):
                break
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
        return rows

    def section_rows(self, heading: str) -> list[list[str]]:
        """The cells of the only table in a section, row by row."""
        section = self.section(heading)
        (header,) = re.findall(r"^\| ([^|]+) \|.*\n\| ---", section, flags=re.MULTILINE)
        return Page(self.path, section).rows(header)


def _pages() -> Iterator[Page]:
    paths = [PROJECT / "README.md", PROJECT / "CHANGELOG.md"]
    paths += sorted((PROJECT / "docs").glob("*.md")) + sorted((PROJECT / ".github").rglob("*.md"))
    for path in paths:
        yield Page(path.relative_to(PROJECT).as_posix(), path.read_text(encoding="utf-8"))


PAGES = {page.path: page for page in _pages()}
"""Every page, by its path."""

README = PAGES["README.md"]

GUIDES = [page for path, page in PAGES.items() if path == "README.md" or path.startswith("docs/")]
"""The pages for people who use Sluice."""
