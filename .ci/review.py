"""Writes and posts the comment on a pull request: what changed in metrics and parameters, the leaderboard, and where the report is.

    python .ci/review.py write BASE > comment.md      compares the working tree with the commit BASE
    python .ci/review.py post NUMBER comment.md       adds the comment to a pull request, or replaces the one of an earlier run

Besides the repository, `write` needs only DVC, and `post` only GitHub's command `gh` with GH_TOKEN and GITHUB_REPOSITORY set.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the workflow does not install the package, whose dependencies take gigabytes

from mien.core.markdown import Markdown, code
from mien.core.printable import printable

MARKER = "<!-- mien: review of a pull request -->"
MAX_CHARACTERS = 65_536  # of a comment, by GitHub
MAX_SECTION = 20_000  # three sections and the rest stay below MAX_CHARACTERS
MAX_VALUE = 200
NUM_DIGITS = 5
LEADERBOARD = Path("metrics/leaderboard.md")


def comment(base: str, *, report: str = "") -> str:
    """The Markdown of the whole comment, at most MAX_CHARACTERS long. `report` is the address of the report, empty if there is none."""
    parts = [
        MARKER,
        f"[The report]({report}) is an artifact of this run."
        if report
        else "There is no report: this run could not fetch `metrics/report` from a DVC remote. "
        "Run `dvc push` after `dvc repro`; `.github/workflows/review.yml` explains how to set the remote.",
        "### Metrics: `dvc metrics diff`",
        _table(["metric", "before", "after", "change"], _metrics(_diff("metrics", base))) or "No metric changed.",
        "### Leaderboard",
        _shortened(LEADERBOARD.read_text(encoding="utf-8")) if LEADERBOARD.exists() else f"`{LEADERBOARD}` does not exist.",
        "### Parameters: `dvc params diff`",
        _table(["parameter", "before", "after"], _params(_diff("params", base))) or "No parameter changed.",
    ]
    text = "\n\n".join(parts) + "\n"
    assert len(text) <= MAX_CHARACTERS
    return text


def _diff(kind: str, base: str) -> dict[str, dict[str, Any]]:
    # DVC's own `--md` does not escape `|`, so that a regular expression in params.yaml breaks its table.
    done = subprocess.run(["dvc", kind, "diff", base, "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: `dvc {kind} diff {base}` failed: {done.stderr.strip()}")
    found: dict[str, dict[str, Any]] = json.loads(done.stdout or "{}")
    return found


def _metrics(changes: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    for name, change in _by_name(changes):
        old, new, difference = (change.get(key) for key in ("old", "new", "diff"))
        yield [name, *(_number(value) for value in (old, new)), "" if difference is None else f"{difference:+.{NUM_DIGITS}f}"]


def _number(value: Any) -> str:
    return f"{value:.{NUM_DIGITS}f}" if isinstance(value, float) else shown(value)


def _params(changes: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    for name, change in _by_name(changes):
        yield [name, shown(change.get("old")), shown(change.get("new"))]


def _by_name(changes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, changed in changes.items():
        for name, change in sorted(changed.items()):
            yield shown(name if len(changes) == 1 else f"{path}: {name}"), change


def shown(value: Any) -> Markdown:
    """A value as code in one cell of a table. Nothing in it acts: no cell, tag, link or mention of its own; long values are cut."""
    if value is None or value == "":
        return Markdown("—" if value is None else "(empty)")
    text = printable(" ".join((value if isinstance(value, str) else json.dumps(value)).split()))
    text = text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"
    if code(text).startswith("`"):
        return code(text)
    # Entities, because a backslash cannot escape within backticks; GitHub looks for mentions and links outside of <code> only.
    return Markdown("<code>" + "".join(c if c.isalnum() or c in " .-…" else f"&#{ord(c)};" for c in text) + "</code>")


def _table(headings: Sequence[str], rows: Iterator[list[str]]) -> str:
    """The table, empty if it has no rows. Its columns are not padded: one long value would take the place of many rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return _shortened("\n".join([f"| {' | '.join(headings)} |", "|---" * len(headings) + "|", *lines])) if lines else ""


def _shortened(text: str) -> str:
    """The first whole lines of a section, MAX_SECTION characters at most, and how many lines are left out."""
    lines = text.strip().split("\n")
    kept = len(lines)
    while len("\n".join(lines[:kept])) > MAX_SECTION:
        kept -= 1
    return "\n".join(lines[:kept]) + (f"\n\n{len(lines) - kept} more lines are left out." if kept < len(lines) else "")


def post(number: int, body: Path) -> None:
    """Adds the comment in the file `body` to a pull request; replaces the one that an earlier run has added, if there is one."""
    comments = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues/{number}/comments"
    pages = json.loads(_gh("--paginate", "--slurp", f"{comments}?per_page=100"))
    # Only the workflow's own comment: somebody may have quoted it.
    own = [
        each["id"] for page in pages for each in page if each["user"]["login"] == "github-actions[bot]" and each["body"].startswith(MARKER)
    ]
    if own:
        comment_address = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues/comments/{own[0]}"
        _gh("--method", "PATCH", comment_address, "--field", f"body=@{body}")
    else:
        _gh("--method", "POST", comments, "--field", f"body=@{body}")


def _gh(*arguments: str) -> str:
    return subprocess.run(["gh", "api", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write", help="print the comment in Markdown")
    writing.add_argument("base", help="the commit that the working tree is compared with")
    writing.add_argument("--report", default="", help="the address of the report, if there is one")
    posting = commands.add_parser("post", help="put the comment on a pull request")
    posting.add_argument("number", type=int, help="the number of the pull request")
    posting.add_argument("body", type=Path, help="the file with the comment")
    arguments = parser.parse_args()
    if arguments.command == "write":
        sys.stdout.write(comment(arguments.base, report=arguments.report))
    else:
        post(arguments.number, arguments.body)


if __name__ == "__main__":
    main()
