"""Proposing and confirming: what is the same photograph pairs, whatever was done to it; what is another never does."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mien.config.sections.dedup import DedupParams
from mien.dedup.arrays import Pairs
from mien.dedup.coarse import Candidates
from mien.dedup.hamming import Found, by_faiss, by_numpy, close_pairs
from mien.dedup.likeness import compare
from mien.dedup.same_picture import DISPUTED_MARGIN, MIRRORED_MARGIN, near_pairs
from mien.dedup.texture import Spectra, correlate, texture
from mien.dedup.views import HYPOTHESES, view_hashes
from tests.dedup.scenes import SIDE_PX, crop, exposure, pictures, scene

REACH = round(DedupParams().max_shift * SIDE_PX)
UNRELATED = [crop(scene(seed)) for seed in range(100, 130)]


def search(thumbnails: list[NDArray[np.uint8]], *, labels: list[int] | None = None, workers: int = 1, mirrored: bool = True) -> Pairs:
    values = DedupParams().model_dump() | {"mirrored": mirrored}
    return near_pairs(pictures(thumbnails, labels), **values, workers=workers)


def found(thumbnails: list[NDArray[np.uint8]]) -> set[tuple[int, int, bool]]:
    """Pairs of one picture; there must be none of one scene."""
    pairs = search(thumbnails)
    assert pairs.same.all()
    return set(zip(pairs.i.tolist(), pairs.j.tolist(), pairs.mirrored.tolist(), strict=True))


@pytest.mark.parametrize("by", [by_numpy, by_faiss])
@pytest.mark.parametrize(("num", "distance"), [(1, 64), (2, 64), (300, 24), (300, 0), (8300, 16)])
def test_hash_search_equals_brute_force(num: int, distance: int, by: Callable[..., Iterator[Found]]) -> None:
    generator = np.random.default_rng(num)
    left, right = (generator.integers(0, 2**64, num, dtype=np.uint64) for _ in range(2))
    right[num // 2 :] = left[: num - num // 2]
    i, j, bits = (np.concatenate(parts) for parts in zip(*by(left, right, distance), strict=True))
    expected = {
        (one, int(other)) for one in range(num) for other in np.flatnonzero(np.bitwise_count(left[one] ^ right) <= distance) if one < other
    }
    assert {*zip(i.tolist(), j.tolist(), strict=True)} == expected and len(i) == len(expected)
    assert (bits == np.bitwise_count(left[i] ^ right[j])).all()
    assert num < 300 or len(i)


def test_no_pictures_no_pairs() -> None:
    nothing = np.empty(0, np.uint64)
    assert [len(part) for part in close_pairs(nothing, nothing, distance=64)] == [0, 0, 0]
    assert len(search([UNRELATED[0]]).i) == 0


def test_correlation_is_that_of_the_overlap_at_the_best_shift() -> None:
    textures = texture(np.stack([crop(scene(1)), crop(scene(1), 3, -2), crop(scene(2))]).astype(np.float32))
    spectra = Spectra.of(textures, reach=REACH)
    i, j = np.array([0, 1, 0, 2]), np.array([1, 0, 2, 1])

    def directly(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, int, int]:
        best = (-1.0, 0, 0)
        for down in range(-REACH, REACH + 1):
            for right in range(-REACH, REACH + 1):
                rows, columns = slice(max(0, -down), SIDE_PX - max(0, down)), slice(max(0, -right), SIDE_PX - max(0, right))
                moved = other[rows.start + down : rows.stop + down, columns.start + right : columns.stop + right]
                best = max(best, (float(np.corrcoef(one[rows, columns].ravel(), moved.ravel())[0, 1]), down, right))
        return best

    peaks = correlate(spectra, spectra, i, j)
    correlation, down, right = zip(*(directly(textures[a], textures[b]) for a, b in zip(i, j, strict=True)), strict=True)
    assert peaks.correlation == pytest.approx(correlation, abs=1e-4)
    assert peaks.down.tolist() == list(down) and peaks.right.tolist() == list(right)
    assert (down[0], right[0]) == (-3, 2), "what lies at y in the left picture lies at y + down in the right one"


def test_texture_is_blind_to_brightness() -> None:
    grey = crop(scene(3)).astype(np.float32)[None]
    assert texture(grey + 40) == pytest.approx(texture(grey), abs=1e-3)


def test_mirrored_hashes_are_those_of_the_mirror_images() -> None:
    thumbnails = np.stack(UNRELATED)
    plain, mirrored = view_hashes(thumbnails, max_shift=0.125)
    plain_of_mirror, mirrored_of_mirror = view_hashes(thumbnails[:, :, ::-1].copy(), max_shift=0.125)
    assert (plain == mirrored_of_mirror).all() and (mirrored == plain_of_mirror).all()


def test_hypotheses_read_the_same_from_either_side() -> None:
    assert {(one.left, one.right, one.zoom) for one in HYPOTHESES} == {(one.right, one.left, -one.zoom) for one in HYPOTHESES}


@pytest.mark.parametrize("shift", range(1, REACH + 1))
def test_a_picture_and_its_shifted_copy_pair(shift: int) -> None:
    whole = scene(4)
    for down, right in ((shift, 0), (0, -shift)):
        assert found([crop(whole), *UNRELATED, crop(whole, down, right)]) == {(0, 1 + len(UNRELATED), False)}


def test_a_shift_far_beyond_the_largest_does_not_pair() -> None:
    whole = scene(4)
    assert found([crop(whole), crop(whole, 0, 3 * REACH)]) == set()


@pytest.mark.parametrize("zoom", [0.88, 0.94, 1.06, 1.12])
def test_a_closer_crop_pairs(zoom: float) -> None:
    whole = scene(5)
    assert found([crop(whole), *UNRELATED, crop(whole, 1, 2, SIDE_PX * zoom)]) == {(0, 1 + len(UNRELATED), False)}


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0), (0.5, 100), (0.8, 20)])
def test_brightness_and_contrast_do_not_matter(gain: float, offset: float) -> None:
    whole = scene(6)
    other = (crop(whole, 2, 1) * gain + offset).round().astype(np.uint8)
    assert found([crop(whole), *UNRELATED, other]) == {(0, 1 + len(UNRELATED), False)}


def test_a_picture_and_its_mirrored_copy_pair_as_mirrored() -> None:
    whole = scene(7)
    mirror = crop(whole, 2, 3)[:, ::-1].copy()
    assert found([crop(whole), *UNRELATED, mirror]) == {(0, 1 + len(UNRELATED), True)}
    assert len(search([crop(whole), mirror], mirrored=False).i) == 0


def test_a_symmetric_picture_and_its_copy_are_upright_twins() -> None:
    half = crop(scene(8))[:, : SIDE_PX // 2]
    whole = np.hstack([half, half[:, ::-1]])
    assert found([whole, np.roll(whole, 2, axis=0)]) == {(0, 1, False)}


def test_different_pictures_in_one_frame_with_one_caption_do_not_pair() -> None:
    framed = [one.copy() for one in UNRELATED]
    caption = np.asarray(Image.fromarray(scene(9)).resize((SIDE_PX, 6)))
    for one in framed:
        one[:3] = one[:, :3] = one[:, -3:] = 0
        one[-6:] = caption
    assert found(framed) == set()


@pytest.mark.parametrize("num", [0, 1, 200])
def test_proposed_pairs_may_all_be_different(num: int) -> None:
    thumbnails = np.stack(UNRELATED)
    i, j = np.triu_indices(len(UNRELATED), 1)
    maps = np.tile(np.eye(2, 3, dtype=np.float32), (num, 1, 1))
    proposed = Candidates(i[:num], j[:num], np.zeros(num, np.int64), maps)
    with ThreadPoolExecutor(1) as pool:
        alike = compare(thumbnails, thumbnails, proposed, least_correlation=0.7, pool=pool)
    assert len(alike.correlation) == num and (alike.correlation < 0.7).all() and (alike.agreement == -1).all()


def test_blank_pictures_pair_with_nothing() -> None:
    generator = np.random.default_rng(0)
    slope = np.linspace(60, 180, SIDE_PX).astype(np.uint8)
    flat = [np.full((SIDE_PX, SIDE_PX), level, np.uint8) for level in (0, 128, 129)]
    noisy = [np.uint8(128) + generator.integers(0, 2, (SIDE_PX, SIDE_PX), dtype=np.uint8) for _ in range(3)]
    assert found([*flat, *noisy, np.tile(slope, (SIDE_PX, 1)), np.tile(slope, (SIDE_PX, 1)) + np.uint8(1), *UNRELATED]) == set()


def test_the_order_of_pictures_and_the_number_of_workers_change_nothing() -> None:
    """Shifts, zooms, mirror images, other tones, and other exposures: each pair is the same, and as alike, from either side."""
    wholes = [scene(seed) for seed in range(20, 30)]
    crops = ((0, 0), (2, -3), (-4, 4), (1, 2, 0.9 * SIDE_PX))
    thumbnails = [crop(whole, *shift) for whole in wholes for shift in crops]
    thumbnails += [crop(whole, 1, 1, size)[:, ::-1].copy() for whole, size in zip(wholes, (48, 45, 50, 48, 46) * 2, strict=True)]
    thumbnails += [(0.6 * crop(whole, 3, 0) + 60).astype(np.uint8) for whole in wholes]
    thumbnails += [exposure(whole) for whole in wholes]
    order = np.random.default_rng(1).permutation(len(thumbnails))
    forward, back = search(thumbnails), search([thumbnails[one] for one in order], workers=3)

    def as_dict(pairs: Pairs, names: NDArray[np.int64]) -> dict[tuple[frozenset[int], bool, bool, int], tuple[float, float]]:
        return {
            (frozenset((int(names[i]), int(names[j]))), bool(mirrored), bool(same), int(distance)): (float(correlation), float(agreement))
            for i, j, mirrored, same, distance, correlation, agreement in zip(
                pairs.i, pairs.j, pairs.mirrored, pairs.same, pairs.distance, pairs.correlation, pairs.agreement, strict=True
            )
        }

    one, other = as_dict(forward, np.arange(len(thumbnails))), as_dict(back, order)
    assert one.keys() == other.keys() and len(one) == len(forward.i)
    for pair, likeness in one.items():
        assert other[pair] == pytest.approx(likeness, abs=5e-4)
    assert len(forward.i) >= 100 and (forward.i < forward.j).all()
    assert forward.mirrored.sum() >= 20 and (~forward.same).sum() >= 10


def test_another_exposure_is_of_the_scene_but_not_the_picture() -> None:
    wholes = [scene(seed) for seed in range(20, 30)]
    thumbnails = [shown for whole in wholes for shown in (crop(whole, 1, 1), exposure(whole))]
    pairs = search([*thumbnails, *UNRELATED])
    assert list(zip(pairs.i, pairs.j, strict=True)) == [(at, at + 1) for at in range(0, 20, 2)]
    assert not pairs.same.any() and not pairs.mirrored.any()
    assert (pairs.correlation >= DedupParams().scene_correlation).all() and (pairs.agreement < DedupParams().min_agreement).all()


def between(least: float, most: float) -> list[NDArray[np.uint8]]:
    """Two exposures that agree by so much: between them, a part of the middle grew ever lighter."""
    first = crop(scene(50))
    for share in np.arange(0.1, 1.01, 0.1):
        second = first.copy()
        part = second[33:37, 16:32]
        part[:] = ((1 - share) * part + share * (part.mean() + 50)).clip(0, 255)
        (agreement,) = search([first, second]).agreement
        if least + 0.01 < agreement < most - 0.01:
            return [first, second]
    raise AssertionError("no such pair")


@pytest.mark.parametrize(
    ("labels", "disputed"), [([3, 3], False), ([-1, 3], False), ([3, -1], False), ([-1, -1], False), ([0, 3], True), ([3, 0], True)]
)
def test_pairs_under_different_labels_need_more_agreement(labels: list[int], disputed: bool) -> None:
    """What is one picture under one label or an unknown one, is a scene under two, and the same picture again if it agrees more."""
    least = DedupParams().min_agreement
    pairs = search(between(least, least + DISPUTED_MARGIN), labels=labels)
    assert least < pairs.agreement[0] < least + DISPUTED_MARGIN and pairs.correlation[0] >= DedupParams().min_correlation
    assert (pairs.disputed.tolist(), pairs.same.tolist()) == ([disputed], [not disputed])
    alike = search(between(least + DISPUTED_MARGIN, 1), labels=labels)
    assert (alike.disputed.tolist(), alike.same.tolist()) == ([disputed], [True])


@pytest.mark.parametrize("labels", [[3, 3], [0, 3]])
def test_a_mirrored_pair_under_different_labels_needs_both_margins(labels: list[int]) -> None:
    """A scene is never mirrored, so that such a pair is nothing."""
    least = DedupParams().min_agreement + MIRRORED_MARGIN
    first, second = between(least, least + DISPUTED_MARGIN)
    pairs = search([first, second[:, ::-1].copy()], labels=labels)
    assert pairs.same.tolist() == pairs.mirrored.tolist() == [True] * (labels[0] == labels[1])


def test_mirrored_pairs_make_no_scene() -> None:
    whole = scene(20)
    assert len(search([crop(whole), exposure(whole)[:, ::-1].copy()]).i) == 0
