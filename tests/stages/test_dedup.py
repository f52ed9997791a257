"""The stage as it is run: what it writes, says and refuses."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import DUPLICATES, FILES, IMAGES, PAIRS, read_table, write_table
from stages import dedup
from tests.dedup.scenes import crop, exposure, pictures, scene
from tests.least import MODELS
from tests.random_tables import sample_id


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures in training, two of one scene; in test a closer crop of one, its mirror image, a second file, and one without
    image.
    """
    monkeypatch.chdir(tmp_path)
    paths.PARAMS.write_text(f"{MODELS}\n")
    whole = scene(1)
    thumbnails = {
        "train/sad/a": crop(whole),
        "train/sad/b": crop(scene(2)),
        "train/sad/exposure": exposure(whole),
        "test/sad/closer": crop(whole, 1, 1, 45),
        "test/happy/mirror": crop(whole, 2, 1)[:, ::-1].copy(),
    }
    ids = {path: sample_id(path) for path in thumbnails}
    ids |= {"test/happy/copy": ids["train/sad/a"], "test/happy/broken": sample_id("broken")}
    files = pd.DataFrame({"path": list(ids), "sample_id": list(ids.values())})
    files["subset_raw"], files["label_raw"] = files.path.str.split("/").str[0], files.path.str.split("/").str[1]
    files[["subject", "ignored", "error", "metadata", "part", "votes"]] = None
    files["size_bytes"] = 1
    write_table(paths.FILES, files, FILES)

    shown = pictures(list(thumbnails.values()))
    rows = pd.DataFrame({"sample_id": [ids[path] for path in thumbnails], "phash": shown.phash_N, "phash_mirrored": shown.phash_mirrored_N})
    rows["thumbnail"] = [one.tobytes() for one in thumbnails.values()]
    rows["pixel_sha256"] = rows["sample_id"].str[::-1]
    rows[["width_px", "height_px"]] = 48
    rows[["sharpness", "brightness", "contrast"]] = 1.0
    rows["source_format"], rows["image"] = "PNG", b""
    for digit in DIGITS:
        part = rows[rows.sample_id.str.startswith(digit)]
        write_shard(paths.IMAGES, digit, pa.Table.from_pandas(part, schema=IMAGES, preserve_index=False), IMAGES)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_rows_counts_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    dedup.main()
    rows = read_table(paths.DUPLICATES, DUPLICATES).set_index("path")
    assert rows.kind.to_dict() == {
        "test/happy/copy": "exact",
        "test/happy/mirror": "mirrored",
        "test/sad/closer": "near",
        "train/sad/a": "exact",
        "train/sad/b": None,
        "train/sad/exposure": None,
    }
    assert rows.scene_id["train/sad/exposure"] == rows.scene_id["train/sad/a"] == rows.sample_id[rows.index != "train/sad/b"].min()
    assert rows.group_id["train/sad/exposure"] == rows.sample_id["train/sad/exposure"] and rows.group_id.nunique() == 3
    assert rows.scene_id["train/sad/b"] == rows.sample_id["train/sad/b"]
    pairs = read_table(paths.PAIRS, PAIRS)
    assert (pairs.path < pairs.other_path).all() and pairs[["path", "other_path"]].apply(tuple, axis=1).is_monotonic_increasing
    relation = {(row.path, row.other_path): row.relation for row in pairs.itertuples()}
    assert relation["test/happy/mirror", "test/sad/closer"] == relation["test/happy/copy", "test/happy/mirror"] == "mirrored"
    assert relation["test/happy/copy", "test/sad/closer"] == "near" and relation["test/happy/copy", "train/sad/exposure"] == "scene"
    disputed = {(row.path, row.other_path) for row in pairs[pairs.disputed].itertuples()}
    assert disputed == {("test/happy/mirror", "test/sad/closer")}, "the picture of the copy is under both labels, so under neither"
    assert not {"train/sad/a", "train/sad/b"} & {*pairs.path, *pairs.other_path}, "the first file of a picture stands for all"
    counts = read_json(paths.counts("dedup"))
    assert counts["pairs_by_kind"]["scene"] >= 1 and (counts["scenes"], counts["files_in_scenes"], counts["largest_scene"]) == (1, 5, 5)
    assert counts["files"] == 6 and counts["groups"] == 1 and counts["largest_group"] == 4
    assert counts["groups_with_several_spellings"] == counts["groups_in_train_and_test"] == 1
    assert counts["test_files_with_twin_in_train"] == 3
    assert capsys.readouterr().out == (
        "dedup: 6 files, 1 group of the same picture (2 exact, 0 pixel, 1 near, 1 mirrored), 1 scene of several pictures (5 files)\n"
    )


@pytest.mark.usefixtures("workspace")
def test_the_same_bytes_again() -> None:
    written = []
    for workers in (1, 3):
        paths.PARAMS.write_text(f"{MODELS}\nruntime: {{workers: {workers}}}\n")
        dedup.main()
        written.append((paths.DUPLICATES.read_bytes(), paths.PAIRS.read_bytes(), paths.counts("dedup").read_bytes()))
    assert written[0] == written[1]


@pytest.mark.usefixtures("workspace")
def test_mirrored_copies_are_left_alone_on_request() -> None:
    paths.PARAMS.write_text(f"{MODELS}\ndedup: {{mirrored: false}}\n")
    dedup.main()
    assert read_json(paths.counts("dedup"))["files_by_kind"] == {"exact": 2, "pixel": 0, "near": 1, "mirrored": 0}


@pytest.mark.usefixtures("workspace")
def test_without_images_nothing_is_written() -> None:
    (paths.IMAGES / "0.parquet").unlink()
    with pytest.raises(TableError, match="dvc repro"):
        dedup.main()
    assert not paths.DUPLICATES.exists() and not paths.PAIRS.exists()
