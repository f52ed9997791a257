"""From pairs to files: groups and scenes are connected components, twins the strongest relation, counts add up."""

from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mien.config.sections.dedup import DedupParams
from mien.dedup.arrays import Pairs
from mien.dedup.find import COLUMNS, duplicate_counts, find_duplicates, pairs_by_kind, pictures_of
from mien.dedup.groups import duplicate_rows, pair_rows
from mien.store.tables import DUPLICATES, IMAGES, PAIRS, write_table
from tests.dedup.scenes import crop, exposure, pictures, scene


def pairs_of(*rows: tuple[int, int, bool, bool, float]) -> Pairs:
    """Pairs from (i, j, mirrored, same, agreement), every other one disputed."""
    i, j, mirrored, same, agreement = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    flags = (np.array(values, np.bool_) for values in (mirrored, np.arange(len(i)) % 2, same))
    likeness = np.array(agreement, np.float32)
    return Pairs(np.array(i, np.int64), np.array(j, np.int64), np.arange(len(i)), likeness[::-1].copy(), likeness, *flags)


def files_of(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["path", "sample_id", "picture"])


def random_files(seed: int) -> tuple[pd.DataFrame, Pairs]:
    generator = np.random.default_rng(seed)
    num = 60
    samples = pd.DataFrame({"sample_id": [f"{one:04x}" for one in generator.permutation(num)], "picture": generator.integers(0, 50, num)})
    samples["picture"] = samples["picture"].rank(method="dense").astype(int) - 1
    files = samples.loc[[*samples.index, *generator.integers(0, num, 15)]].reset_index(drop=True)
    files["path"] = [f"{one:03}.png" for one in generator.permutation(len(files))]
    edges = generator.integers(0, samples["picture"].max() + 1, (20, 2))
    unique = sorted({(int(a), int(b)) for a, b in np.sort(edges, axis=1) if a != b})
    drawn = ((a, b, generator.random() < 0.3, float(generator.random())) for a, b in unique)
    return files, pairs_of(
        *((a, b, bool(mirrored), bool(mirrored or generator.random() < 0.6), likeness) for a, b, mirrored, likeness in drawn)
    )


def smallest_ids(files: pd.DataFrame, pairs: Pairs) -> dict[str, str]:
    """The smallest sample_id of each file's component, by an independent way."""
    graph = networkx.Graph()
    graph.add_nodes_from(files.path)
    for _, same in files.groupby("picture"):
        networkx.add_path(graph, same.path)
    first = files.groupby("picture").path.first()
    graph.add_edges_from(zip(first[pairs.i], first[pairs.j], strict=True))
    sample = files.set_index("path").sample_id
    return {path: min(sample[member] for member in group) for group in networkx.connected_components(graph) for path in group}


@pytest.mark.parametrize("seed", range(5))
def test_groups_and_scenes_are_connected_components_named_by_their_smallest_sample(seed: int) -> None:
    """Only pairs of one picture join groups, all pairs join scenes; so every group lies in one scene."""
    files, pairs = random_files(seed)
    rows = duplicate_rows(files, pairs)
    assert dict(zip(rows.path, rows.group_id, strict=True)) == smallest_ids(files, pairs.take(pairs.same))
    assert dict(zip(rows.path, rows.scene_id, strict=True)) == smallest_ids(files, pairs)
    assert (rows.groupby("group_id").scene_id.nunique() == 1).all() and rows.scene_id.nunique() < rows.group_id.nunique()


@pytest.mark.parametrize("seed", range(5))
def test_without_scene_pairs_groups_and_scenes_are_the_same(seed: int) -> None:
    files, pairs = random_files(seed)
    rows = duplicate_rows(files, pairs.take(pairs.same))
    assert (rows.group_id == rows.scene_id).all()
    named = ["group_id", "kind", "twin_path", "distance", "correlation", "agreement"]
    pd.testing.assert_frame_equal(rows[named], duplicate_rows(files, pairs)[named])


@pytest.mark.parametrize("seed", range(5))
def test_a_twin_is_another_file_of_the_group_and_exists_in_every_group_of_several(seed: int) -> None:
    files, pairs = random_files(seed)
    rows = duplicate_rows(files, pairs).set_index("path")
    twins = rows[rows.kind.notna()]
    assert (twins.twin_path != twins.index).all()
    assert (rows.loc[twins.twin_path, "group_id"].to_numpy() == twins.group_id.to_numpy()).all()
    several = rows.groupby("group_id").sample_id.transform("size") > 1
    assert (rows.kind.notna() == several).all()
    alone = rows[rows.kind.isna()]
    assert alone[["twin_path", "distance", "correlation", "agreement"]].isna().all(axis=None)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_files_changes_nothing(seed: int) -> None:
    files, pairs = random_files(seed)
    shuffled = files.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(duplicate_rows(files, pairs), duplicate_rows(shuffled, pairs))
    order = np.random.default_rng(seed).permutation(len(pairs.i))
    pd.testing.assert_frame_equal(pair_rows(files, pairs), pair_rows(shuffled, pairs.take(order)))


def test_the_strongest_relation_wins_then_the_most_alike() -> None:
    files = files_of(("a", "1", 0), ("b", "1", 0), ("c", "2", 0), ("d", "3", 1), ("e", "4", 2), ("f", "5", 3))
    pairs = pairs_of(
        (0, 1, False, True, 0.8), (0, 2, True, True, 0.99), (1, 2, False, True, 0.9), (2, 3, True, True, 0.85), (1, 3, False, False, 0.99)
    )
    rows = duplicate_rows(files, pairs).set_index("path")
    assert rows.kind.tolist() == ["exact", "exact", "pixel", "near", "near", "mirrored"]
    assert rows.twin_path.tolist() == ["b", "a", "a", "e", "d", "e"]
    assert rows.group_id.eq("1").all()
    assert rows.distance.tolist() == [0, 0, 0, 2, 2, 3]
    assert rows.agreement.tolist() == pytest.approx([1, 1, 1, 0.9, 0.9, 0.85]), "the most alike by agreement, whatever the correlation"
    assert rows.correlation.tolist() == pytest.approx([1, 1, 1, 0.9, 0.9, 0.99])


@pytest.mark.parametrize("seed", range(5))
def test_pairs_name_each_picture_by_its_first_file(seed: int, tmp_path: Path) -> None:
    files, pairs = random_files(seed)
    rows = pair_rows(files, pairs)
    first = files.sort_values("path").groupby("picture")[["path", "sample_id"]].first()
    expected = {}
    for at in range(len(pairs.i)):
        (path, one), (other_path, other) = sorted(tuple(first.loc[number]) for number in (pairs.i[at], pairs.j[at]))
        relation = ("mirrored" if pairs.mirrored[at] else "near") if pairs.same[at] else "scene"
        likeness = (pairs.distance[at], pairs.correlation[at], pairs.agreement[at])
        expected[path, other_path] = (one, other, relation, at % 2 == 1, *map(float, likeness))
    told = rows.set_index(["path", "other_path"])[["sample_id", "other_id", "relation", "disputed", "distance", "correlation", "agreement"]]
    assert {pair: tuple(row) for pair, row in zip(told.index, told.itertuples(index=False), strict=True)} == expected
    assert list(told.index) == sorted(expected) and {"near", "mirrored", "scene"} == set(rows.relation)
    write_table(tmp_path / "pairs.parquet", rows, PAIRS)


@pytest.mark.parametrize("seed", range(3))
def test_counts_add_up(seed: int) -> None:
    files, pairs = random_files(seed)
    rows = duplicate_rows(files, pairs)
    generator = np.random.default_rng(seed)
    files["label_raw"] = generator.choice(["sad", "happy"], len(files))
    files["subset_raw"] = generator.choice(["train", "test"], len(files))
    kinds = pairs_by_kind(files, pairs)
    counts = duplicate_counts(rows, files, kinds)
    assert sum(counts["files_by_kind"].values()) + counts["files_without_twin"] == counts["files"] == len(files)
    assert counts["files_in_groups"] == sum(counts["files_by_kind"].values())
    same_picture = files.merge(files, on="picture").query("path_x < path_y")
    assert kinds["exact"] == (same_picture.sample_id_x == same_picture.sample_id_y).sum()
    assert kinds["exact"] + kinds["pixel"] == len(same_picture)
    related = [("scene" if not same else "mirrored" if mirrored else "near", i, j)
               for i, j, mirrored, same in zip(pairs.i, pairs.j, pairs.mirrored, pairs.same, strict=True)]  # fmt: skip
    for kind in ("near", "mirrored", "scene"):
        assert kinds[kind] == sum((files.picture == i).sum() * (files.picture == j).sum() for relation, i, j in related if relation == kind)

    merged = rows.merge(files, on="path")
    members = [group for _, group in merged.groupby("group_id") if len(group) > 1]
    assert counts["groups"] == len(members) and counts["largest_group"] == max(map(len, members))
    assert counts["groups_with_several_spellings"] == sum(set(group.label_raw) == {"sad", "happy"} for group in members)
    assert counts["groups_in_train_and_test"] == sum(set(group.subset_raw) == {"train", "test"} for group in members)
    scenes = [scene for _, scene in merged.groupby("scene_id") if scene.group_id.nunique() > 1]
    assert counts["scenes"] == len(scenes) > 0 and counts["files_in_scenes"] == sum(map(len, scenes))
    assert counts["largest_scene"] == max(map(len, scenes))
    crossing = [group for group in members if "train" in set(group.subset_raw)]
    assert counts["test_files_with_twin_in_train"] == sum((group.subset_raw == "test").sum() for group in crossing)


def store(thumbnails: dict[str, np.ndarray]) -> pa.Table:
    shown = pictures(list(thumbnails.values()))
    return pa.table(
        {
            "sample_id": list(thumbnails),
            "pixel_sha256": [f"pixels of {one.tobytes().hex()}" for one in thumbnails.values()],
            "phash": pa.array(shown.phash_N, pa.uint64()),
            "phash_mirrored": pa.array(shown.phash_mirrored_N, pa.uint64()),
            "thumbnail": [one.tobytes() for one in thumbnails.values()],
            "width_px": [len(one) for one in thumbnails.values()],
            "height_px": [len(one) for one in thumbnails.values()],
        },
        schema=pa.schema([IMAGES.field(name) for name in COLUMNS]),
    )


def test_files_of_every_kind() -> None:
    whole = scene(40)
    blank = np.zeros((48, 48), np.uint8)
    thumbnails = {
        "original": crop(whole),
        "png": crop(whole),
        "moved": crop(whole, 2, 2),
        "mirror": crop(whole, -3, -4)[:, ::-1].copy(),
        "other": crop(scene(41)),
        "exposure": exposure(whole),
        "blank": blank,
        "blank png": blank,
        "grey": blank + np.uint8(9),
    }
    files = pd.DataFrame(
        [(name.replace(" ", "_"), name) for name in thumbnails] + [("copy", "original"), ("rejected", "x"), ("unread", None)],
        columns=["path", "sample_id"],
    ).assign(label_raw=None)
    found = find_duplicates(files, pictures_of(store(thumbnails), files), **DedupParams().model_dump())
    rows, kinds = found.rows, found.pairs_by_kind
    kind = rows.set_index("path").kind
    assert {path: kind[path] for path in ("original", "copy", "png", "moved", "mirror")} == {
        "original": "exact",
        "copy": "exact",
        "png": "pixel",
        "moved": "near",
        "mirror": "mirrored",
    }
    assert kind[["blank", "blank_png"]].eq("pixel").all() and kind[["other", "grey", "exposure"]].isna().all()
    assert set(rows.path) == set(files.path) - {"rejected", "unread"}
    assert kinds["exact"] == 1 and kinds["pixel"] == 3 and kinds["scene"] >= 3
    together = rows.set_index("path").groupby("scene_id").groups
    assert sorted(map(len, together.values())) == [1, 1, 2, 6]
    of_exposure = found.pairs[(found.pairs[["path", "other_path"]] == "exposure").any(axis=1)]
    assert set(of_exposure.relation) == {"scene"} and "copy" in set(of_exposure.path), "copy is the first file of the original"

    shuffled = files.sample(frac=1, random_state=0)
    again = find_duplicates(
        shuffled, pictures_of(store(dict(reversed(thumbnails.items()))), shuffled), **DedupParams().model_dump(), workers=2
    )
    pd.testing.assert_frame_equal(rows, again.rows)
    pd.testing.assert_frame_equal(found.pairs, again.pairs)
    assert again.pairs_by_kind == kinds


def test_a_picture_has_the_label_of_its_files_unless_they_differ() -> None:
    """Spellings are folded, as `labels` reads them; a picture is known by its pixels, so that the labels of its every file count."""
    thumbnails = {name: crop(scene(60 + at)) for at, name in enumerate(("happy", "counted", "sad", "both", "none", "one", "read alike"))}
    thumbnails["both too"] = thumbnails["both"]
    spelt = [
        ("happy", "happy"), ("counted", "Happy (1)"), ("sad", "Sad"), ("both", "sad"), ("both too", "happy"), ("none", None),
        ("one", None), ("one", "SAD"), ("read alike", "sad_2"), ("read alike", " Sad"), (None, "angry"), ("rejected", "fear"),
    ]  # fmt: skip
    files = pd.DataFrame(spelt, columns=["sample_id", "label_raw"])
    for order in (files, files[::-1]):
        samples, shown = pictures_of(store(thumbnails), order)
        label = dict(zip(samples.sample_id, shown.label_N[samples.picture], strict=True))
        assert label["happy"] == label["counted"] >= 0 and label["sad"] == label["one"] == label["read alike"] >= 0
        assert label["happy"] != label["sad"] and label["both"] == label["both too"] == label["none"] == -1
        assert len(shown.label_N) == len(shown.phash_N) == len(thumbnails) - 1


@pytest.mark.parametrize("num", [0, 1])
def test_few_images_or_none(num: int, tmp_path: Path) -> None:
    images = store({"a": crop(scene(1))}).slice(0, num)
    files = pd.DataFrame({"path": ["p"], "sample_id": ["a"], "label_raw": None, "subset_raw": None})
    found = find_duplicates(files, pictures_of(images, files), **DedupParams().model_dump())
    rows, kinds = found.rows, found.pairs_by_kind
    assert len(rows) == num and sum(kinds.values()) == 0 == len(found.pairs)
    counts = duplicate_counts(rows, files, kinds)
    assert counts["groups"] == counts["scenes"] == counts["largest_scene"] == 0
    write_table(tmp_path / "rows.parquet", rows, DUPLICATES)
    write_table(tmp_path / "pairs.parquet", found.pairs, PAIRS)
