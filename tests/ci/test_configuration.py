"""Workflows and hooks run what is in the repository: their scripts exist, actions are pinned, and no hook is fetched from elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def test_there_is_a_workflow_for_the_checks_and_one_for_the_review() -> None:
    runs = {path.stem: [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step] for path in WORKFLOWS}
    assert ".ci/run" in runs["ci"]
    assert any(".ci/review.py write HEAD^1" in run for run in runs["review"])
    assert any(".ci/review.py post" in run for run in runs["review"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_pins_its_actions_and_has_no_more_rights_than_it_names(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"]["contents"] == "read"
    assert "pull_request_target" not in workflow["on"], "it would run a fork's code with this repository's secrets"
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@(v\d+|[0-9a-f]{40})", step.get("uses", "a/b@v1")), step
            for script in re.findall(r"\.ci/[\w.]+", step.get("run", "")):
                assert (ROOT / script).is_file(), script
            assert "${{" not in step.get("run", ""), "text from a pull request would be run as part of the script; pass it in `env`"


def test_every_hook_is_a_tool_of_the_lock_and_make_lint_runs_it() -> None:
    configuration = read(ROOT / ".pre-commit-config.yaml")
    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    hooks = {hook["id"]: hook["entry"] for hook in configuration["repos"][0]["hooks"]}
    assert all(entry.startswith(".venv/bin/") for entry in hooks.values())
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"codespell", "mypy", "pre-commit", "pre-commit-hooks", "ruff"} <= locked
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe
    commands = recipe[1].split("\n\t")
    skipped = re.search(r"SKIP=(\S+) pre-commit run --all-files", recipe[1])
    assert skipped
    for name in skipped[1].split(","):  # what pre-commit does not run is run by itself
        tool = hooks[name].removeprefix(".venv/bin/").split(" --")[0]
        assert any(command.strip().startswith(tool) for command in commands), name
