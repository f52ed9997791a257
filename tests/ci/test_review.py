"""The comment on a pull request: what it says about real commits, that no value breaks it, its limit, and that there is one comment
only.
"""

import html
import json
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "review.py"
REPORT = "https://github.com/owner/mien/actions/runs/1/artifacts/2"


@pytest.fixture(scope="module")
def review() -> Any:
    spec = spec_from_file_location("review", SCRIPT)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(text: str) -> list[list[str]]:
    """The cells of all tables as a reader sees them: a cell ends at a `|` that is written as such."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [[html.unescape(re.sub("`|</?code>", "", cell)) for cell in line] for line in cells]


def test_a_comment_shows_what_changed_since_the_base(tmp_path: Path) -> None:
    def run(*command: str) -> str:
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    def write(seed: int, subject: str, **metrics: dict[str, float]) -> None:
        (tmp_path / "metrics").mkdir(exist_ok=True)
        (tmp_path / "metrics" / "leaderboard.json").write_text(json.dumps(metrics))
        (tmp_path / "params.yaml").write_text(f"seed: {seed}\nsame: 1\nlr: {seed / 1e8}\ningest: {{subject: '{subject}'}}\n")

    for command in (
        ["git", "init", "-q"],
        ["git", "config", "user.email", "a@b.c"],
        ["git", "config", "user.name", "a"],
        ["dvc", "init", "-q"],
    ):
        run(*command)
    stage = {"cmd": "true", "params": ["seed", "same", "lr", "ingest"], "metrics": [{"metrics/leaderboard.json": {"cache": False}}]}
    (tmp_path / "dvc.yaml").write_text(json.dumps({"stages": {"compare": stage}}))
    write(1, "", plain={"accuracy": 0.5, "kappa": 0.25}, gone={"accuracy": 0.75})
    (tmp_path / "metrics" / "leaderboard.md").write_text("| model |\n| --- |\n| plain |\n")
    run("git", "add", ".")
    run("git", "commit", "-qm", "base")
    write(2, r"(a|b)_(\d+)`@octocat <b>", plain={"accuracy": 0.625, "kappa": 0.25}, new={"accuracy": 0.125})

    text = run(sys.executable, str(SCRIPT), "write", "HEAD", "--report", REPORT)
    assert text.startswith("<!-- ") and f"({REPORT})" in text
    assert rows(text) == [
        ["metric", "before", "after", "change"],
        ["---"] * 4,
        ["gone.accuracy", "0.75000", "—", ""],
        ["new.accuracy", "—", "0.12500", ""],
        ["plain.accuracy", "0.50000", "0.62500", "+0.12500"],
        ["model"],
        ["---"],
        ["plain"],
        ["parameter", "before", "after"],
        ["---"] * 3,
        ["ingest.subject", "(empty)", r"(a|b)_(\d+)`@octocat <b>"],
        ["lr", "1e-08", "2e-08"],
        ["seed", "1", "2"],
    ]
    assert "<b>" not in text, "no tag of a value"

    failed = subprocess.run([sys.executable, str(SCRIPT), "write", "nowhere"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and failed.stdout == ""
    assert failed.stderr.startswith("error: `dvc metrics diff nowhere` failed: ") and "Traceback" not in failed.stderr


def test_without_changes_report_and_leaderboard_the_comment_says_so(review: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(review, "_diff", lambda *_: {})
    text = review.comment("HEAD")
    assert "There is no report" in text and "`metrics/leaderboard.md` does not exist." in text
    assert "No metric changed." in text and "No parameter changed." in text
    assert rows(text) == []


def test_the_longest_comment_stays_below_the_limit_and_says_what_is_missing(
    review: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "leaderboard.md").write_text("| model |\n| --- |\n" + f"| {'m' * 100} |\n" * 5000)
    changes = {"params.yaml": {f"{number:04}" + "🂡|" * 500: {"old": "|" * 1000, "new": number} for number in range(2000)}}
    monkeypatch.setattr(review, "_diff", lambda *_: changes)
    text = review.comment("HEAD", report=REPORT)
    assert 0.8 * review.MAX_SECTION * 3 < len(text) <= review.MAX_CHARACTERS
    metrics, leaderboard, params = text.split("\n### ")[1:]
    for section, num_rows in ((metrics, 2000), (leaderboard, 5000), (params, 2000)):
        left_out = re.search(r"\n\n(\d+) more lines are left out\.", section)
        assert left_out and int(left_out[1]) + len(rows(section)) - 2 == num_rows


@pytest.mark.parametrize(
    ("earlier", "method", "address"),
    [
        ([], "POST", "repos/owner/mien/issues/7/comments"),
        ([("github-actions[bot]", "another workflow", 1), ("anna", "MARKER quoted", 2)], "POST", "repos/owner/mien/issues/7/comments"),
        ([("anna", "hello", 1), ("github-actions[bot]", "MARKER before", 31)], "PATCH", "repos/owner/mien/issues/comments/31"),
    ],
)
def test_a_pull_request_has_one_comment(
    review: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: list[tuple[str, str, int]], method: str, address: str
) -> None:
    """`gh` is a script that answers with the earlier comments, on two pages, and keeps what it is asked."""
    comments = [{"user": {"login": login}, "body": body.replace("MARKER", review.MARKER), "id": number} for login, body, number in earlier]
    (tmp_path / "comments.json").write_text(json.dumps([comments[:1], comments[1:]]))
    (tmp_path / "gh").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\ncase "$*" in *--slurp*) cat {tmp_path}/comments.json;; esac\n')
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/mien")
    review.post(7, tmp_path / "comment.md")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [
        "api --paginate --slurp repos/owner/mien/issues/7/comments?per_page=100",
        f"api --method {method} {address} --field body=@{tmp_path}/comment.md",
    ]
