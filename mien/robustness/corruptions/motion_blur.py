"""Motion blur: the person or the camera moved while the shutter was open.

As in ImageNet-C (ImageMagick's motion blur), the kernel is one half of a Gaussian along a line, at an angle of at most 45° to the
horizontal in either direction.
"""

import numpy as np
from numpy.typing import NDArray

from mien.robustness.corruption import PUBLISHED, PUBLISHED_PX, Corruption, Face, Pixels, rounded

MAX_ANGLE_DEG = 45
TRUNCATE = 4.0  # standard deviations; the published kernels end at four or more
STEPS_PER_PX = 8  # samples of the line


def smeared(face: Face, sigma: float, draws: np.random.Generator) -> Pixels:
    """Convolved with the half Gaussian of standard deviation `sigma`, a share of the side; the angle is drawn."""
    kernel_HW = line_kernel(sigma * face.side_px, float(draws.uniform(-MAX_ANGLE_DEG, MAX_ANGLE_DEG)))
    reach_px, side_px = kernel_HW.shape[0] // 2, face.side_px
    padded = np.pad(face.image_SS3.astype(np.float64), ((reach_px, reach_px), (reach_px, reach_px), (0, 0)), mode="edge")
    smeared_SS3 = np.zeros(face.image_SS3.shape)
    for row, column in np.argwhere(kernel_HW):  # few pixels of the kernel are not 0, which is faster than any other convolution
        top, left = 2 * reach_px - row, 2 * reach_px - column
        smeared_SS3 += kernel_HW[row, column] * padded[top : top + side_px, left : left + side_px]
    return rounded(smeared_SS3)


def line_kernel(sigma_px: float, angle_deg: float) -> NDArray[np.float64]:
    """The kernel, which sums to 1: half a Gaussian from its centre along the direction of the angle (clockwise, from the right)."""
    reach_px = int(np.ceil(TRUNCATE * sigma_px))
    away_T = np.linspace(0, TRUNCATE * sigma_px, reach_px * STEPS_PER_PX + 1)
    weights_T = np.exp(-((away_T / max(sigma_px, 1e-9)) ** 2) / 2)
    angle = np.deg2rad(angle_deg)
    kernel_HW = np.zeros((2 * reach_px + 1, 2 * reach_px + 1))
    y_T, x_T = reach_px + away_T * np.sin(angle), reach_px + away_T * np.cos(angle)
    top_T, left_T = (np.minimum(np.floor(place_T), 2 * reach_px).astype(np.int64) for place_T in (y_T, x_T))
    for down in (0, 1):  # each sample is shared by the four pixels around it
        for right in (0, 1):
            share_T = np.abs(1 - down - (y_T - top_T)) * np.abs(1 - right - (x_T - left_T)) * weights_T
            place = (np.minimum(top_T + down, 2 * reach_px), np.minimum(left_T + right, 2 * reach_px))
            np.add.at(kernel_HW, place, share_T)
    normed_HW: NDArray[np.float64] = kernel_HW / kernel_HW.sum()
    return normed_HW


CORRUPTION = Corruption(
    title="motion blur",
    amounts=(1 / PUBLISHED_PX, 1.5 / PUBLISHED_PX, 2 / PUBLISHED_PX, 2.5 / PUBLISHED_PX, 3 / PUBLISHED_PX),
    amount="standard deviation along the line, share of the side",
    source=PUBLISHED,
    apply=smeared,
)
