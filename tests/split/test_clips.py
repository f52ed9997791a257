"""No split and no thinning divides a clip, and every frame has one fate."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.config.params import Params
from mien.split.clips import with_faceless_clips
from mien.split.splitting import make_splits
from mien.split.thinning import thin
from mien.store.tables import FATES, FILES, LABELS
from tests.random_tables import sample_id

CLASSES = ["happy", "sad"]


def params_of(**split: object) -> Params:
    model = {"backbone": "resnet50", "weights": "none", "attention": "none", "head": "linear", "loss": "cross_entropy"}
    return Params.model_validate({"models": {"m": model}, "split": split, "labels": {"classes": CLASSES, "aliases": {}}})


def set_of(seed: int, num_clips: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of FILES and of LABELS: clips of one to nine frames, of twelve persons, and still images; a clip is a group and a scene."""
    rng = np.random.default_rng(seed)
    rows = []
    for clip in range(num_clips):
        length, name = int(rng.integers(1, 10)), f"c{clip:02}"
        for frame in range(length):
            told = None if clip % 5 == 4 else f'{{"clip": "{name}", "frame": "{frame}"}}'
            rows.append((f"{name}/{frame}.png", CLASSES[clip % 2], f"s{clip % 12}", name if told else f"{name}/{frame}", told))
    found = pd.DataFrame(rows, columns=["path", "label", "subject", "group", "metadata"])
    found["sample_id"] = [sample_id(at) for at in range(len(found))]
    found["group_id"] = found["scene_id"] = found["sample_id"].groupby(found["group"]).transform("min")
    files = found.reindex(columns=FILES.names).assign(size_bytes=1).astype(object)
    return files.where(files.notna(), None), found.reindex(columns=LABELS.names).astype(object).where(lambda table: table.notna(), None)


def split_of(files: pd.DataFrame, labels: pd.DataFrame, faceless: pd.DataFrame | None = None, **split: object) -> pd.DataFrame:
    nothing = pd.DataFrame(columns=FATES.names)
    outcome = make_splits(
        labels,
        labels[["sample_id"]].assign(score=1.0, num_faces=1),
        files=files,
        rejected=pd.DataFrame(columns=["sample_id", "reason", "detail", "decodable"]),
        labels_removed=nothing,
        faceless=nothing if faceless is None else faceless,
        params=params_of(**split),
    )
    assert sorted(outcome.fates["path"]) == sorted(files["path"])
    return outcome.splits.merge(outcome.fates[["path", "fate", "reason", "detail"]], on="path", how="outer")


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["scene", "picture"]), st.sampled_from([{}, {"max_train": 60}, {"imbalance_factor": 2.0}]))
def test_no_split_and_no_thinning_divides_a_clip(seed: int, keep_together: str, thinned: dict[str, object]) -> None:
    files, labels = set_of(seed)
    found = split_of(files, labels, keep_together=keep_together, **thinned)
    frames = found[found["path"].isin(files.loc[files["metadata"].notna(), "path"])]
    ends = frames["split"].fillna("none").groupby(frames["path"].str.partition("/")[0]).nunique()
    assert (ends == 1).all()
    by_person = found.dropna(subset="split").groupby("subject")["split"].nunique()
    assert (by_person == 1).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 90))
def test_thinning_keeps_at_most_what_is_asked_but_at_least_a_clip_of_each_class(seed: int, max_train: int) -> None:
    files, labels = set_of(seed)
    clip = labels["path"].str.partition("/")[0].where(files["metadata"].notna(), None)
    rows = labels.assign(split="train", clip=clip, flag=None)
    kept = rows.drop(thin(rows, params_of(max_train=max_train)).index)
    longest = int(clip.value_counts().max())
    assert kept["label"].nunique() == 2
    assert len(kept) <= max(max_train, 2 * longest)
    assert len(kept) >= min(len(rows), max_train) - 2 * longest


def test_a_frame_without_a_face_is_skipped_and_a_clip_without_any_is_rejected() -> None:
    files, labels = set_of(3)
    clips = labels["path"].str.partition("/")[0]
    lost = (clips == "c02") | (labels["path"].isin(["c03/0.png", "c04/0.png"]))
    faceless = labels[lost].assign(fate="quarantined", stage="align", reason="no_face", detail="nothing like a face")[FATES.names]
    found = split_of(files, labels, faceless).set_index("path")
    its = found[found.index.str.startswith("c02/")]
    assert set(its["fate"]) == {"rejected"} and set(its["reason"]) == {"faceless_clip"}
    assert its["detail"].iloc[0] == f"none of {len(its)} frames of the clip c02 has a face"
    assert found.loc[["c03/0.png", "c04/0.png"], "reason"].tolist() == ["no_face", "no_face"]
    assert found.loc["c03/1.png", "fate"] == "kept"


def test_an_image_that_is_no_frame_is_never_a_clip_without_a_face() -> None:
    labels = pd.DataFrame({"path": ["a", "b"], "clip": ["c", None]})
    faceless = pd.DataFrame([("b", "1", "quarantined", "align", "no_face", "")], columns=FATES.names)
    pd.testing.assert_frame_equal(with_faceless_clips(faceless, labels), faceless)


@pytest.mark.parametrize("clips", [True, False])
def test_a_set_without_clips_counts_none(clips: bool) -> None:
    files, labels = set_of(1)
    if not clips:
        files = files.assign(metadata=None)
    nothing = pd.DataFrame(columns=FATES.names)
    outcome = make_splits(
        labels, labels[["sample_id"]].assign(score=1.0, num_faces=1), files=files,
        rejected=pd.DataFrame(columns=["sample_id", "reason", "detail", "decodable"]), labels_removed=nothing, faceless=nothing,
        params=params_of(),
    )  # fmt: skip
    assert ("clip" in outcome.counts["kept_together"]) == clips
