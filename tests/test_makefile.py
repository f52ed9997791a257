"""What `make help` says."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_help_lists_every_target_for_users_in_one_column() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    lines = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.split()[0] for line in lines] == phony.group(1).split()
    starts = {re.match(r"\S+\s+", line).end() for line in lines}  # type: ignore[union-attr]
    assert len(starts) == 1, "descriptions begin in one column"
