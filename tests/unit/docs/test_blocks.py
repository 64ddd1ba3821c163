"""A machine can read every code block and diagram of the docs."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Mapping

import pytest

from tests.unit.support.pages import PAGES

BLOCKS = [
    (f"{path} {number}", kind, text)
    for path, page in PAGES.items()
    for number, (kind, text) in enumerate(page.blocks, 1)
]

DIAGRAMS = ("flowchart ", "stateDiagram-v2", "sequenceDiagram")

OPENING = {")": "(", "]": "[", "}": "{"}


def read_by_a_shell(text: str) -> None:
    read = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def balanced(text: str) -> None:
    opened: list[str] = []
    unquoted = re.sub(r'"[^"\n]*"', "", text)
    assert '"' not in unquoted
    for bracket in re.findall(r"[][(){}]", unquoted):
        if bracket in OPENING:
            assert opened, bracket
            assert opened.pop() == OPENING[bracket]
        else:
            opened.append(bracket)
    assert not opened


def drawn(text: str) -> None:
    """A known type, balanced brackets, and no node or state that only an arrow names: a misspelt one has a box too."""
    assert text.startswith(DIAGRAMS)
    balanced(text)
    if text.startswith("flowchart "):
        arrows = re.findall(r"^ +(\w+)(?:\W.*?)? -\.?->(?:\|[^|]*\|)? (\w+)", text, flags=re.MULTILINE)
        defined = set(re.findall(r"\b(\w+)[\[(]+\"", text))
        assert {name for arrow in arrows for name in arrow} <= defined
    else:
        arrows = re.findall(r"^ +(\S+) --> (\S+?)(?::|$)", text, flags=re.MULTILINE)
        assert {source for source, _ in arrows} - {"[*]"} == {end for _, end in arrows} - {"[*]"}
    assert len(arrows) > 2


READERS: Mapping[str, Callable[[str], object]] = {
    "python": lambda text: compile(text, "docs", "exec"),
    "sh": read_by_a_shell,
    "json": json.loads,
    "toml": tomllib.loads,
    "mermaid": drawn,
    "text": str,
}


@pytest.mark.parametrize(("kind", "text"), [block[1:] for block in BLOCKS], ids=[block[0] for block in BLOCKS])
def test_a_block_can_be_read(kind: str, text: str) -> None:
    READERS[kind](text)


def test_every_block_has_an_end() -> None:
    for path, page in PAGES.items():
        assert "```" not in page.prose, path


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("python", "def handle(event)\n"),
        ("sh", "sluice emit audit-log '{\n"),
        ("json", "{'id': 7}"),
        ("toml", "a = \n"),
        ("mermaid", "graffiti LR\n"),
        ("mermaid", 'flowchart LR\n  a["A] --> b["B"]\n  b --> a\n  a --> b\n'),
        ("mermaid", 'flowchart LR\n  a["A"] --> b["B"]\n  b --> c\n  a --> b\n'),
        ("mermaid", "stateDiagram-v2\n  [*] --> on\n  on --> off\n  of --> on\n"),
    ],
)
def test_a_block_that_is_wrong_is_found(kind: str, text: str) -> None:
    with pytest.raises((SyntaxError, AssertionError, ValueError)):
        READERS[kind](text)
