"""Frames of one clip are no duplicates of each other; clips are groups, which copies of their frames connect."""

from dataclasses import replace

import networkx
import numpy as np
import pandas as pd
import pytest

from mien.dedup.arrays import Pairs
from mien.dedup.find import duplicate_counts, pairs_by_kind
from mien.dedup.groups import duplicate_rows
from mien.dedup.recordings import SHARE, between_clips
from mien.dedup.same_picture import near_pairs
from tests.dedup.scenes import crop, pictures, scene


def random_clips(seed: int) -> tuple[pd.DataFrame, Pairs]:
    """40 files with 30 images of 35 contents in six clips and some still images, and 12 pairs of images, some of one clip only."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 30, 35)
    content = np.concatenate([np.arange(35), rng.integers(0, 35, 5)])
    names = np.array(["a", "b", "c", "d", "e", "f", None, None], dtype=object)
    files = pd.DataFrame(
        {
            "path": [f"{at:02}.png" for at in rng.permutation(40)],
            "sample_id": [f"{at:03x}" for at in content],
            "picture": pd.Series(picture).rank(method="dense").astype(int).to_numpy()[content] - 1,
            "clip": names[rng.integers(0, len(names), 40)],
        }
    )
    edges = sorted({(int(a), int(b)) for a, b in np.sort(rng.integers(0, files["picture"].max() + 1, (12, 2))) if a != b})
    i, j = np.array(edges).T
    flags = rng.random((3, len(i))) < 0.4
    likeness = rng.random(len(i)).astype(np.float32)
    return files, Pairs(i, j, np.arange(len(i)), likeness, likeness, flags[0], flags[1], flags[2] | flags[0])


@pytest.mark.parametrize("seed", range(6))
def test_groups_are_connected_components_of_clips_and_images(seed: int) -> None:
    """By an independent way: files of one image, of one clip, and of paired images are connected."""
    files, pairs = random_clips(seed)
    rows = duplicate_rows(files, pairs).set_index("path")
    for column, chosen in (("group_id", pairs.same), ("scene_id", np.ones(len(pairs.i), bool))):
        graph = networkx.Graph()
        graph.add_nodes_from(files["path"])
        for key in ("picture", "clip"):
            for _, its in files.dropna(subset=key).groupby(key):
                networkx.add_path(graph, its["path"])
        first = files.groupby("picture")["path"].first()
        graph.add_edges_from(zip(first[pairs.i[chosen]], first[pairs.j[chosen]], strict=True))
        sample = files.set_index("path")["sample_id"]
        expected = {path: min(sample[one] for one in group) for group in networkx.connected_components(graph) for path in group}
        assert rows[column].to_dict() == expected


@pytest.mark.parametrize("seed", range(6))
def test_twins_are_in_other_clips_and_no_copy_there_is_overlooked(seed: int) -> None:
    files, pairs = random_clips(seed)
    rows = duplicate_rows(files, pairs).merge(files[["path", "clip", "picture"]], on="path")
    clip = files.set_index("path")["clip"]
    for row in rows.itertuples():
        if row.twin_path is not None and row.twin_path == row.twin_path:
            assert row.clip is None or clip[row.twin_path] != row.clip
        others = files[(files["path"] != row.path) & (files["clip"].isna() | (files["clip"] != row.clip))]
        if (others["sample_id"] == row.sample_id).any():
            assert row.kind == "exact"
        elif (others["picture"] == row.picture).any():
            assert row.kind == "pixel"
    num = {
        kind: sum(
            (a.sample_id == b.sample_id) == (kind == "exact") and a.picture == b.picture and (a.clip is None or a.clip != b.clip)
            for at, a in enumerate(files.itertuples())
            for b in files.iloc[at + 1 :].itertuples()
        )
        for kind in ("exact", "pixel")
    }
    counted = pairs_by_kind(files, pairs)
    assert {kind: counted[kind] for kind in num} == num


def test_a_clip_alone_is_no_group_in_the_counts() -> None:
    """Two clips of three frames and one image: only the two that share a frame are a group."""
    files = pd.DataFrame(
        {
            "path": [f"{at}.png" for at in range(7)],
            "sample_id": ["0", "1", "2", "3", "4", "1", "6"],
            "picture": [0, 1, 2, 3, 4, 1, 5],
            "clip": ["a", "a", "a", "b", "b", "b", None],
            "label_raw": "happy",
            "subset_raw": None,
        }
    )
    none = Pairs(*(np.empty(0, kind) for kind in (int, int, int, np.float32, np.float32, bool, bool, bool)))
    rows = duplicate_rows(files, none)
    assert rows.set_index("path")["kind"].dropna().to_dict() == {"1.png": "exact", "5.png": "exact"}
    counts = duplicate_counts(rows, files, {})
    assert (counts["groups"], counts["files_in_groups"], counts["largest_group"]) == (1, 6, 6)
    alone = files.assign(sample_id=[*"01234", "5", "6"], picture=range(7))
    assert duplicate_counts(duplicate_rows(alone, none), alone, {})["groups"] == 0


def test_frames_of_one_clip_are_not_compared_and_those_of_two_clips_are() -> None:
    """Six crops of one picture: pairs are found among all of them, but with clips only from one clip to the other."""
    shown = pictures([crop(scene(3), down, right) for down, right in ((0, 0), (1, 0), (0, 1), (2, 1), (1, 2), (2, 2))])
    how = {"distance": 20, "min_correlation": 0.75, "min_agreement": 0.84, "scene_correlation": 0.7, "max_shift": 0.125}
    every = near_pairs(shown, workers=1, **how)
    assert len(every.i) == 15
    clip_N = np.array([0, 0, 0, 1, 1, -1])
    found = near_pairs(replace(shown, clip_N=clip_N), workers=1, **how)
    across = clip_N[every.i] != clip_N[every.j]
    assert across.sum() == 11
    for one, other in zip(vars(found).values(), vars(every.take(across)).values(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", range(8))
def test_two_clips_are_one_recording_if_most_of_the_shorter_one_is_in_the_other(seed: int) -> None:
    """By plain loops; all other pairs of a frame are one scene, and mirrored ones none."""
    rng = np.random.default_rng(seed)
    clip_N = np.sort(rng.integers(-1, 4, 20))
    drawn = {(int(a), int(b)) for a, b in np.sort(rng.integers(0, 20, (70, 2))) if a != b}
    edges = sorted((a, b) for a, b in drawn if clip_N[a] != clip_N[b] or clip_N[a] < 0)
    i, j = np.array(edges).T
    mirrored = rng.random(len(i)) < 0.2
    same = mirrored | (rng.random(len(i)) < 0.7)
    likeness = rng.random(len(i)).astype(np.float32)
    pairs = Pairs(i, j, np.arange(len(i)), likeness, likeness, mirrored, rng.random(len(i)) < 0.5, same)
    expected = []
    for at, (a, b) in enumerate(edges):
        one, other = clip_N[a], clip_N[b]
        stays = bool(same[at]) and one < 0 and other < 0
        if same[at] and one >= 0 and other >= 0:
            matched = {
                clip: {frame for p, (c, d) in enumerate(edges) if same[p] and {clip_N[c], clip_N[d]} == {one, other} for frame in (c, d)
                       if clip_N[frame] == clip}
                for clip in (one, other)
            }  # fmt: skip
            length = {clip: int((clip_N == clip).sum()) for clip in (one, other)}
            shorter = min((one, other), key=lambda clip: (length[clip], clip))
            stays = len(matched[shorter]) >= SHARE * length[shorter]
        if stays or not mirrored[at]:
            expected.append((a, b, stays))
    found = between_clips(pairs, clip_N)
    assert list(zip(found.i.tolist(), found.j.tolist(), found.same.tolist(), strict=True)) == expected
    assert {True, False} == set(found.same.tolist())
