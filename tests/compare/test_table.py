"""The table of models tested on the same images: its figures are those of the metrics, and what cannot be compared is refused."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.compare.table import study_table
from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import write_json
from mien.statistics.headline import MAIN
from mien.statistics.metrics import confusion_matrix, precision_recall_f1
from mien.statistics.overall_metrics import overall_metrics
from mien.statistics.paired import paired_differences
from mien.training.timing import Timing, read_timing

CLASSES = ("angry", "fear", "happy")


def draw(seed: int, *, share: float = 0.6, num: int = 120) -> pd.DataFrame:
    """Predictions right in about `share` of the images, which are the same for every seed."""
    labels = np.random.default_rng(0).choice(CLASSES, num, p=[0.2, 0.3, 0.5])
    generator = np.random.default_rng(seed)
    taken = np.where(generator.random(num) < share, labels, generator.choice(CLASSES, num))
    names = [f"test/{number:03}.jpg" for number in range(num)]
    return pd.DataFrame({"path": names, "sample_id": names, "label": labels, "seed": 0, "predicted": taken}).sample(
        frac=1, random_state=seed
    )


PREDICTIONS = {"plain": draw(1), "focal": draw(2), "good": draw(3, share=0.95)}
GROUPS = {f"test/{number:03}.jpg": str(number // 2) for number in range(120)}


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def table(**options: object) -> str:
    given = {
        "against": "plain",
        "classes": CLASSES,
        "groups": GROUPS,
        "timings": {"plain": Timing(63.4, False)},
        "seed": 1,
        "num_resamples": 500,
    }
    return study_table(PREDICTIONS, **given | options)  # type: ignore[arg-type]


def test_figures_and_recalls_are_those_of_the_metrics_whatever_the_order_of_rows() -> None:
    found = rows(table())
    assert [row[0] for row in found] == ["model", "-----", "plain", "focal", "good", "model", "-----", "plain", "focal", "good"]
    for number, (model, frame) in enumerate(PREDICTIONS.items()):
        confusion_KK = confusion_matrix(
            *([CLASSES.index(name) for name in frame[column]] for column in ("label", "predicted")), num_classes=3
        )
        wanted = overall_metrics(confusion_KK)
        assert found[2 + number][1:4] == [f"{wanted[name]:.4f}" for name in ("accuracy", "mean_accuracy", "macro_f1")]
        assert found[7 + number][1:] == [f"{recall:.4f}" for recall in precision_recall_f1(confusion_KK).recall_K], model
    assert found[5][1:] == [
        f"{name} ({support})" for name, support in zip(CLASSES, PREDICTIONS["plain"]["label"].value_counts()[list(CLASSES)], strict=True)
    ]


def test_differences_are_the_paired_ones_drawn_by_groups_and_marked_where_they_exclude_zero() -> None:
    found = {row[0]: row[4:7] for row in rows(table())[2:5]}
    assert found["plain"] == ["reference", "", ""]
    index = {name: number for number, name in enumerate(CLASSES)}
    frames = {model: frame.sort_values("path") for model, frame in PREDICTIONS.items()}
    for model in ("focal", "good"):
        columns = [frames["plain"]["label"], frames[model]["predicted"], frames["plain"]["predicted"]]
        wanted = paired_differences(
            *([index[name] for name in column] for column in columns), 3, groups_N=np.arange(120) // 2, seed=1, num_resamples=500
        )
        for cell, difference in zip(found[model], (wanted[name] for name in MAIN), strict=True):
            assert cell.startswith(f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]")
            assert cell.endswith("*") == difference.excludes_zero
    assert all(cell.endswith("*") for cell in found["good"])
    assert "60 groups" in table() and "each drawn by itself" in table(groups={name: name for name in GROUPS})


def test_of_several_seeds_the_metrics_and_differences_are_means() -> None:
    several = pd.concat([PREDICTIONS["focal"], PREDICTIONS["good"].assign(seed=1)])
    text = study_table(
        {"plain": PREDICTIONS["plain"], "both": several},
        against="plain",
        classes=CLASSES,
        groups=GROUPS,
        timings={},
        seed=1,
        num_resamples=500,
    )
    found, alone = rows(text), rows(table())
    assert "means over 2 training seeds" in text and "training seeds ±" not in table()
    assert found[2] == [*alone[2][:-1], "–"]
    for place in (1, 2, 3):
        mean, sd = map(float, found[3][place].split(" ± "))
        one, other = (float(alone[row][place]) for row in (3, 4))
        assert mean == pytest.approx((one + other) / 2, abs=1e-4) and sd == pytest.approx(abs(one - other) / 2**0.5, abs=1e-4)
    for place in (4, 5, 6):
        value, low, high = map(float, re.findall(r"[-+]\d\.\d{4}", found[3][place]))
        ends = [list(map(float, re.findall(r"[-+]\d\.\d{4}", alone[row][place]))) for row in (3, 4)]
        assert value == pytest.approx((ends[0][0] + ends[1][0]) / 2, abs=1e-4)
        assert high - low < sum(end[2] - end[1] for end in ends) / 2 + 0.01  # of two trainings, errors cancel in part
    assert [float(cell) for cell in found[7][1:]] == pytest.approx(
        [(float(a) + float(b)) / 2 for a, b in zip(alone[8][1:], alone[9][1:], strict=True)], abs=1e-4
    )


def test_times_are_told_where_they_are_known() -> None:
    assert [row[7] for row in rows(table())[2:5]] == ["1 min 3 s", "–", "–"]
    assert [str(Timing(seconds, False)) for seconds in (0.4, 59.6, 3661)] == ["0 s", "1 min 0 s", "1 h 1 min"]
    assert str(Timing(30, True)) == "over 30 s (resumed)"


def test_what_was_tested_on_other_images_is_refused() -> None:
    frames = {"plain": PREDICTIONS["plain"], "focal": PREDICTIONS["focal"].iloc[1:]}
    with pytest.raises(TableError, match=r"focal \(119 images\) and plain \(120 images\) were not tested on the same images"):
        study_table(frames, against="plain", classes=CLASSES, groups=GROUPS, timings={}, seed=1)


def test_a_time_counts_only_for_the_training_that_made_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert read_timing("m") is None
    write_json(paths.timing("m", "abc"), {"seconds": 12.5, "resumed": True, "device": "cpu"})
    write_json(paths.model("m") / "model.json", {"training": {"fingerprint": "other"}})
    assert read_timing("m") is None
    write_json(paths.model("m") / "model.json", {"training": {"fingerprint": "abc"}})
    assert read_timing("m") == Timing(12.5, True)
    paths.timing("m", "abc").write_text("{")
    assert read_timing("m") is None
