"""Each corruption against an independent implementation, or what it must do to an image."""

import io

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as vision
from PIL import Image
from scipy.ndimage import convolve

from mien.explain.regions import region_masks
from mien.robustness.corrupting import corruption
from mien.robustness.corruption import Face, Pixels
from mien.robustness.corruptions.darkness import to_linear, to_srgb
from mien.robustness.corruptions.motion_blur import line_kernel
from tests.robustness.pictures import LANDMARKS, drawn, face

SIDE_PX = 96


def applied(name: str, amount: float, own: Face | None = None, *, seed: int = 0) -> Pixels:
    return corruption(name).apply(own or face(SIDE_PX), amount, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("name", "amount"),
    [("gaussian_blur", 0.0), ("motion_blur", 0.0), ("gaussian_noise", 0.0), ("darkness", 0), ("low_contrast", 1),
     ("low_resolution", SIDE_PX), ("rotation", 0)],
)  # fmt: skip
def test_the_neutral_amount_changes_nothing(name: str, amount: float) -> None:
    assert np.array_equal(applied(name, amount), drawn(SIDE_PX))


def test_gaussian_blur_is_a_convolution_with_a_gaussian() -> None:
    sigma_px = 1.7
    reach = int(4 * sigma_px + 0.5)
    line = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma_px**2))
    kernel = np.outer(line, line) / line.sum() ** 2
    padded = np.pad(drawn(SIDE_PX).astype(float), ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    weight = torch.from_numpy(kernel).expand(3, 1, -1, -1)
    expected = torch.nn.functional.conv2d(torch.from_numpy(padded).permute(2, 0, 1)[None], weight, groups=3)[0].permute(1, 2, 0).numpy()
    assert np.abs(applied("gaussian_blur", sigma_px / SIDE_PX) - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("name", ["gaussian_blur", "motion_blur", "low_resolution"])
def test_the_same_face_stored_at_twice_the_size_loses_the_same(name: str) -> None:
    small = Image.fromarray(drawn(64)).resize((48, 48), Image.Resampling.LANCZOS)
    large = np.asarray(small.resize((192, 192), Image.Resampling.BICUBIC))
    once = np.asarray(small.resize((96, 96), Image.Resampling.BICUBIC))
    for amount in corruption(name).amounts[2:]:
        worse = [applied(name, amount, Face(image, np.array(LANDMARKS))) for image in (once, large)]
        reduced = np.asarray(Image.fromarray(worse[1]).resize((96, 96), Image.Resampling.BOX)).astype(float)
        lost = np.abs(worse[0].astype(float) - once).mean()
        assert np.abs(reduced - worse[0]).mean() < 0.25 * lost


def test_motion_blur_smears_a_point_along_a_line() -> None:
    point = np.zeros((SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    point[48, 40] = 255
    sigma_px, draws = 3.0, np.random.default_rng(5)
    angle_deg = np.random.default_rng(5).uniform(-45, 45)
    smeared = corruption("motion_blur").apply(Face(point, np.array(LANDMARKS)), sigma_px / SIDE_PX, draws)[..., 0].astype(float)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    down, right = ((smeared * axis).sum() / smeared.sum() - start for axis, start in ((rows, 48), (columns, 40)))
    assert abs(np.degrees(np.arctan2(down, right)) - angle_deg) < 3
    assert abs(np.hypot(down, right) - sigma_px * np.sqrt(2 / np.pi)) < 0.15  # the mean of half a Gaussian


@pytest.mark.parametrize("angle_deg", [-45, -20, 0, 13, 45])
def test_motion_blur_is_a_convolution_with_a_kernel_of_sum_1(angle_deg: float) -> None:
    kernel = line_kernel(2.5, angle_deg)
    assert kernel.sum() == pytest.approx(1) and (kernel >= 0).all()

    class Fixed:
        def uniform(self, low: float, high: float) -> float:
            assert (low, high) == (-45, 45)
            return angle_deg

    worse = corruption("motion_blur").apply(face(SIDE_PX), 2.5 / SIDE_PX, Fixed())  # type: ignore[arg-type]
    expected = convolve(drawn(SIDE_PX).astype(float), kernel[:, :, None], mode="nearest")
    assert np.abs(worse - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("sigma", [0.04, 0.12])
def test_noise_has_the_standard_deviation_and_no_mean(sigma: float) -> None:
    middle = Face(drawn(200) // 4 + 96, np.array(LANDMARKS))  # far enough from black and white
    noise = applied("gaussian_noise", sigma, middle).astype(float) - middle.image_SS3
    assert noise.std() == pytest.approx(255 * sigma, rel=0.02) and abs(noise.mean()) < 255 * sigma * 0.02
    assert np.abs(np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)).max() < 0.02  # channels are independent in a colour image
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("quality", [65, 25])
def test_jpeg_is_what_a_file_of_that_quality_holds(quality: int) -> None:
    file = io.BytesIO()
    Image.fromarray(drawn(SIDE_PX)).save(file, "JPEG", quality=quality)
    assert np.array_equal(applied("jpeg", quality), np.asarray(Image.open(file)))
    luma_of = [Image.fromarray(image).convert("L") for image in (applied("jpeg", quality), drawn(SIDE_PX))]
    step = Image.open(file).quantization[0][1]  # type: ignore[attr-defined]
    assert 0 < np.abs(np.subtract(*(np.asarray(luma, dtype=float) for luma in luma_of))).mean() < 2 * step


def test_darkness_halves_the_light_with_each_stop() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2).repeat(256, axis=1)
    own = Face(ramp, np.array(LANDMARKS))

    def light(level: float) -> float:
        share = level / 255
        return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)

    for stops in (1, 2, 3):
        dark = applied("darkness", stops, own)[:, 0, 0]
        for level in range(40, 256, 5):
            assert light(dark[level] + 0.5) >= light(level) / 2**stops >= light(dark[level] - 0.5)
    once_more = applied("darkness", 1, Face(applied("darkness", 1, own), np.array(LANDMARKS)))
    assert np.abs(once_more.astype(int) - applied("darkness", 2, own)).max() <= 1
    values = np.linspace(0, 1, 1001)
    assert np.allclose(to_srgb(to_linear(values)), values, atol=1e-4)


def test_low_contrast_keeps_the_mean_and_scales_the_differences() -> None:
    before, after = drawn(SIDE_PX).astype(float), applied("low_contrast", 0.3).astype(float)
    assert np.abs(before.mean(axis=(0, 1)) - after.mean(axis=(0, 1))).max() < 0.1
    assert after.std(axis=(0, 1)) == pytest.approx(0.3 * before.std(axis=(0, 1)), rel=0.01)


def test_low_resolution_keeps_the_means_of_blocks_and_nothing_finer() -> None:
    checks = np.indices((SIDE_PX, SIDE_PX)).sum(axis=0) % 2 * 200
    fine = Face(np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8), np.array(LANDMARKS))
    assert (applied("low_resolution", SIDE_PX / 2, fine) == 100).all()
    blocks = drawn(SIDE_PX).astype(float).reshape(12, 8, 12, 8, 3).mean(axis=(1, 3))
    small = np.asarray(Image.fromarray(applied("low_resolution", 12)).resize((12, 12), Image.Resampling.BOX)).astype(float)
    assert np.corrcoef(small.ravel(), blocks.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("angle_deg", [6, 30])
def test_rotation_is_that_of_torchvision_inside_and_has_no_empty_corners(angle_deg: float) -> None:
    bright = Face(drawn(SIDE_PX) // 2 + 100, np.array(LANDMARKS))
    seen = set()
    for seed in range(12):
        turned = applied("rotation", angle_deg, bright, seed=seed)
        assert turned.min() > 60, "the fill of torchvision and Pillow would be black"
        pixels = torch.from_numpy(bright.image_SS3.copy()).permute(2, 0, 1)
        inside = slice(SIDE_PX // 4, -SIDE_PX // 4)
        errors = {}
        for sign in (1, -1):
            expected = vision.rotate(pixels, sign * angle_deg, vision.InterpolationMode.BILINEAR).permute(1, 2, 0).numpy()
            errors[sign] = np.abs(turned[inside, inside].astype(float) - expected[inside, inside]).mean()
        best = min(errors, key=errors.__getitem__)
        assert errors[best] < 2.5 < errors[-best]
        seen.add(best)
    assert seen == {1, -1}


@pytest.mark.parametrize(("name", "region", "points"), [("covered_eyes", "eyes", (0, 1)), ("covered_mouth", "mouth", (3, 4))])
@pytest.mark.parametrize("tilt_deg", [0, 25])
def test_a_cover_hides_its_landmarks_and_leaves_the_rest(name: str, region: str, points: tuple[int, int], tilt_deg: float) -> None:
    sine, cosine = np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    marks = (np.array(LANDMARKS).reshape(5, 2) - 0.5) @ turn.T + 0.5
    own, before = Face(drawn(SIDE_PX), marks.ravel()), np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    mean = np.rint(drawn(SIDE_PX).mean(axis=(0, 1)))
    for amount in corruption(name).amounts:
        worse = applied(name, amount, own)
        covered = (worse == mean).all(axis=2)
        for x, y in marks[list(points)] * SIDE_PX:
            assert covered[int(y), int(x)]
        changed = (worse != own.image_SS3).any(axis=2)
        assert (covered | ~changed).all() and (changed >= before).all()
        before = changed
        if amount == 1:
            mask = region_masks(marks.reshape(1, 10), 1.0, SIDE_PX)[region][0].numpy()
            assert (changed <= mask).all() and covered[mask].all()
    others = [number for number in range(5) if number not in points]
    worse = applied(name, 1.0, own)
    for x, y in marks[others] * SIDE_PX:
        assert (worse[int(y), int(x)] == own.image_SS3[int(y), int(x)]).all()


def test_a_cover_needs_landmarks() -> None:
    assert corruption("covered_eyes").needs_landmarks and corruption("covered_mouth").needs_landmarks
    with pytest.raises(AssertionError):
        applied("covered_eyes", 1.0, face(SIDE_PX, landmarks=False))
