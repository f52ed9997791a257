"""The comparison with other packages: labels are mapped by name, a peer runs apart and answers for every image, the tables add up."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import peers
from benchmarks.peer_models.asking import PEERS, Peer, PeerError, Scores, ask, in_order
from benchmarks.peer_models.table import Compared, differences_table, memory_table, metrics_table
from mien.config.sections.labels import LabelParams
from mien.core import paths
from mien.statistics.intervals import metric_intervals
from mien.statistics.paired import paired_differences
from mien.store.tables import DUPLICATES, FILES, SPLITS, write_table

CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
FER = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")  # FER._get_labels() of version 25.10.3
FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


def scores(names: tuple[str, ...], num: int = 20, seed: int = 0) -> Scores:
    return Scores("peer", np.random.default_rng(seed).random((num, len(names))).astype(np.float32), names)


@pytest.mark.parametrize(("names", "meant"), [
    (CLASSES, CLASSES),
    (FER, FER),
    (FERPLUS, ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", None)),
    (("Surprised", "ANGER", "Disgusted", "Fearful", "Happy", "Sad", "calm"),
     ("surprise", "angry", "disgust", "fear", "happy", "sad", "neutral")),
])  # fmt: skip
def test_each_class_gets_the_column_of_its_name(names: tuple[str, ...], meant: tuple[str | None, ...]) -> None:
    given = scores(names)
    ordered = in_order(given, CLASSES, {"neutral": ("calm",)})
    assert ordered.shape == (20, 7)
    for number, name in enumerate(CLASSES):
        assert (ordered[:, number] == given.scores_NK[:, meant.index(name)]).all()


def test_a_further_class_is_never_predicted() -> None:
    given = scores(FERPLUS)
    given.scores_NK[:, FERPLUS.index("contempt")] = 9.0
    named = [CLASSES[number] for number in in_order(given, CLASSES).argmax(axis=1)]
    kept = given.scores_NK[:, :-1].argmax(axis=1)
    short = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
    assert named == [short[number] for number in kept]


@pytest.mark.parametrize(
    ("names", "fault"),
    [(FER[:-1], "neutral has 0"), ((*FER, "Happiness"), "happy has 2"), (("a", "b"), "angry has 0, disgust has 0")],
)
def test_a_class_without_its_one_output_is_refused(names: tuple[str, ...], fault: str) -> None:
    with pytest.raises(PeerError, match=fault) as raised:
        in_order(scores(names), CLASSES)
    assert "\n" not in str(raised.value) and names[0] in str(raised.value)


def script(folder: Path, body: str) -> Peer:
    """A peer whose process runs `body` with the images as `images` and the arguments as `source`, `target`, `word`."""
    file = folder / "numpy_named.py"
    head = "import json, os, sys\nimport numpy as np\nsource, target, word = sys.argv[1:]\nimages = np.load(source)\n"
    file.write_text(head + body, encoding="utf-8")
    return Peer("tiny {version} (word)", "python", file, ("word",))


def images(num: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (num, 4, 4, 3), dtype=np.uint8)


ANSWER = "json.dump(dict(scores=({scores}).tolist(), classes=['sad', 'happy'], version='1.2'), open(target, 'w'))\n"


def test_a_peer_is_asked_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise RuntimeError('the script folder hides the package')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = "assert word == 'word' and images.dtype == np.uint8 and 'PYTHONPATH' not in os.environ\n"
    means = "np.stack([images.mean(axis=(1, 2, 3)), images[:, 0, 0, 2]], axis=1).astype(np.float32)"
    found = ask(script(tmp_path, check + ANSWER.format(scores=means)), images(), installed=Path(sys.executable))
    assert found.title == "tiny 1.2 (word)" and found.classes == ("sad", "happy")
    assert found.scores_NK[:, 0] == pytest.approx(images().mean(axis=(1, 2, 3)), rel=1e-6)
    assert (found.scores_NK[:, 1] == images()[:, 0, 0, 2]).all()


@pytest.mark.parametrize(("body", "fault"), [
    ("raise ValueError('no such\\n model')\n", r"numpy_named.py ended with code 1: ValueError: no such$"),
    ("print('nothing')\n", r"ended with code 0: no message"),
    (ANSWER.format(scores="np.zeros((4, 2), np.float32)"), r"tiny 1.2 \(word\) returned \(4, 2\) scores for 5 images"),
    (ANSWER.format(scores="np.full((5, 2), np.nan, np.float32)"), "some that are not finite"),
])  # fmt: skip
def test_a_peer_that_fails_is_one_line(tmp_path: Path, body: str, fault: str) -> None:
    with pytest.raises(PeerError, match=fault) as raised:
        ask(script(tmp_path, body), images(), installed=Path(sys.executable))
    assert "\n" not in str(raised.value)


def test_a_python_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PeerError, match=r"^--python .*/nix: .*/nix cannot be run \(No such file or directory\)"):
        ask(script(tmp_path, ""), images(), installed=tmp_path / "nix")


def test_the_command_of_node_names_the_folder_last() -> None:
    peer = Peer("title", "node", Path("script.mjs"))
    assert peer.command(Path("folder"), Path("in"), Path("out")) == ["node", "script.mjs", "in", "out", "folder"]


def test_the_scripts_of_all_peers_exist_and_import_nothing_of_mien() -> None:
    for peer in PEERS:
        assert "mien" not in [word for line in peer.script.read_text().splitlines() if "import" in line for word in line.split()]


@pytest.fixture
def tested() -> Compared:
    draw = np.random.default_rng(3)
    actual = np.repeat(np.arange(3), 40)
    parts = {"all": np.ones(120, bool), "half": draw.random(120) < 0.5}
    return Compared(actual, np.array([f"g{number // 2}" for number in range(120)], object), parts, 3)


def cell(value: float, low: float, high: float, sign: str = "") -> str:
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def test_the_tables_contain_the_intervals_of_each_subset(tested: Compared) -> None:
    draw = np.random.default_rng(4)
    predicted = {
        name: np.where(draw.random(120) < right, tested.actual_N, draw.integers(0, 3, 120))
        for name, right in (("ours", 0.9), ("peer_a", 0.5), ("peer_b", 0.4))
    }
    lines = metrics_table(tested, predicted, seed=1, num_resamples=200)[2:]
    assert len(lines) == 6
    for line, (title, name) in zip(lines, [(part, name) for part in tested.subsets for name in predicted], strict=True):
        part_N = tested.subsets[title]
        at = (tested.actual_N[part_N], predicted[name][part_N], 3)
        found = metric_intervals(*at, groups_N=tested.groups_N[part_N], seed=1, num_resamples=200)
        cells = [text.strip() for text in line.strip("|").split("|")]
        assert cells[:2] == [f"{title} ({part_N.sum()})", name]
        assert cells[2:] == [
            cell(each.value, each.low, each.high) for each in (found[key] for key in ("accuracy", "mean_accuracy", "macro_f1"))
        ]
    lines = differences_table(tested, predicted, models=["ours"], seed=1, num_resamples=200)[2:]
    assert len(lines) == 4
    for line, (title, name) in zip(lines, [(part, name) for part in tested.subsets for name in ("peer_a", "peer_b")], strict=True):
        part_N = tested.subsets[title]
        found = paired_differences(
            tested.actual_N[part_N], predicted["ours"][part_N], predicted[name][part_N], 3,
            groups_N=tested.groups_N[part_N], seed=1, num_resamples=200,
        )  # fmt: skip
        assert f"ours − {name}" in line
        for key in ("accuracy", "mean_accuracy", "macro_f1"):
            each = found[key]
            assert cell(each.value, each.low, each.high, "+") + " *" * each.excludes_zero in line


def test_memory_counts_only_copies_with_another_label(tested: Compared) -> None:
    actual_N = tested.actual_N  # 40 images of each of three classes
    copy_N = np.full(120, -1)
    copy_N[:10], copy_N[40:50] = 1, 1  # ten with another label, ten with the same one
    predicted_N = np.full(120, 2)
    predicted_N[:6], predicted_N[6:8], predicted_N[40:50] = 1, 0, 1
    lines = memory_table(tested, {"m": predicted_N, "actual": actual_N, "blind": np.full(120, 2)}, copy_N)[2:]
    assert [[text.strip() for text in line.strip("|").split("|")] for line in lines] == [
        ["m", "10", "2", "6", "0.750 [0.409, 0.929]"],
        ["actual", "10", "10", "0", "0.000 [0.000, 0.278]"],
        ["blind", "10", "0", "0", "–"],
    ]


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables that tested_rows reads, in the working directory."""
    # path, group, subset, label, split, flag, part
    drawn = [
        ("test/1", "g1", "test", "Sad", "test", None, "PublicTest"),
        ("test/2", "g1", "test", "Sad", "test", "duplicate", "PrivateTest"),
        ("test/3", "g3", "test", "Sad", "test", None, "PrivateTest"),
        ("test/4", "g4", "test", "Sad", "test", "conflict", None),
        ("test/8", "g8", "test", "Sad", "test", None, None),
        ("train/5", "g1", "train", "joy", None, None, None),
        ("train/6", "g6", "train", "Sad", "train", None, None),
        ("other/7", "g3", None, "Sad", None, None, None),
        ("train/9", "g4", "train", "joy", None, None, None),
        ("train/a", "g8", "train", "joy", None, None, None),
        ("train/b", "g8", "train", "joy", None, None, None),
    ]
    columns = ["path", "group_id", "subset_raw", "label_raw", "split", "flag", "part"]
    rows = pd.DataFrame(drawn, columns=columns).assign(label="sad", sample_id="a")
    monkeypatch.chdir(tmp_path)
    write_table(paths.FILES, rows.reindex(columns=FILES.names), FILES)
    write_table(paths.DUPLICATES, rows.reindex(columns=DUPLICATES.names), DUPLICATES)
    write_table(paths.SPLITS, rows[rows["split"].notna()].reindex(columns=SPLITS.names).astype({"shares": object}), SPLITS)


@pytest.mark.usefixtures("tables")
def test_a_test_image_is_seen_if_a_training_file_shows_its_photograph() -> None:
    found = peers.tested_rows(LabelParams(classes=("sad", "happy"), aliases={"happy": ("joy",)}))
    assert found["path"].str[-1].tolist() == ["1", "2", "3", "4", "8"]
    assert found["seen"].tolist() == [True, True, False, True, True]
    # Only test/4 is once in the test split and once in training.
    assert found["copy_label"].tolist() == [None, None, None, "happy", None]
    assert {title: found["path"].str[-1][part_N].str.cat() for title, part_N in peers.subsets(found).items()} == {
        "all": "12348", "PrivateTest": "23", "PublicTest": "1", "not seen in training": "3", "not seen, no flag": "3",
        "seen in training": "1248", "flagged": "24",
    }  # fmt: skip
    assert list(peers.subsets(found[:1])) == ["all", "PublicTest", "seen in training"]


def test_predictions_are_of_the_classes_of_params() -> None:
    names = (*FER[:-1], "calm", "contempt")
    given = scores(names)
    labels = LabelParams(classes=(*CLASSES, "contempt"), aliases={"neutral": ("calm",)}, drop=("contempt",))
    found = peers.predictions([given], labels)["peer"]
    assert [CLASSES[number] for number in found] == [FER[number] for number in given.scores_NK[:, :-1].argmax(axis=1)]
