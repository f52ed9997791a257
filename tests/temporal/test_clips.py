"""The clips of the splits: order of frames, what is known of the whole, and predictions that use every frame."""

import pandas as pd
import pytest
import torch

from mien.core.errors import TableError
from mien.store.tables import FILES, SPLITS
from mien.temporal.clips import Clips
from mien.temporal.features import Outputs
from mien.temporal.poolings.mean import Mean
from mien.temporal.predicting import labelled, predicted
from tests.random_tables import sample_id


def tables(*rows: tuple[str, str | None, int | None, str, str, str | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SPLITS and FILES from (path, clip, frame, label, split, flag)."""
    splits = pd.DataFrame(rows, columns=["path", "clip", "frame", "label", "split", "flag"], dtype=object)
    told = [None if clip is None else f'{{"clip": "{clip}", "frame": "{frame}"}}' for _, clip, frame, *_ in rows]
    splits["sample_id"] = [sample_id(at) for at in range(len(splits))]
    whole = splits["clip"].fillna(splits["path"])
    splits["group_id"] = splits["scene_id"] = splits["sample_id"].groupby(whole).transform("min")
    files = splits[["path"]].assign(metadata=pd.Series(told, dtype=object)).reindex(columns=FILES.names)
    return splits.assign(subject=None, part=None, shares=None)[SPLITS.names], files


ROWS = [
    ("b/9.png", "b", 9, "sad", "test", None),
    ("b/10.png", "b", 10, "sad", "test", "duplicate"),
    ("b/2.png", "b", 2, "sad", "test", None),
    ("a/1.png", "a", 1, "happy", "train", None),
    ("still.png", None, None, "happy", "test", None),
    ("c/1.png", "c", 1, "happy", "val", None),
]


def test_frames_are_in_the_order_of_their_numbers_and_still_images_are_none() -> None:
    clips = Clips.of(*tables(*ROWS))
    assert clips.frames["path"].tolist() == ["a/1.png", "b/2.png", "b/9.png", "b/10.png", "c/1.png"]
    assert [place.tolist() for place in clips.places] == [[0], [1, 2, 3], [4]]
    rows, places = clips.of_split("test")
    assert rows[["path", "label", "flag", "num_frames"]].to_numpy().tolist() == [["b", "sad", "duplicate", 3]]
    assert rows["sample_id"].tolist() == [sample_id(2)] and [place.tolist() for place in places] == [[1, 2, 3]]


def test_clips_of_one_person_are_drawn_together() -> None:
    rows = [*ROWS, ("d/1.png", "d", 1, "happy", "test", None), ("e/1.png", "e", 1, "happy", "test", None)]
    splits, files = tables(*rows)
    splits["subject"] = splits["path"].str[0].map({"b": "Ann", "d": "Ann", "e": "Bo"})
    unit = Clips.of(splits, files).of_split("test")[0].set_index("path")["unit"]
    assert unit["b"] == unit["d"] != unit["e"]


def test_the_mean_of_the_logits_of_all_frames_is_predicted() -> None:
    clips = Clips.of(*tables(*ROWS))
    outputs = Outputs(torch.tensor([[0.0, 0], [1, 0], [2, 0], [-9, 0], [4, 1]]), torch.zeros(5, 2))
    found = predicted(clips, outputs, Mean(), "test", classes=["happy", "sad"], seed=1)
    assert found["logits"].iloc[0].tolist() == [-2, 0] and found["predicted"].tolist() == ["sad"] and found["seed"].tolist() == [1]
    assert labelled(clips, outputs, "val", classes=["happy", "sad"]).targets_B.tolist() == [0]


def test_a_set_without_clips_and_a_split_without_clips_are_told() -> None:
    with pytest.raises(TableError, match=r"no image of a split is a frame of one; name clip .* or remove the entries under temporal"):
        Clips.of(*tables(*(row for row in ROWS if row[1] is None)))
    with pytest.raises(TableError, match=r"the val split has none; add clips, or raise split.val"):
        Clips.of(*tables(*(row for row in ROWS if row[1] != "c")))
