"""Registration of pairs of images: finds the affine map that aligns the texture of one image with that of the other.

A search over shifts and zooms leaves an error of up to a pixel and several degrees between two copies of one picture, enough to hide where
two images really differ. Gauss-Newton on the squared difference of texture removes this error. It is the inverse compositional form of the
Lucas-Kanade algorithm (Baker and Matthews, "Lucas-Kanade 20 years on", 2004, section 3.2), whose matrices are computed once per pair.

Shapes: P pairs, S side. A map contains a matrix and a shift, (P, 2, 3): v = matrix · u + shift, from pixels u of the fixed image to pixels
v of the moving image, each as (down, right) from the middle of its image.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS: Final = 4
# As a share of the mean of the normal matrix's diagonal. Images with only a few straight edges do not determine every parameter of the map;
# damping keeps their iterations from diverging.
_DAMPING: Final = 0.01


def shift_and_zoom(down_P: NDArray[np.float32], right_P: NDArray[np.float32], zoom_P: NDArray[np.float32]) -> NDArray[np.float32]:
    """The maps of a shift, in pixels of the moving image, and a zoom of the moving relative to the fixed image, (P, 2, 3)."""
    maps_P23 = np.zeros((len(zoom_P), 2, 3), np.float32)
    maps_P23[:, 0, 0] = maps_P23[:, 1, 1] = zoom_P
    maps_P23[:, 0, 2], maps_P23[:, 1, 2] = down_P, right_P
    return maps_P23


def brighter_first(
    left_PSS: NDArray[np.uint8], right_PSS: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """The brighter image of each pair, the other image, and whether the two were swapped, (P,).

    Registration treats the fixed and the moving image differently. Because the brighter one is always the fixed one, the order of the two
    images does not matter; for mirrored pairs, either order gives the same pair or its mirror image.
    """
    left, right = left_PSS.astype(np.float32), right_PSS.astype(np.float32)
    # Sums of squares are compared, because copies often have the same sum. The sums are exact, so that mirroring does not change them.
    swapped_P = (right.astype(np.float64) ** 2).sum((1, 2)) > (left.astype(np.float64) ** 2).sum((1, 2))
    where = swapped_P[:, None, None]
    return np.where(where, right, left), np.where(where, left, right), swapped_P


def swapped(maps_P23: NDArray[np.float32], swapped_P: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The maps, inverted where the images of the pair are swapped, (P, 2, 3)."""
    inverse_P22 = np.linalg.inv(maps_P23[:, :, :2])
    inverse_P23 = np.concatenate([inverse_P22, -inverse_P22 @ maps_P23[:, :, 2:]], axis=2)
    return np.where(swapped_P[:, None, None], inverse_P23, maps_P23)


def moved(pictures_PSS: NDArray[np.float32], maps_P23: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The moving images resampled linearly on the pixels of the fixed images, and a mask of the pixels they cover, both (P, S, S)."""
    num, side, _ = pictures_PSS.shape
    middle = np.float32((side - 1) / 2)
    u = np.arange(side, dtype=np.float32) - middle
    v_P2SS = maps_P23[:, :, 0, None, None] * u[:, None] + (maps_P23[:, :, 1, None, None] * u + (maps_P23[:, :, 2, None, None] + middle))
    covered_PSS = ((v_P2SS >= 0) & (v_P2SS <= side - 1)).all(1)
    np.clip(v_P2SS, 0, side - 1.001, out=v_P2SS)
    corner_P2SS = v_P2SS.astype(np.int32)
    v_P2SS -= corner_P2SS
    first_PSS = corner_P2SS[:, 0] * side + corner_P2SS[:, 1] + (np.arange(num) * side * side)[:, None, None]  # as `take` wants them
    pixels = pictures_PSS.reshape(-1)
    down_PSS, right_PSS = v_P2SS[:, 0], v_P2SS[:, 1]
    rows = []
    for offset in (0, side):
        left_PSS = pixels.take(first_PSS + offset)
        rows.append(left_PSS + right_PSS * (pixels.take(first_PSS + (offset + 1)) - left_PSS))
    return rows[0] + down_PSS * (rows[1] - rows[0]), covered_PSS


def registered(
    fixed_PSS: NDArray[np.float32],
    moving_PSS: NDArray[np.float32],
    start_P23: NDArray[np.float32],
    moved_at_start: tuple[NDArray[np.float32], NDArray[np.bool_]] | None = None,
) -> NDArray[np.float32]:
    """The maps that align the moving textures with the fixed ones, after STEPS iterations from `start`, (P, 2, 3).

    `moved_at_start` is moved(moving_PSS, start_P23), if it is known.
    """
    num, side, _ = fixed_PSS.shape
    half = np.float32((side - 1) / 2)
    u = (np.arange(side, dtype=np.float32) - half) / half  # scaled like the shift, so that one damping suits all six parameters
    maps_P23 = start_P23.copy()
    image_PSS, covered_PSS = moved_at_start or moved(moving_PSS, maps_P23)
    slopes_2PSS = np.gradient(fixed_PSS, axis=(1, 2))
    jacobian_P6G = np.stack([slope * factor for slope in slopes_2PSS for factor in (u[:, None], u, np.float32(1))], axis=1)
    jacobian_P6G = (jacobian_P6G * covered_PSS[:, None]).reshape(num, 6, side * side)
    normal_P66 = jacobian_P6G @ jacobian_P6G.transpose(0, 2, 1)
    damping_P = _DAMPING * np.trace(normal_P66, axis1=1, axis2=2) / 6 + 1e-3
    inverse_P66 = np.linalg.inv(normal_P66 + damping_P[:, None, None] * np.eye(6, dtype=np.float32))
    for step in range(STEPS):
        if step:
            image_PSS, covered_PSS = moved(moving_PSS, maps_P23)
        error_PG1 = ((image_PSS - fixed_PSS) * covered_PSS).reshape(num, side * side, 1)
        change_P23 = (inverse_P66 @ (jacobian_P6G @ error_PG1)).reshape(num, 2, 3)
        np.clip(change_P23, -1.5, 1.5, out=change_P23)
        change_P23[:, :, :2] /= half
        # Compose the map with the inverse of the change.
        matrix_P22 = maps_P23[:, :, :2] @ np.linalg.inv(change_P23[:, :, :2] + np.eye(2, dtype=np.float32))
        maps_P23[:, :, 2:] -= matrix_P22 @ change_P23[:, :, 2:]
        maps_P23[:, :, :2] = matrix_P22
    return maps_P23
