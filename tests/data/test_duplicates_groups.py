"""From pairs to files: groups are connected components, twins the strongest relation, counts add up."""

from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mien.data.duplicates.find import duplicate_counts, find_duplicates, pairs_by_kind
from mien.data.duplicates.groups import duplicate_rows
from mien.data.duplicates.pictures import Pairs
from mien.data.tables import DUPLICATES, IMAGES, write_table
from mien.params import DedupParams
from tests.data.scenes import crop, pictures, scene


def pairs_of(*rows: tuple[int, int, bool, float]) -> Pairs:
    i, j, mirrored, correlation = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Pairs(
        np.array(i, np.int64), np.array(j, np.int64), np.arange(len(i)), np.array(correlation, np.float32), np.array(mirrored, np.bool_)
    )


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
    return files, pairs_of(*((a, b, bool(generator.random() < 0.3), float(generator.random())) for a, b in unique))


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_connected_components_named_by_their_smallest_sample(seed: int) -> None:
    files, pairs = random_files(seed)
    graph = networkx.Graph()
    graph.add_nodes_from(files.path)
    for _, same in files.groupby("picture"):
        networkx.add_path(graph, same.path)
    first = files.groupby("picture").path.first()
    graph.add_edges_from(zip(first[pairs.i], first[pairs.j], strict=True))
    sample = files.set_index("path").sample_id
    expected = {path: min(sample[member] for member in group) for group in networkx.connected_components(graph) for path in group}
    rows = duplicate_rows(files, pairs)
    assert dict(zip(rows.path, rows.group_id, strict=True)) == expected


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
    assert alone[["twin_path", "distance", "correlation"]].isna().all(axis=None)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_files_changes_nothing(seed: int) -> None:
    files, pairs = random_files(seed)
    pd.testing.assert_frame_equal(duplicate_rows(files, pairs), duplicate_rows(files.sample(frac=1, random_state=seed), pairs))


def test_the_strongest_relation_wins_then_the_most_alike() -> None:
    files = files_of(("a", "1", 0), ("b", "1", 0), ("c", "2", 0), ("d", "3", 1), ("e", "4", 2), ("f", "5", 3))
    rows = duplicate_rows(files, pairs_of((0, 1, False, 0.8), (0, 2, True, 0.99), (1, 2, False, 0.9), (2, 3, True, 0.85))).set_index("path")
    assert rows.kind.tolist() == ["exact", "exact", "pixel", "near", "near", "mirrored"]
    assert rows.twin_path.tolist() == ["b", "a", "a", "e", "d", "e"]
    assert rows.group_id.eq("1").all()
    assert rows.distance.tolist() == [0, 0, 0, 2, 2, 3]


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

    merged = rows.merge(files, on="path")
    members = [group for _, group in merged.groupby("group_id") if len(group) > 1]
    assert counts["groups"] == len(members) and counts["largest_group"] == max(map(len, members))
    assert counts["groups_with_several_spellings"] == sum(set(group.label_raw) == {"sad", "happy"} for group in members)
    assert counts["groups_in_train_and_test"] == sum(set(group.subset_raw) == {"train", "test"} for group in members)
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
        },
        schema=pa.schema([IMAGES.field(name) for name in ("sample_id", "pixel_sha256", "phash", "phash_mirrored", "thumbnail")]),
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
        "blank": blank,
        "blank png": blank,
        "grey": blank + np.uint8(9),
    }
    files = pd.DataFrame(
        [(name.replace(" ", "_"), name) for name in thumbnails] + [("copy", "original"), ("rejected", "x"), ("unread", None)],
        columns=["path", "sample_id"],
    )
    rows, kinds = find_duplicates(files, store(thumbnails), **DedupParams().model_dump())
    kind = rows.set_index("path").kind
    assert {path: kind[path] for path in ("original", "copy", "png", "moved", "mirror")} == {
        "original": "exact",
        "copy": "exact",
        "png": "pixel",
        "moved": "near",
        "mirror": "mirrored",
    }
    assert kind[["blank", "blank_png"]].eq("pixel").all() and kind[["other", "grey"]].isna().all()
    assert set(rows.path) == set(files.path) - {"rejected", "unread"}
    assert kinds["exact"] == 1 and kinds["pixel"] == 3

    shuffled = files.sample(frac=1, random_state=0)
    again, _ = find_duplicates(shuffled, store(dict(reversed(thumbnails.items()))), **DedupParams().model_dump(), workers=2)
    pd.testing.assert_frame_equal(rows, again)


@pytest.mark.parametrize("num", [0, 1])
def test_few_images_or_none(num: int, tmp_path: Path) -> None:
    images = store({"a": crop(scene(1))}).slice(0, num)
    files = pd.DataFrame({"path": ["p"], "sample_id": ["a"]})
    rows, kinds = find_duplicates(files, images, **DedupParams().model_dump())
    assert len(rows) == num and sum(kinds.values()) == 0
    files[["label_raw", "subset_raw"]] = None
    assert duplicate_counts(rows, files, kinds)["groups"] == 0
    write_table(tmp_path / "rows.parquet", rows, DUPLICATES)
