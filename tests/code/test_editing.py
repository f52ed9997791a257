"""Editing X changes the fingerprints of exactly Y: what DVC reruns after a change of code."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mien.code import reach
from mien.code.fingerprint import fingerprint
from mien.code.libraries import pinned
from mien.code.pipeline import choices, sections, tracked_stages
from mien.code.reach import Code
from mien.code.source import Module, read_module
from mien.config.params import load_params

ROOT = Path(__file__).parents[2]
PARAMS = load_params(ROOT / "params.yaml")
STAGES = {stage.name: stage for stage in tracked_stages(ROOT / "dvc.yaml")}


def each(stage: str, *models: str) -> set[str]:
    return {f"{stage}@{model}" for model in (models or PARAMS.models)}


def with_loss(*losses: str) -> list[str]:
    found = [name for name, entry in PARAMS.models.items() if entry.loss in losses]
    assert found, losses
    return found


def fingerprints(root: Path) -> dict[str, str]:
    """All fingerprints by STAGE or STAGE@MODEL."""
    code, pins, declared, found = Code(root), pinned(root / "requirements.lock"), sections(), {}
    for stage in STAGES.values():
        for model in PARAMS.models if stage.is_per_model else (None,):
            chosen = choices(PARAMS, model) if model else None
            name = f"{stage.name}@{model}" if model else stage.name
            found[name] = fingerprint(code, stage, sections=declared, pins=pins, choices=chosen)
    return found


@pytest.fixture(scope="module", autouse=True)
def files_are_read_once() -> Iterator[None]:
    """What read_module says depends on the content of a file alone, and 500 files are the same in every test of this file."""
    known: dict[bytes, Module] = {}

    def remembered(path: Path) -> Module:
        content = path.read_bytes()
        if content not in known:
            known[content] = read_module(path)
        return known[content]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "read_module", remembered)
        yield


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("code")
    for name in ("mien", "stages"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", root)
    return root


@pytest.fixture(scope="module")
def before(copy: Path) -> dict[str, str]:
    return fingerprints(copy)


def substituted(file: str, pattern: str, new: str) -> Callable[[Path], None]:
    """An edit that replaces the first place where the pattern matches; it must match."""

    def edit(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        changed = re.sub(pattern, new, text, count=1, flags=re.MULTILINE)
        assert changed != text, f"{pattern} is not in {file}"
        (root / file).write_text(changed, encoding="utf-8")

    return edit


def added(file: str, text: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        with (root / file).open("a", encoding="utf-8") as opened:
            opened.write(text)

    return edit


def copied(file: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        shutil.copy(root / file, root / new)

    return edit


EDITS: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "a docstring": (substituted("mien/store/faces.py", r'"""', '"""Another sentence. '), set()),
    "a comment": (added("mien/training/fit.py", "# a remark\n"), set()),
    "a comment after code": (substituted("mien/losses/focal.py", r"^(LOSS = .*)$", r"\1  # a remark"), set()),
    "blank lines": (added("stages/train.py", "\n\n\n"), set()),
    "the description of a parameter": (substituted("mien/losses/focal.py", r"focusing exponent", "the exponent"), set()),
    "the description of a field": (
        substituted("mien/config/sections/split.py", r"which|what always stays", "what, as it were, always stays"),
        set(),
    ),
    "the remedy for a missing file": (substituted("mien/core/outputs.py", r"to make it", "to write it"), set()),
    "the paths of files that a stage does not use": (added("mien/core/paths.py", "MORE = Path('more')\n"), set()),
    "how spellings are compared": (
        substituted("mien/config/spelling.py", r"^(def fold\(.*)$", r"\1\n    text = text.strip()"),
        {
            *("ingest", "dedup", "sanitise", "split", "testset", "testset_split", "configure", "doubts", "report", "validate"),
            *each("explain"),
        },
    ),
    "what a layout of a data set reads": (
        substituted("mien/ingest/layouts/ck_plus.py", r"APEX_FRAMES = 3", "APEX_FRAMES = 2"),
        {"ingest", "sanitise", "testset"},
    ),
    "a default of the training": (
        substituted("mien/config/sections/train.py", r"epochs: PositiveInt = Field\(\d+", "epochs: PositiveInt = Field(99"),
        {"configure", "report"},
    ),
    "how a configuration is read": (
        substituted("mien/config/model.py", r"return \[self\.seed, \*self\.other_seeds\]", "return [self.seed]"),
        {
            *("configure", "doubts", "ensemble", "export", "teach", "temporal"),
            *(one for stage in ("train", "evaluate", "explain", "crosseval", "robustness") for one in each(stage)),
        },
    ),
    "a helper that nothing calls": (added("mien/training/fit.py", "def unused() -> int:\n    return 1\n"), set()),
    "what is said at an error": (added("mien/core/errors.py", "WORDS = 'another'\n"), set()),
    "tracking": (substituted("mien/tracking/store.py", r"^import os$", "import os\nimport sys"), set()),
    "a loss": (
        substituted("mien/losses/focal.py", r"^(    def forward\(.*)$", r"    marker = 1\n\n\1"),
        each("train", *with_loss("focal")),
    ),
    "a helper of losses": (
        substituted("mien/losses/_consistency.py", r"^ATTENUATION = .*$", "ATTENUATION = (0.4, 0.9)"),
        each("train", *with_loss("rebalanced")),
    ),
    "a new loss": (copied("mien/losses/cross_entropy.py", "mien/losses/another.py"), {"configure"}),
    "the training loop": (substituted("mien/training/loading.py", r"^VALIDATION_BATCH = .*$", "VALIDATION_BATCH = 65"), each("train")),
    "a template of the report": (added("mien/report/page/index/page.html.j2", "<!-- more -->\n"), {"report"}),
    "the bibliography": (added("mien/report/cards/papers.bib", "@misc{another}\n"), {"report"}),
    "an attention block": (
        substituted("mien/models/attention/se.py", r"channels // REDUCTION", "channels // 8"),
        {
            f"{stage}@{name}"
            for stage in ("train", "evaluate", "explain", "crosseval", "robustness")
            for name, entry in PARAMS.models.items()
            if entry.attention == "se"
        }
        | {"doubts", "ensemble", "export", "teach", "temporal"},
    ),
    "a pinned tag of pretrained weights": (
        substituted("mien/config/imagenet.py", r'"densenet121": "ra_in1k"', '"densenet121": "tv_in1k"'),
        {"configure", *each("pretrained")},
    ),
    "a column of the table of pairs": (
        substituted("mien/store/tables.py", r"^PAIRS = .*$", r"\g<0>  # at another place\nPAIRS = PAIRS"),
        {"dedup", "report"},
    ),
    "the version of torch": (
        substituted("requirements.lock", r"^torch==\S+", "torch==99.0"),
        {
            *("doubts", "ensemble", "export", "teach", "temporal"),
            *(one for stage in ("pretrained", "train", "evaluate", "explain", "crosseval", "robustness") for one in each(stage)),
        },
    ),
    "the version of ONNX Runtime": (
        substituted("requirements.lock", r"^onnxruntime==\S+", "onnxruntime==99.0"),
        {"align", "testset", "export"},
    ),
    "the weights of the face detector": (added("mien/pretrained/mtcnn/rnet.onnx", "\0"), {"align", "testset"}),
    "what is said about the face detector": (added("mien/pretrained/mtcnn/README.md", "Another sentence.\n"), set()),
    "how boxes are suppressed": (substituted("mien/align/mtcnn/boxes.py", r"^_BLOCK = .*$", "_BLOCK = 64"), {"align", "testset"}),
    "the views of test-time augmentation": (
        substituted("mien/models/tta.py", r"^CROP = .*$", "CROP = 3 / 4"),
        {"ensemble", "export", "teach", "temporal", *each("evaluate"), *each("explain"), *each("crosseval"), *each("robustness")},
    ),
    "the loss of a student": (
        substituted("mien/training/distillation.py", r"temperature\*\*2", "temperature"),
        each("train"),
    ),
    "a corruption": (
        substituted("mien/robustness/corruptions/rotation.py", r"^    amounts=\(6,", "    amounts=(5,"),
        {*each("robustness")},
    ),
    "how members are averaged": (substituted("mien/ensemble/averaging.py", r"^SAME = .*$", 'SAME = ["path"]'), {"ensemble"}),
    "how frames are weighted": (
        substituted("mien/temporal/poolings/fan.py", r"^GATES, CLASSIFIER = .*$", "GATES, CLASSIFIER = 0.4, 0.6"),
        {"temporal"},
    ),
    "how a network is quantised": (substituted("mien/export/quantise.py", r"^FLOAT_FIRST = .*$", "FLOAT_FIRST = 5"), {"export"}),
    "the drawing of faces for a proof": (substituted("mien/export/images.py", r"^NUM_DRAWN = .*$", "NUM_DRAWN = 33"), set()),
    "the version of a library for typing": (substituted("requirements.lock", r"^mypy==\S+", "mypy==99.0"), set()),
}


@pytest.mark.parametrize(("edit", "expected"), EDITS.values(), ids=EDITS)
def test_editing_x_reruns_exactly_y(edit: Callable[[Path], None], expected: set[str], copy: Path, before: dict[str, str]) -> None:
    kept = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    try:
        edit(copy)
        after = fingerprints(copy)
    finally:
        for path in copy.rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()
        for path, content in kept.items():
            path.write_bytes(content)
    assert {name for name in before if before[name] != after[name]} == expected
