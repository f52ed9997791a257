"""Laws that hold for every corruption."""

import numpy as np
import pytest

from mien.config.sections.robustness import ALL
from mien.core import registry
from mien.robustness.corrupting import corrupted, corruption
from mien.robustness.corruption import NUM_STRENGTHS, OWN, PUBLISHED, Face
from tests.robustness.pictures import LANDMARKS, drawn, face, psnr_db

NAMES = registry.names("mien.robustness.corruptions")
DRAWN = {"gaussian_noise", "motion_blur", "rotation"}
every = pytest.mark.parametrize("name", NAMES)


def test_the_default_is_every_corruption_once() -> None:
    assert sorted(ALL) == NAMES and len(set(ALL)) == len(ALL)
    assert len({corruption(name).title for name in NAMES}) == len(NAMES)


@every
def test_five_amounts_go_in_one_direction_and_say_where_they_are_from(name: str) -> None:
    own = corruption(name)
    steps = np.diff(own.amounts)
    assert len(own.amounts) == NUM_STRENGTHS and ((steps > 0).all() or (steps < 0).all())
    assert own.source in (PUBLISHED, OWN) and own.title and own.amount


def test_the_published_amounts_are_those_of_the_authors_for_64_px() -> None:
    blur, motion = ([64 * amount for amount in corruption(name).amounts] for name in ("gaussian_blur", "motion_blur"))
    assert blur == [0.5, 0.75, 1, 1.25, 1.5] and motion == [1, 1.5, 2, 2.5, 3]
    assert corruption("gaussian_noise").amounts == (0.04, 0.08, 0.12, 0.15, 0.18)
    assert corruption("jpeg").amounts == (65, 58, 50, 40, 25)
    assert corruption("low_contrast").amounts == (0.4, 0.3, 0.2, 0.1, 0.05)


@every
def test_strength_0_leaves_the_image(name: str) -> None:
    assert np.array_equal(corrupted(face(), name, 0, seed=1, sample_id="a"), drawn())


@every
@pytest.mark.parametrize("side_px", [1, 2, 31, 48, 131])
def test_shape_and_type_stay_and_the_original_is_not_changed(name: str, side_px: int) -> None:
    own = face(side_px)
    for strength in (1, NUM_STRENGTHS):
        worse = corrupted(own, name, strength, seed=1, sample_id="a")
        assert worse.shape == (side_px, side_px, 3) and worse.dtype == np.uint8
    assert np.array_equal(own.image_SS3, drawn(side_px))


@every
def test_damage_grows_with_the_strength(name: str) -> None:
    shown = [
        np.mean([psnr_db(drawn(number=number), corrupted(face(number=number), name, strength, seed=1, sample_id=str(number)))
                 for number in range(6)])
        for strength in range(1, NUM_STRENGTHS + 1)
    ]  # fmt: skip
    assert (np.diff(shown) < 0).all() and shown[0] < 45, shown


@every
def test_a_grey_image_stays_grey(name: str) -> None:
    for strength in range(1, NUM_STRENGTHS + 1):
        worse = corrupted(face(grey=True), name, strength, seed=1, sample_id="a")
        assert (worse == worse[..., :1]).all()


@every
def test_a_plain_image_has_nothing_to_lose_but_light_and_noise(name: str) -> None:
    plain = Face(np.full((96, 96, 3), 128, dtype=np.uint8), np.array(LANDMARKS))
    worse = corrupted(plain, name, NUM_STRENGTHS, seed=1, sample_id="a")
    assert (worse == 128).all() == (name not in {"darkness", "gaussian_noise"})


@every
def test_draws_depend_on_seed_corruption_strength_and_image_only(name: str) -> None:
    def make(strength: int = 3, *, seed: int = 1, sample_id: str = "a") -> bytes:
        return corrupted(face(), name, strength, seed=seed, sample_id=sample_id).tobytes()

    first = make()
    corrupted(face(number=1), name, 4, seed=1, sample_id="b")  # what else is drawn in between changes nothing
    assert make() == first
    others = [make(sample_id=str(number)) for number in range(8)]
    assert (len({first, *others}) > 1) == (name in DRAWN)
    assert (len({make(seed=seed) for seed in range(8)}) > 1) == (name in DRAWN)


def test_noise_of_one_strength_is_not_that_of_another_enlarged() -> None:
    plain = face()
    weak, strong = (
        corrupted(plain, "gaussian_noise", strength, seed=1, sample_id="a") - plain.image_SS3.astype(float) for strength in (1, 2)
    )
    assert abs(np.corrcoef(weak.ravel(), strong.ravel())[0, 1]) < 0.05


def test_an_unknown_corruption_is_refused_with_the_choices() -> None:
    with pytest.raises(KeyError, match="gaussian_blur"):
        corrupted(face(), "fog", 1, seed=1, sample_id="a")
