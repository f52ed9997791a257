"""Images in memory and in the shards: the same batches, whatever the number of threads."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import UnidentifiedImageError

from mien.core.memory import MemoryBudget
from mien.store.decoding import Decoding
from mien.store.face_images import AHEAD, Images, InMemory, InShards, in_batches
from mien.store.faces import FaceSet, load_faces
from mien.store.places import OpenShards, Places, locate
from mien.store.shards import write_shard
from mien.store.tables import FACES
from tests.store.test_faces import CLASSES, rows, store

NUM, SIDE_PX = 30, 40


def loaded(folder: Path, names: list[str], *, workers: int = 1, num_bytes: int | None = 0) -> FaceSet:
    memory = None if num_bytes is None else MemoryBudget(num_bytes)
    return load_faces(folder, rows(names), classes=CLASSES, max_px=SIDE_PX, decoding=Decoding(workers, memory))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="module")
def names(folder: Path) -> list[str]:
    """Faces of several sides, grey ones, and one of them twice."""
    found = list(store(folder, [48, 40, 96] * (NUM // 3)))
    return [*found, found[0]]


@pytest.fixture(params=[1, 3], ids=["one thread", "three threads"])
def both(request: pytest.FixtureRequest, folder: Path, names: list[str]) -> tuple[Images, Images]:
    in_memory, in_shards = loaded(folder, names, num_bytes=None).images, loaded(folder, names, workers=request.param).images
    assert isinstance(in_memory, InMemory) and isinstance(in_shards, InShards)
    return in_memory, in_shards


def same(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Also in the order of memory, on which the rounding of sums may depend."""
    return torch.equal(first, second) and first.dtype == second.dtype and first.stride() == second.stride()


BATCHES = [torch.tensor(batch) for batch in ([3, 1, 30], [0], [5, 5, 2, 29], [7, 8], list(range(31)), [4])]


def test_batches_are_the_same_in_the_same_order(both: tuple[Images, Images]) -> None:
    in_memory, in_shards = both
    assert in_memory.side_px == in_shards.side_px == SIDE_PX and len(in_memory) == len(in_shards) == NUM + 1
    for (own, images), (wanted, expected), batch in zip(in_shards.batches(BATCHES), in_memory.batches(BATCHES), BATCHES, strict=True):
        assert torch.equal(own, batch) and torch.equal(wanted, batch) and same(images, expected)
        assert same(in_shards.batch(batch), in_memory.batch(batch))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_parts_of_all_are_the_same(both: tuple[Images, Images], size: int) -> None:
    in_memory, in_shards = both
    assert torch.equal(in_shards.all(), in_memory.all())
    parts = [list(in_batches(images, size)) for images in (*both, in_memory.all())]
    assert len(parts[0]) == -(-(NUM + 1) // size)
    for first, second, third in zip(*parts, strict=True):
        assert same(first, second) and same(second, third)


def test_some_of_them_are_the_same(both: tuple[Images, Images]) -> None:
    in_memory, in_shards = both
    for some in (slice(4, 9), [9, 2, 2], []):
        assert torch.equal(in_shards[some].all(), in_memory[some].all()) and len(in_shards[some]) == len(in_memory[some])
    assert torch.equal(in_shards[3:][[1, 0]].batch(torch.tensor([0])), in_memory.batch(torch.tensor([4])))


def test_no_images_are_the_same(folder: Path) -> None:
    assert len(loaded(folder, []).images) == 0 and loaded(folder, []).images.all().shape == (0, 3, SIDE_PX, SIDE_PX)
    assert [len(part) for part in loaded(folder, []).images.split(4)] == [len(part) for part in torch.split(torch.zeros(0, 1), 4)]


def test_few_batches_are_drawn_ahead_of_the_one_in_use(folder: Path, names: list[str]) -> None:
    drawn = 0

    def batches() -> Iterator[torch.Tensor]:
        nonlocal drawn
        for row in range(NUM):
            drawn += 1
            yield torch.tensor([row])

    for used, _ in enumerate(loaded(folder, names, workers=3).images.batches(batches()), start=1):
        assert drawn <= min(used + AHEAD, NUM)
    assert used == drawn == NUM


def test_no_thread_stays_when_batches_are_left_unused(folder: Path, names: list[str]) -> None:
    before = threading.active_count()
    batches = loaded(folder, names, workers=3).images.batches(torch.arange(NUM).split(2))
    next(batches)
    assert threading.active_count() > before
    del batches
    assert threading.active_count() == before


def test_a_face_that_cannot_be_decoded_is_an_error_of_its_batch(tmp_path: Path) -> None:
    names = list(store(tmp_path, [40] * 4))
    for digit in {name[0] for name in names[2:3]}:
        row = {"sample_id": names[2], "image": b"no image"}
        others = [name for name in names if name[0] == digit and name != names[2]]
        assert not others, "each has a shard of its own"
        write_shard(tmp_path, digit, pa.Table.from_pylist([row], FACES), FACES)
    images = InShards(places_of(tmp_path, names), side_px=40, workers=2)
    batches = images.batches(torch.arange(4).split(1))
    before = threading.active_count()
    assert len([next(batches), next(batches)]) == 2
    with pytest.raises(UnidentifiedImageError):
        next(batches)
    assert threading.active_count() == before


def places_of(folder: Path, names: list[str]) -> Places:
    """The places of faces at which nobody has looked."""
    shards = OpenShards(folder, FACES)
    found = {name: (shard, offset, len(content)) for name, shard, offset, content in locate(shards, set(names))}
    columns = zip(*(found[name] for name in names), strict=True)
    return Places(shards, *(np.array(column, kind) for column, kind in zip(columns, (np.uint16, np.int64, np.uint32), strict=True)))


def test_nothing_is_written(folder: Path, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    list(loaded(folder, names).images.split(8))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before and not list(tmp_path.iterdir())


def test_sets_share_the_memory(folder: Path, names: list[str]) -> None:
    """The first that does not fit is in the shards, and a smaller one after it may still fit."""
    each = 3 * SIDE_PX**2
    memory = MemoryBudget(20 * each)

    def load(some: list[str]) -> FaceSet:
        return load_faces(folder, rows(some), classes=CLASSES, max_px=SIDE_PX, decoding=Decoding(0, memory))

    assert [load(some).is_in_memory for some in (names[:15], names[:6], names[:5], names[:1])] == [True, False, True, False]


GROWTH = """
import sys
from pathlib import Path
import pandas as pd
from mien.core.memory import MemoryBudget
from mien.store.decoding import Decoding
from mien.store.faces import load_faces

def resident():  # without pages of files, which the system drops when it needs memory
    return next(int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))

folder, num_bytes = Path(sys.argv[1]), int(sys.argv[2])
rows = pd.read_csv(folder / "rows.csv", dtype=str)
few = load_faces(folder, rows.head(64), classes=["happy"], max_px=64, decoding=Decoding(2, MemoryBudget(0)))
list(few.images.split(16))  # all that is imported and kept by libraries
before, most = resident(), 0
faces = load_faces(folder, rows, classes=["happy"], max_px=64, decoding=Decoding(2, MemoryBudget(num_bytes)))
for _ in faces.images.split(16):
    most = max(most, resident())
print(most - before)
"""


def grown_bytes(folder: Path, num_bytes: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(folder), str(num_bytes)], capture_output=True, text=True, check=True, timeout=100
    )
    return int(done.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path) -> None:
    names, decoded = list(store(tmp_path, [64] * 4000)), 4000 * 3 * 64**2
    pd.DataFrame({"sample_id": names, "label": "happy"}).to_csv(tmp_path / "rows.csv", index=False)
    assert grown_bytes(tmp_path, decoded) > 0.9 * decoded
    assert grown_bytes(tmp_path, decoded - 1) < 0.35 * decoded
