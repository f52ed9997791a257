"""The audit of an official test split: which test images have their photograph in training, by kind, correlation and label.

    mien preset fer2013 --set ingest.source=/path/to/fer2013.zip && dvc repro split
    python benchmarks/leaks.py

It reads data/ after the stage `split` and prints Markdown. docs/fer2013-audit.md explains the tables. Test and training files are those of
the source's own splits, before anything is removed; labels are compared without case, punctuation and counters.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
import typer

from mien.config.spelling import families
from mien.core import paths
from mien.core.markdown import markdown_table
from mien.dedup.across import INDIRECT, nearest_across, pairs_across, shared
from mien.dedup.groups import KINDS
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FILES, IMAGES, PAIRS, SPLITS, read_table

EDGES = (0.0, 0.85, 0.9, 0.95, 0.98, 0.99, 1.0)  # of the correlation; copies with the same pixels have a row of their own


def read_files() -> pd.DataFrame:
    """path, sample_id, group_id, pixel_sha256, label and the masks test and train of every file with an image."""
    files = read_table(paths.FILES, FILES, ["path", "label_raw", "subset_raw"])
    label = files["label_raw"].map(families(files["label_raw"].dropna().unique()))
    parts = files.assign(label=label, test=files["subset_raw"] == "test", train=files["subset_raw"] == "train")
    pixels = read_store(paths.IMAGES, IMAGES, ["sample_id", "pixel_sha256"]).to_pandas()
    rows = read_table(paths.DUPLICATES, DUPLICATES, ["path", "sample_id", "group_id"])
    return rows.merge(pixels, on="sample_id").merge(parts[["path", "label", "test", "train"]], on="path")


def totals(files: pd.DataFrame) -> list[tuple[str, int]]:
    """What is counted, and how often it occurs."""
    test, train = files["test"], files["train"]
    in_training, in_test = shared(files["group_id"], test, train), shared(files["group_id"], train, test)
    tested = files[test]
    several = tested[tested.duplicated("group_id", keep=False)]
    labels = files.groupby("group_id")["label"].nunique()
    across = files.loc[in_training, "group_id"].unique()
    return [
        ("test images", int(test.sum())),
        ("training files", int(train.sum())),
        ("test images with their photograph in training", int(in_training.sum())),
        ("test images without", int((test & ~in_training).sum())),
        ("training files with their photograph in the test split", int(in_test.sum())),
        ("photographs (groups) in both", len(across)),
        ("of these, with several labels", int((labels[across] > 1).sum())),
        ("test images that share a photograph with another test image", len(several)),
        ("photographs that are several times in the test split", several["group_id"].nunique()),
        ("of these, with several labels in the test split", int((several.groupby("group_id")["label"].nunique() > 1).sum())),
        ("photographs with several labels in the whole set", int((labels > 1).sum())),
    ]


def by_kind(files: pd.DataFrame, found: pd.DataFrame) -> list[list[str]]:
    """Test images by the kind of their closest copy in training, and pairs of files by kind: all, and those with different labels."""
    held = files[shared(files["group_id"], files["test"], files["train"])]
    nearest = nearest_across(held["path"], found)
    differ = labels_differ(files, found)
    rows = []
    for kind in (*KINDS, INDIRECT):
        own = found["kind"] == kind
        rows.append([kind, *map(str, (int((nearest["kind"] == kind).sum()), int(own.sum()), int((own & differ).sum())))])
    return [*rows, ["all", str(len(held)), str(len(found)), str(int(differ.sum()))]]


def labels_differ(files: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """A mask of the pairs whose two files have different labels."""
    label = files.set_index("path")["label"]
    differ: pd.Series = found["path"].map(label) != found["other_path"].map(label)
    return differ


def by_correlation(files: pd.DataFrame, found: pd.DataFrame) -> list[list[str]]:
    """Test images by the correlation of their closest copy in training, and the share of these with another label there."""
    held = files[shared(files["group_id"], files["test"], files["train"])]
    nearest = nearest_across(held["path"], found)
    pixels = nearest["kind"].isin(["exact", "pixel"])
    correlation = nearest["correlation"].astype(float).to_numpy()
    rows = [("same pixels", pixels.to_numpy())]
    for low, high in reversed([*pairwise(EDGES)]):
        below = correlation <= high if high == EDGES[-1] else correlation < high
        rows.append((f"{low:g} to {high:g}" if low else f"below {high:g}", (correlation >= low) & below & ~pixels.to_numpy()))
    rows.append((INDIRECT, (nearest["kind"] == INDIRECT).to_numpy()))
    label = files.set_index("path")["label"]
    differ = nearest["other_path"].notna() & (nearest["path"].map(label) != nearest["other_path"].map(label))
    assert np.sum([mask for _, mask in rows], axis=0).tolist() == [1] * len(nearest)
    return [[name, str(int(mask.sum())), str(int((differ.to_numpy() & mask).sum()))] for name, mask in rows]


def by_class(files: pd.DataFrame) -> list[list[str]]:
    """Test images of each class: all, and those with their photograph in training."""
    held = shared(files["group_id"], files["test"], files["train"])
    rows = []
    for name in sorted(files.loc[files["test"], "label"].dropna().unique()):
        own = files["test"] & (files["label"] == name)
        rows.append([name, str(int(own.sum())), str(int((own & held).sum())), f"{(own & held).sum() / own.sum():.1%}"])
    return rows


def by_part(files: pd.DataFrame) -> list[list[str]]:
    """Test images of each part of the test split that ingest.part names: all, with their photograph in training, and flagged."""
    held = shared(files["group_id"], files["test"], files["train"])
    tested = read_table(paths.SPLITS, SPLITS, ["path", "split", "part", "flag"]).query("split == 'test'").merge(
        files.assign(held=held)[["path", "held"]], on="path"
    )  # fmt: skip
    rows = []
    for name, own in [("all", tested), *tested.groupby("part")]:
        numbers = (len(own), own["held"].sum(), own["flag"].notna().sum(), (~own["held"] & own["flag"].isna()).sum())
        rows.append([str(name), *(str(int(number)) for number in numbers)])
    return rows


def main() -> None:
    files = read_files()
    found = pairs_across(files, read_table(paths.PAIRS, PAIRS), files["test"], files["train"])
    for headings, rows in (
        (["count", ""], [[name, str(num)] for name, num in totals(files)]),
        (["kind", "test images, by closest copy", "pairs", "with different labels"], by_kind(files, found)),
        (["correlation of the closest copy", "test images", "with another label there"], by_correlation(files, found)),
        (["class", "test images", "photograph in training", "share"], by_class(files)),
        (["test split", "images", "photograph in training", "flagged", "neither"], by_part(files)),
    ):
        typer.echo("\n".join([*markdown_table(headings, rows), ""]))


if __name__ == "__main__":
    typer.run(main)
