"""The indexed search finds what the exhaustive search finds, and nothing else."""

import sys
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

from mien.config.sections.dedup import DedupParams
from mien.convert.decoding import Undecodable, decode
from mien.dedup import same_picture
from mien.dedup.arrays import Pairs, Pictures
from mien.dedup.discriminant import MIRRORING, Discriminant
from mien.dedup.index import Index
from mien.dedup.same_picture import near_pairs
from tests.dedup.scenes import SIDE_PX, crop, pictures, scene
from tests.drawn import Drawn

Side = NDArray[np.uint8]


def search(thumbnails: list[Side], how: str, *, workers: int = 1) -> Pairs:
    return near_pairs(pictures(thumbnails), **DedupParams().model_dump() | {"search": how}, workers=workers)


def keys(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True))


def thumb(image: Image.Image, *, down: float = 0, right: float = 0, share: float = 1) -> Side:
    """The middle of a square image, or a part of it `down` and `right` of the middle, in shares of the side."""
    side = 0.85 * image.width
    top, left = ((image.width - share * side) / 2 + shift * side for shift in (down, right))
    return np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX, box=(left, top, left + share * side, top + share * side)))


COPIES: dict[str, Callable[[Image.Image], Side]] = {
    "shifted": lambda image: thumb(image, down=0.05, right=-0.04),
    "zoomed": lambda image: thumb(image, share=0.93),
    "recompressed": lambda image: thumb(image.resize((60, 60)).resize(image.size)),
    "mirrored": lambda image: thumb(image, right=0.02)[:, ::-1].copy(),
}


@pytest.fixture(scope="module")
def planted(drawn: Drawn) -> tuple[list[Side], dict[tuple[int, int], str]]:
    """Drawn faces, then a copy of every third of them, in a random order; with the kind of each planted pair."""
    faces: dict[str, Image.Image] = {}
    for file, content in drawn:
        try:
            if file.origin:
                faces.setdefault(file.origin, decode(content, max_megapixels=1).image.convert("L").resize((160, 160)))
        except Undecodable:
            continue
    images = list(faces.values())
    originals = range(0, len(images), 3)
    kinds = [list(COPIES)[number % len(COPIES)] for number in range(len(originals))]
    thumbnails = [thumb(image) for image in images]
    thumbnails += [COPIES[kind](images[number]) for number, kind in zip(originals, kinds, strict=True)]
    place = np.argsort(np.random.default_rng(3).permutation(len(thumbnails)))
    pairs = {
        (int(min(place[one], place[other])), int(max(place[one], place[other]))): kind
        for one, other, kind in zip(originals, range(len(images), len(thumbnails)), kinds, strict=True)
    }
    ordered = [thumbnails[number] for number in np.argsort(place)]
    return ordered, pairs


def test_planted_copies_are_found_as_by_the_exhaustive_search(planted: tuple[list[Side], dict[tuple[int, int], str]]) -> None:
    thumbnails, pairs = planted
    exhaustive, indexed = search(thumbnails, "exhaustive"), search(thumbnails, "indexed")
    assert len(thumbnails) > 500
    for kind in COPIES:
        expected = {pair for pair in keys(exhaustive) if pairs.get(pair) == kind}
        assert len(expected) >= 30 and len(expected & keys(indexed)) >= 0.98 * len(expected), kind
    place = {pair: row for row, pair in enumerate(zip(exhaustive.i.tolist(), exhaustive.j.tolist(), strict=True))}
    rows = np.array([place[pair] for pair in zip(indexed.i.tolist(), indexed.j.tolist(), strict=True)])
    for field in fields(Pairs):
        assert np.array_equal(getattr(indexed, field.name), getattr(exhaustive, field.name)[rows]), field.name


@pytest.mark.parametrize("num", [0, 1, 2, 3, 70])
def test_few_pictures(num: int) -> None:
    wholes = [scene(seed) for seed in range(num // 2 + 1)]
    thumbnails = [crop(whole, shift, -shift) for whole in wholes for shift in (0, 2)][:num]
    nothing = np.empty((0, SIDE_PX, SIDE_PX), np.uint8)
    none = np.empty(0, np.uint64)
    if num:
        assert (
            keys(search(thumbnails, "indexed")) == keys(search(thumbnails, "exhaustive")) == {(at, at + 1) for at in range(0, num - 1, 2)}
        )
    else:
        empty = Pictures(nothing, none, none, np.empty(0, np.bool_), np.empty(0, np.int64))
        for how in ("indexed", "exhaustive"):
            assert len(near_pairs(empty, **DedupParams().model_dump() | {"search": how}).i) == 0


def test_pictures_without_texture_pair_with_nothing() -> None:
    blank = [np.full((SIDE_PX, SIDE_PX), level, np.uint8) for level in (0, 128, 129)]
    assert keys(search(blank, "indexed")) == set()
    assert keys(search([blank[0], crop(scene(1)), blank[1], crop(scene(1), 2, 1), blank[2]], "indexed")) == {(1, 3)}


@pytest.mark.parametrize("num", [1, 5, 41, 1000])
def test_few_descriptors_give_the_exact_neighbours(num: int) -> None:
    """All lists are searched while there are few; there are never more lists than descriptors."""
    descriptors = np.random.default_rng(num).normal(size=(num, 64)).astype(np.float32)
    nearest = Index.of(descriptors).nearest(descriptors, 10)
    squares = ((descriptors[:, None] - descriptors) ** 2).sum(2)
    assert (nearest[:, : min(num, 10)] == np.argsort(squares, axis=1)[:, :10]).all()
    assert (nearest[:, num:] == -1).all()


def test_many_descriptors_have_their_nearest_neighbour() -> None:
    generator = np.random.default_rng(0)
    descriptors = generator.normal(size=(20_000, 64)).astype(np.float32)
    queries = descriptors[::40] + generator.normal(0, 0.3, size=(500, 64)).astype(np.float32)
    assert (Index.of(descriptors).nearest(queries, 1)[:, 0] == np.arange(0, 20_000, 40)).mean() > 0.95


def test_a_mirror_image_has_the_mirrored_descriptor_and_a_copy_a_near_one() -> None:
    wholes = [scene(seed) for seed in range(60)]
    thumbnails = np.stack([crop(whole) for whole in wholes])
    learned = Discriminant.learned(thumbnails, np.arange(len(thumbnails)), max_shift=0.125)
    descriptors, mirrored = learned.describe(thumbnails), learned.describe(thumbnails[:, :, ::-1])
    assert mirrored == pytest.approx(descriptors * MIRRORING, abs=1e-3 * float(np.abs(descriptors).max()))
    shifted = learned.describe(np.stack([crop(whole, 3, -2, 46) for whole in wholes]))
    squares = ((shifted[:, None] - descriptors) ** 2).sum(2)
    assert (squares.argmin(1) == np.arange(len(wholes))).mean() > 0.95


@pytest.mark.parametrize("how", ["indexed", "exhaustive"])
def test_the_number_of_threads_changes_no_byte(planted: tuple[list[Side], dict[tuple[int, int], str]], how: str) -> None:
    thumbnails = planted[0][:200]
    found = []
    for workers in (1, 3):
        with threadpool_limits(workers):
            found.append(search(thumbnails, how, workers=workers))
    for field in fields(Pairs):
        assert getattr(found[0], field.name).tobytes() == getattr(found[1], field.name).tobytes(), field.name


def test_auto_uses_the_index_for_many_pictures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAISS takes time to import and is not imported for a few pictures."""
    thumbnails = [crop(scene(seed)) for seed in range(4)]
    monkeypatch.setitem(sys.modules, "faiss", None)
    search(thumbnails, "exhaustive")
    search(thumbnails, "auto")
    with pytest.raises(ImportError):
        search(thumbnails, "indexed")
    monkeypatch.setattr(same_picture, "EXHAUSTIVE_UP_TO", 3)
    with pytest.raises(ImportError):
        search(thumbnails, "auto")
