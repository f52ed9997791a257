"""docs/papers.md: a row for each table and figure of the papers, commands that work, and values that stand where they were measured."""

import re
import shlex
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks import papers
from benchmarks.printed.tables import read_rows
from mien.cli.app import app
from mien.config.documents import read_document
from mien.core.errors import ParamsError
from mien.study.file import names
from tests.docs.papers_page import IN_THE_PAPERS, PAGE, ROOT, blocks, rows, section, setup
from tests.surroundings import Outcome, run_here

ROWS = rows()
COMMANDS = sorted({(row.setup, command) for row in ROWS for command in row.commands})
Workspace = Callable[[str], Path]


def run(command: str, *, root: Path) -> Outcome:
    """What a command of mien does, in this process."""
    program, *arguments = shlex.split(command)
    assert program == "mien", command
    return run_here(app, *arguments, root=root)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Makes a folder with params.yaml as the letter of a setup has it; a new copy at each call."""

    @cache
    def prepared(letter: str) -> Path:
        root = tmp_path_factory.mktemp("setup")
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copy(ROOT / name, root)
        shutil.copytree(ROOT / "experiments", root / "experiments")
        for command in setup(letter):
            check(command, root=root)
        return root

    def copied(letter: str) -> Path:
        root = tmp_path_factory.mktemp("copy")
        shutil.copytree(prepared(letter), root, dirs_exist_ok=True)
        return root

    return copied


def check(command: str, *, root: Path) -> None:
    """Fails if a command names what does not exist. Presets are applied and studies planned; what trains or needs data is not run."""
    words = shlex.split(command)
    match words:
        case ["mien", "preset", *_]:
            outcome = run(command, root=root)
            assert outcome.code == 0, f"{command}: {outcome.err}"
            assert "left out" not in outcome.err or "preset fer2013" in command, outcome.err
        case ["mien", "study", name, *_]:
            outcome = run(" ".join(["mien study", *map(shlex.quote, (word for word in words[2:] if word != "--run")), "--dry"]), root=root)
            assert outcome.code == 0, f"{command}: {outcome.err}"
            assert f"dvc exp run --queue --name {name}-" in outcome.out
        case ["mien", "table", *models]:
            assert {model for model in models if model != "--against"} <= set(document(root)["models"]), command
        case ["mien", "models" | "split"] | ["dvc", "dag"]:
            pass
        case ["dvc", "repro", *targets]:
            for target in targets:
                check_target(target, root=root)
        case ["make", target, *settings]:
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), command
            assert all(f"$({setting.split('=')[0]})" in makefile for setting in settings), command
        case ["python", "-m", module]:
            assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), command
        case _:
            pytest.fail(f"the tests do not know the command {command}")


def document(root: Path) -> Any:
    return read_document(root / "params.yaml", error=ParamsError, what="a map")


def check_target(target: str, *, root: Path) -> None:
    """Fails if dvc.yaml has no such stage, or params.yaml no such model."""
    stage, _, item = target.partition("@")
    stages = read_document(root / "dvc.yaml", error=ParamsError, what="a map")["stages"]
    assert stage in stages, target
    if item:
        assert item in document(root)[stages[stage]["foreach"].strip("${}")], target


def test_every_table_and_every_figure_has_one_row() -> None:
    for heading, expected in IN_THE_PAPERS.items():
        assert sorted(row.name for row in ROWS if row.section == heading) == sorted(expected), heading
    assert len(ROWS) == sum(map(len, IN_THE_PAPERS.values())) == 41


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section[:12]} {row.name}")
def test_a_row_has_commands_and_says_what_the_paper_has_and_what_ours_is(row: Any) -> None:
    assert row.setup in "SFP–"
    assert row.commands
    assert all((row.shows, row.paper, row.ours, row.differs))


@pytest.mark.parametrize(("letter", "command"), COMMANDS, ids=lambda value: value[:60])
def test_the_command_of_a_row_names_what_exists(letter: str, command: str, workspace: Workspace) -> None:
    check(command, root=workspace(letter))


def test_the_blocks_of_commands_name_what_exists(workspace: Workspace) -> None:
    others = [block for block in blocks() if block not in (setup("F"), setup("P"))]
    assert len(others) >= 3
    for block in others:
        root = workspace("S")
        for command in block:
            check(command, root=root)


@pytest.mark.parametrize(
    "command",
    [
        "mien study rbc_rbff --run",
        "mien study rbc_rbf --run --set models.mobilenet_rebalanced.back=resnet18",
        "mien preset fer2031",
        "mien preset --set labels.kinds=[a]",
        "mien table resnet51",
        "dvc repro evaluate@resnet51",
        "dvc repro evaluated@resnet50",
        "make fer2013-method",
        "python -m benchmarks.paper",
        "rm -r data",
    ],
)
def test_a_command_that_names_something_else_is_found(command: str, workspace: Workspace) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(command, root=workspace("S"))


def test_every_study_of_a_paper_is_on_the_page() -> None:
    page, other = PAGE.read_text(encoding="utf-8"), {"fer2013_tricks"}
    assert [name for name in names() if name not in other and f"mien study {name} " not in page] == []


def test_the_tables_of_the_papers_own_numbers_are_what_the_command_prints() -> None:
    page = PAGE.read_text(encoding="utf-8").splitlines()
    for lines in (papers.headlines(), papers.gains(), papers.contradictions(), papers.report()):
        assert any(page[place : place + len(lines)] == lines for place in range(len(page))), "\n".join(lines)


def test_the_pairs_of_accuracies_of_the_last_paper_are_those_of_its_tables() -> None:
    printed = {table: {(f"{row.overall:.2f}", f"{row.mean:.2f}") for row in read_rows() if row.table == table} for table in range(1, 8)}
    seen = 0
    for row in ROWS:
        if row.section.startswith("Rebalanced") and row.name.startswith("Table"):
            pairs = re.findall(r"(\d\d\.\d\d) / (\d\d\.\d\d)", row.paper)
            assert pairs and set(pairs) <= printed[int(row.name.split()[1])], row.name
            seen += len(pairs)
    assert seen > 30


VALUE = re.compile(r"[-+]?\d\.\d{3} \[[-+]?\d\.\d{3}, [-+]?\d\.\d{3}\]")


def measured() -> set[str]:
    """Values with intervals in the pages that measurements are in."""
    pages = (ROOT / "docs" / name for name in ("fer2013.md", "fer2013-audit.md"))
    return {value for page in pages for value in VALUE.findall(page.read_text(encoding="utf-8"))}


def test_values_of_ours_stand_where_they_were_measured() -> None:
    claimed = VALUE.findall(section("What is confirmed"))
    of_rows = [value for row in ROWS if row.setup in "FP" for value in VALUE.findall(row.ours)]
    assert len(claimed) > 10 and of_rows
    assert sorted({*claimed, *of_rows} - measured()) == []


def test_differences_in_percentage_points_are_those_that_were_measured() -> None:
    ours = section("Rebalanced attention consistency and focus").split("### Our rows on FER2013", 1)[1]
    found = re.findall(r"([-+]\d\.\d) \[([-+]\d\.\d), ([-+]\d\.\d)\]", ours)
    assert len(found) == 12
    rounded = {
        tuple(f"{100 * float(number):+.1f}" for number in re.findall(r"[-+]\d\.\d{3}", value)) for value in measured() if value[0] in "-+"
    }
    assert set(found) <= rounded


@pytest.mark.slow
def test_mien_models_lists_every_model_that_a_row_names(workspace: Workspace) -> None:
    said = run("mien models", root=workspace("F")).out
    named = {part.split("@")[1] for row in ROWS if row.setup == "F" for command in row.commands for part in command.split() if "@" in part}
    assert named and [name for name in sorted(named) if not re.search(rf"^{name} ", said, re.MULTILINE)] == []
