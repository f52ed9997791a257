"""ingest and convert on real collections, against their truth tables."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.core import paths
from mien.core.files import read_json
from mien.store.shards import read_store
from mien.store.tables import FILES, IMAGES, REJECTED, THUMBNAIL_PX, read_table
from stages import convert, ingest
from tests.least import MODELS

BROKEN = {"broken_png": "corrupt", "truncated_heic": "truncated", "empty_file": "empty", "truncated_jpeg": "truncated"}


def run(source: Path, folder: Path, *, converting: bool = True) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        paths.PARAMS.write_text(f"ingest: {{source: {source}}}\n{MODELS}\n")
        Path("metadata.csv").write_text("path,subject\n")
        Path("votes.csv").write_text("path\n")
        ingest.main()
        if converting:
            convert.main()


@pytest.fixture(scope="module")
def campus(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campus")
    run(real_data / "campus-photos.zip", folder)
    return folder


@pytest.fixture(scope="module")
def files(campus: Path, real_data: Path) -> pd.DataFrame:
    """A row per file: what ingest says, the truth, and why convert rejected it."""
    truth = pd.read_csv(real_data / "campus-photos.truth.csv")
    rejected = read_table(campus / paths.REJECTED, REJECTED)
    found = read_table(campus / paths.FILES, FILES).merge(truth, on="path", how="outer", validate="one_to_one", indicator="where")
    return found.merge(rejected, on="sample_id", how="left")


def test_campus_every_file_is_found_with_its_content(files: pd.DataFrame) -> None:
    assert (files["where"] == "both").all() and len(files) == 508
    read = files[files.ignored.isna()]
    assert (read.sample_id == read.sha256).all()


def test_campus_junk_is_ignored_and_nothing_else_but_hidden_pictures(files: pd.DataFrame) -> None:
    assert files[files.kind == "junk"].ignored.notna().all()
    others = files[files.ignored.notna() & (files.kind != "junk")]
    assert (others.ignored == "hidden image").all() and others.path.str.contains(r"/\.[^/]*$").all() and len(others) == 3
    assert files.error.isna().all()


def test_campus_what_is_broken_is_rejected_and_nothing_else(files: pd.DataFrame) -> None:
    rejected = files[files.reason.notna()]
    assert dict(zip(rejected.kind, rejected.reason, strict=True)) == BROKEN
    assert len(rejected) == files.kind.isin(BROKEN).sum()


def test_campus_pictures_of_one_origin_agree_after_decoding(files: pd.DataFrame, campus: Path) -> None:
    """Whatever the file type and EXIF turn, copies show the same picture the same way up, and mirrored copies mirrored."""
    rows = read_store(campus / paths.IMAGES, IMAGES, ["sample_id", "thumbnail"]).to_pylist()
    thumbnails = {row["sample_id"]: np.frombuffer(row["thumbnail"], np.uint8).reshape(THUMBNAIL_PX, -1).astype(float) for row in rows}
    pictures = files[files.sample_id.isin(list(thumbnails)) & files.origin.notna() & (files.kind != "unknown_label")]  # those are framed
    num_pairs = 0
    for _, copies in pictures.drop_duplicates("sample_id").groupby("origin"):
        for first, second in combinations(copies.itertuples(), 2):
            one, other = thumbnails[first.sample_id], thumbnails[second.sample_id]
            if (first.kind == "mirrored_duplicate") != (second.kind == "mirrored_duplicate"):
                other = other[:, ::-1]
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99, (first.path, second.path)
            num_pairs += 1
    assert num_pairs > 40


def test_fer2013_mini(real_data: Path, tmp_path: Path) -> None:
    run(real_data / "fer2013-mini.zip", tmp_path)
    first, second = (read_json(tmp_path / paths.counts(stage)) for stage in ("ingest", "convert"))
    assert first["files"] == first["images"] == sum(first["subsets"].values()) == 1811
    assert second["images"] == second["contents"] == first["contents"] and not second["rejected"]
    images = read_store(tmp_path / paths.IMAGES, IMAGES).to_pandas()
    assert set(images.width_px) == set(images.height_px) == {48} and set(images.source_format) == {"JPEG"}


@pytest.mark.slow
def test_fer2013_has_its_published_counts(real_data: Path, tmp_path: Path) -> None:
    run(real_data / "fer2013.zip", tmp_path, converting=False)
    files = read_table(tmp_path / paths.FILES, FILES)
    assert len(files) == 35_887
    published = {"angry": 958, "disgust": 111, "fear": 1024, "happy": 1774, "neutral": 1233, "sad": 1247, "surprise": 831}
    assert files[files.subset_raw == "test"].label_raw.value_counts().to_dict() == published
    assert (files.subset_raw == "train").sum() == 28_709
