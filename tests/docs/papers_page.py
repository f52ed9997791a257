"""docs/papers.md as its tables and commands, for the tests of this folder."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "papers.md"

IN_THE_PAPERS = {
    "Five baselines and EfficientNet-B1": [*(f"Figure {number}" for number in range(1, 11))],
    "SE attention and focal loss": [*(f"Figure {number}" for number in range(1, 5))],
    "Spatial attention and Mixup": ["Table I", *(f"Figure {number}" for number in range(1, 7))],
    "EfficientNet-B7": ["Table 1", *(f"Figure {number}" for number in range(1, 4))],
    "Rebalanced attention consistency and focus": [
        *(f"Table {number}" for number in range(1, 8)),
        *(f"Figure {number}" for number in range(1, 10)),
    ],
}
"""every table and every figure that the five papers number, by the heading of the page"""


@dataclass(frozen=True)
class Row:
    """One table or figure of a paper."""

    section: str
    name: str
    shows: str
    setup: str
    """the letter of what has to be in params.yaml: S, F, P or –"""
    commands: tuple[str, ...]
    paper: str
    ours: str
    differs: str


def section(heading: str) -> str:
    """The text below a heading of the second level."""
    return PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows() -> list[Row]:
    """All rows of the five matrices, in the page's order."""
    found = []
    for heading in IN_THE_PAPERS:
        for line in section(heading).splitlines():
            if not re.match(r"\| (Figure|Table) ", line):
                continue
            name, shows, command, paper, ours, differs = (cell.strip() for cell in line.strip("|").split(" | "))
            letter = re.match(r"\*\*(.)\*\* ", command)
            assert letter, line
            found.append(Row(heading, name, shows, letter[1], tuple(re.findall(r"`([^`]+)`", command)), paper, ours, differs))
    return found


def blocks() -> list[list[str]]:
    """The commands of every `sh` block, in the page's order, without comments."""
    text = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [[re.sub(r"\s+#.*", "", line) for line in block.splitlines()] for block in text]


def setup(letter: str) -> list[str]:
    """The commands that change params.yaml to what the letter stands for."""
    if letter in "S–":
        return []
    block = re.search(rf"^- \*\*{letter}\*\*:.*?^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block, letter
    return block[1].splitlines()
