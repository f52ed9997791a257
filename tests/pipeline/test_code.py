"""What DVC reruns after a change of code; tests/code/test_editing.py has the whole table, by fingerprints."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import SMALL_MODELS, Workspace

MODELS = set(SMALL_MODELS)


def every(*stages: str) -> set[str]:
    return {f"{stage}@{model}" for stage in stages for model in MODELS}


@pytest.fixture
def changed_code(workspace: Workspace) -> Iterator[Callable[[], set[str]]]:
    """Runs `code` and tells which stages DVC would then rerun for themselves; afterwards all is as it was."""

    def stages() -> set[str]:
        assert workspace.stages_run(workspace.run("dvc", "repro", "code")) == {"code"}
        return set(json.loads(workspace.run("dvc", "status", "--json"))) - {"inventory"}

    yield stages
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-qfd", "mien")
    workspace.run("dvc", "checkout", "-q")


def edit(root: Path, file: str, pattern: str, new: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert re.search(pattern, text, flags=re.MULTILINE), f"{pattern} is not in {file}"
    (root / file).write_text(re.sub(pattern, new, text, count=1, flags=re.MULTILINE), encoding="utf-8")


def test_a_docstring_and_a_comment_rerun_nothing(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    edit(workspace.root, "mien/training/fit.py", '"""', '"""Another sentence. ')
    edit(workspace.root, "mien/store/faces.py", r"^(import io)$", r"\1  # a remark")
    assert changed_code() == set()


def test_a_loss_reruns_its_models(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    edit(workspace.root, "mien/losses/focal.py", r"return focal\(", "return 2 * focal(")
    assert changed_code() == {"train@focal_se"}


@pytest.mark.slow
def test_a_new_loss_reruns_configure_alone(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    shutil.copy(workspace.root / "mien/losses/cross_entropy.py", workspace.root / "mien/losses/another.py")
    assert changed_code() == {"configure"}


@pytest.mark.slow
def test_a_default_reruns_configure_and_what_shows_it(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    edit(
        workspace.root,
        "mien/config/sections/models.py",
        r"Field\(0\.5, lt=1, description=\"dropout",
        'Field(0.4, lt=1, description="dropout',
    )
    assert changed_code() == {"configure"}
    assert json.loads(workspace.read("data/configs/plain.json"))["dropout"] == 0.5
    assert workspace.stages_run(workspace.run("dvc", "repro", "configure")) == {"configure"}
    assert json.loads(workspace.read("data/configs/plain.json"))["dropout"] == 0.4


@pytest.mark.slow
def test_a_new_torch_reruns_what_computes_with_it(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    edit(workspace.root, "requirements.lock", r"^torch==\S+", "torch==99.0")
    assert changed_code() == every("pretrained", "train", "evaluate", "explain") | {"doubts", "robustness@focal_se"}


@pytest.mark.slow
def test_a_new_onnx_runtime_reruns_the_detector_of_faces(workspace: Workspace, changed_code: Callable[[], set[str]]) -> None:
    edit(workspace.root, "requirements.lock", r"^onnxruntime==\S+", "onnxruntime==99.0")
    assert changed_code() == {"align"}
