"""The number of shards changes no table: the data stages on one source, with stores of 16 and of 256 shards."""

import json
import zipfile
from pathlib import Path

import pytest

from mien.convert import conversion
from mien.core import paths
from mien.ingest import blobs
from mien.store.shards import prefixes, read_store, shards_of
from mien.store.tables import BLOBS, FACES, IMAGES
from stages import align, convert, dedup, ingest, sanitise, split
from tests.convert.pictures import noisy, saved, smooth
from tests.least import MODELS

PARAMS = f"""{MODELS}
ingest: {{source: source.zip}}
labels: {{classes: [happy, sad], aliases: {{}}}}
faces: {{detector: none, size_px: 48}}
runtime: {{workers: 1}}
"""
TABLES = (
    paths.FILES, paths.REJECTED, paths.DUPLICATES, paths.PAIRS, paths.LABELS, paths.LABELS_REMOVED, paths.FACES_REMOVED, paths.SPLITS,
    paths.FATES, paths.QUARANTINE, *(paths.counts(name) for name in ("ingest", "convert", "dedup", "sanitise", "align", "split")),
)  # fmt: skip


def write_source(path: Path) -> None:
    """Forty pictures of two classes, three copies, one of them under another label, and two files that are no pictures."""
    pictures = [saved((noisy if seed % 3 else smooth)(64, 60, seed=seed), "PNG") for seed in range(40)]
    with zipfile.ZipFile(path, "w") as archive:
        for number, content in enumerate([*pictures, *pictures[:2], pictures[3], b"", pictures[5][:300]]):
            archive.writestr(f"{('happy', 'sad')[number % 2]}/{number}.png", content)


def run_stages(folder: Path, digits: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(blobs, "num_digits", lambda *_: digits)
    write_source(Path("source.zip"))
    paths.PARAMS.write_text(PARAMS)
    for name, header in (("metadata", "path,subject"), ("votes", "path"), ("corrections", "sample_id,decision")):
        Path(f"{name}.csv").write_text(f"{header}\n")
    for stage in (ingest, convert, dedup, sanitise, align, split):
        stage.main()
    assert all(shards_of(store) == prefixes(digits) for store in (paths.RAW, paths.IMAGES, paths.FACES))
    return {str(path): path.read_bytes() for path in TABLES}


def test_sixteen_and_256_shards_give_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "parallel_map", lambda work, pieces, **_: [work(piece) for piece in pieces])
    few, many = (run_stages(tmp_path / str(digits), digits, monkeypatch) for digits in (1, 2))
    assert [name for name in few if few[name] != many[name]] == []
    kept = json.loads(few[str(paths.counts("split"))])["fates"]
    assert kept["kept"] and kept["duplicate"] and kept["quarantined"] and kept["rejected"] == 2
    for store, schema in ((paths.RAW, BLOBS), (paths.IMAGES, IMAGES), (paths.FACES, FACES)):
        first, second = (read_store(tmp_path / name / store, schema) for name in ("1", "2"))
        assert len(first) and first.combine_chunks().equals(second.combine_chunks())
