"""The cases of labels and layouts beside the repository: each with what is right, whatever stage it takes."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mien.config import preset
from mien.config.params import load_params
from mien.convert import conversion
from mien.core import paths
from mien.core.errors import MienError
from mien.sanitise.labels import classify
from mien.store.tables import FILES, LABELS, REJECTED, read_table
from stages import align, convert, dedup, ingest, sanitise, split

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases"
SEVEN = "labels.classes=[angry, disgust, fear, happy, neutral, sad, surprise]"
KDEF = r"ingest.label='(?i)[AB][FM]\d\d(?P<label>[A-Z]{2})(?:S|HL|HR|FL|FR)\.\w+$'"
BASE = [ingest.main, convert.main, dedup.main, sanitise.main]


@dataclass(frozen=True)
class Case:
    """A case, the settings that it takes, the stages that are run, and what must come of it: an error's words, or labels by class."""

    name: str
    settings: tuple[str, ...] = ()
    stages: tuple[Callable[[], None], ...] = tuple(BASE)
    error: tuple[str, ...] = ()
    labels: dict[str, int] | None = None


def aliases(**codes: list[str]) -> tuple[str, str]:
    return "labels.aliases={}", f"labels.aliases={ {name: list(its) for name, its in codes.items()} }"


TABLE = [
    Case(
        "61-rafdb-numbers",
        (SEVEN, *aliases(surprise=["1"], fear=["2"], disgust=["3"], happy=["4"], sad=["5"], angry=["6"], neutral=["7"])),
        labels=dict.fromkeys(("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), 4),
    ),
    Case(
        "62-class001",
        (
            SEVEN,
            *aliases(
                **{name: [f"class00{at}"] for at, name in enumerate(["neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"], 1)}
            ),
        ),
        labels=dict.fromkeys(("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), 2),
    ),
    Case("62-class001", aliases(happy=["class002"]), labels={"happy": 2}),
    Case("62-class001", error=("none of 14 images has a label", "'class001'", "labels.aliases")),
    Case("63-subject-below-class", labels={"angry": 6, "happy": 6, "sad": 6}),
    Case("64-split-names", labels={"happy": 7, "sad": 7}),
    Case(
        "65-filename-labels",
        error=("labels come from the names of folders", "set ingest.layout: kdef", "path,label"),
    ),
    Case("65-filename-labels", ("ingest.layout=kdef",), labels={"angry": 2, "happy": 2, "sad": 2}),
    Case("65-filename-labels", (KDEF, *aliases(angry=["AN"], happy=["HA"], sad=["SA"])), labels={"angry": 2, "happy": 2, "sad": 2}),
    Case("72-studio-session", labels=dict.fromkeys(("angry", "fear", "happy", "sad", "surprise"), 32)),
    Case("73-studio-tripod", labels=dict.fromkeys(("angry", "fear", "happy", "sad", "surprise"), 32)),
    Case("75-tiny", stages=(*BASE, align.main, split.main), labels=dict.fromkeys(("angry", "fear", "happy", "sad", "surprise"), 3)),
    Case("79-lfs-pointers", error=("all 20 images are Git LFS pointers", "git lfs pull")),
]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the repository's params.yaml, images converted in this process."""
    if not CASES.is_dir():
        pytest.skip("the cases are not here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(conversion, "parallel_map", lambda work, pieces, **_: [work(piece) for piece in pieces])
    for name in ("params.yaml", "metadata.csv", "votes.csv", "corrections.csv"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(case: Case) -> None:
    preset.apply_preset("", settings=[f"ingest.source={CASES / case.name / 'src'}", "runtime.workers=1", *case.settings])
    for stage in case.stages:
        stage()


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("case", TABLE, ids=[f"{case.name}-{'error' if case.error else len(case.settings)}" for case in TABLE])
def test_the_case_gives_what_is_right(case: Case) -> None:
    if case.error:
        with pytest.raises(MienError) as caught:
            run(case)
        assert all(part in str(caught.value) for part in case.error) and "add images" not in str(caught.value)
        return
    run(case)
    assert Counter(read_table(paths.LABELS, LABELS)["label"]) == case.labels


@pytest.mark.usefixtures("workspace")
def test_split_folders_of_any_spelling_are_splits() -> None:
    run(Case("64-split-names", stages=(ingest.main,)))
    files = read_table(paths.FILES, FILES)
    meant = {
        "train": "train",
        "trai": "train",
        "Trai": "train",
        "vali": "val",
        "val_": "val",
        "eval": "val",
        "test": "test",
        "Test": "test",
    }
    assert files["subset_raw"].tolist() == [meant[path[:4]] for path in files["path"]]


@pytest.mark.usefixtures("workspace")
def test_persons_below_classes_differ_in_label_for_duplicates() -> None:
    run(Case("63-subject-below-class", stages=(ingest.main,)))
    files = read_table(paths.FILES, FILES)
    assert files["label_raw"].tolist() == [path.split("/")[0] for path in files["path"]]
    assert classify(files["label_raw"], load_params().labels).tolist() == files["label_raw"].tolist()


@pytest.mark.usefixtures("workspace")
def test_what_is_no_photograph_has_its_reason() -> None:
    run(Case("41-not-photos", stages=(ingest.main, convert.main)))
    files, rejected = read_table(paths.FILES, FILES).set_index("path"), read_table(paths.REJECTED, REJECTED).set_index("sample_id")
    assert files.at["happy/.IMG_1.HEIC.icloud", "ignored"] == "cloud placeholder"
    found = {name: tuple(rejected.loc[files.at[f"happy/{name}.jpg", "sample_id"], ["reason", "detail"]]) for name in ("lfs", "html")}
    assert found == {"lfs": ("not_an_image", "Git LFS pointer"), "html": ("not_an_image", "web page")}
