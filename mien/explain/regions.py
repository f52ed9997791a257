"""Face, eyes and mouth as regions of an image, from MTCNN's five landmarks, and the share of a map's heat inside them.

Lengths are in eye distances d (between the pupils, 63 mm in adults; Farkas 1994 gives the others), so that they scale with the face:

    face   ellipse, 1.1 d to each side (faces are about 137 mm wide), from 1.1 d above the eyes (hairline) to 1.86 d below (chin)
    eyes   an ellipse each, 0.4 d to each side, from 0.45 d above the pupil (includes the brow) to 0.25 d below (includes the lower lid)
    mouth  ellipse, 0.7 of its width to each side (at least 0.4 d), from 0.3 d above its corners to 0.5 d below (the lip of a dropped jaw)

"Below" is the direction from the midpoint of the eyes to the midpoint of the mouth corners, so a tilted face has tilted regions. If the
head is turned aside, the eyes are closer together in the image; d is then the distance of these midpoints divided by 1.1, their distance in
a frontal face. The face region contains the eyes and the mouth completely. All regions end at the border of the image. Chance, the share of
the heat that a uniform map has in a region, is the region's share of the image area.

    region_masks(landmarks_N10, side_px_stored, side_px)      {"face" | "eyes" | "mouth": bool Tensor N×S×S}
    heat_share(maps_NSS, mask_NSS), area_share(mask_NSS)      float64 arrays N, NaN where there is no region (or no heat)
    region_heat(maps_Nhw, landmarks_N10, side_px_stored=…)    {region: (heat_N, area_N)} of maps on the network's grid, in little memory

Shapes: N images, S×S pixels, h×w grid of the network.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from mien.explain.gradcam import upsampled

REGIONS: Final = ("face", "eyes", "mouth")
SIDE_PX = 96
_EYES_TO_MOUTH = 1.1  # in a frontal face, in eye distances
_CHUNK = 64  # images at a time, which bounds memory

Points = Tensor
"""x and y, N×2, pixels."""


def region_masks(landmarks_N10: ArrayLike, side_px_stored: ArrayLike, side_px: int, *, size: float = 1.0) -> dict[str, Tensor]:
    """Return which pixels of square images with side `side_px` are in each region: bool N×S×S by name (REGIONS).

    `landmarks_N10` has x, y of left eye, right eye, nose, left and right mouth corner in a square with side `side_px_stored` (one side, or
    N). They are NaN for an image without landmarks, which has no pixel in any region. Each ellipse is enlarged about its centre by `size`.
    """
    landmarks_N10 = np.asarray(landmarks_N10, dtype=np.float64)
    assert landmarks_N10.ndim == 2 and landmarks_N10.shape[1] == 10, landmarks_N10.shape
    sides_N = np.broadcast_to(np.asarray(side_px_stored, dtype=np.float64), len(landmarks_N10))
    points_N52 = torch.from_numpy(landmarks_N10 * (side_px / sides_N)[:, None]).reshape(-1, 5, 2)
    left_N2, right_N2, _, left_mouth_N2, right_mouth_N2 = points_N52.unbind(1)
    eyes_N2, mouth_N2 = (left_N2 + right_N2) / 2, (left_mouth_N2 + right_mouth_N2) / 2
    way_N1 = (mouth_N2 - eyes_N2).norm(dim=1, keepdim=True)
    down_N2 = (mouth_N2 - eyes_N2) / way_N1
    unit_N1 = torch.maximum((right_N2 - left_N2).norm(dim=1, keepdim=True), way_N1 / _EYES_TO_MOUTH)
    smile_N1 = (right_mouth_N2 - left_mouth_N2).norm(dim=1, keepdim=True)

    def ellipse(point_N2: Points, *, side_N1: Tensor, above: float, below: float) -> Tensor:
        centre_N2 = point_N2 + down_N2 * unit_N1 * (below - above) / 2
        return _ellipse(centre_N2, down_N2, across_N1=size * side_N1, along_N1=size * unit_N1 * (above + below) / 2, side_px=side_px)

    left_eye, right_eye = (ellipse(eye_N2, side_N1=0.4 * unit_N1, above=0.45, below=0.25) for eye_N2 in (left_N2, right_N2))
    eyes = left_eye | right_eye
    mouth = ellipse(mouth_N2, side_N1=torch.maximum(0.7 * smile_N1, 0.4 * unit_N1), above=0.3, below=0.5)
    face = ellipse(eyes_N2, side_N1=1.1 * unit_N1, above=1.1, below=1.86)
    return {"face": face | eyes | mouth, "eyes": eyes, "mouth": mouth}


def heat_share(maps_NSS: Tensor, mask_NSS: Tensor) -> NDArray[np.float64]:
    """Return the share of each map's sum that is in its region, 0 to 1, float64 N; NaN for an empty map and for an empty region."""
    assert maps_NSS.shape == mask_NSS.shape, (maps_NSS.shape, mask_NSS.shape)
    inside_N = torch.where(mask_NSS, maps_NSS, 0).sum(dim=(1, 2), dtype=torch.float64)
    share_N = inside_N / maps_NSS.sum(dim=(1, 2), dtype=torch.float64)  # 0 / 0 is NaN
    return torch.where(mask_NSS.any(dim=2).any(dim=1), share_N, torch.nan).numpy()


def area_share(mask_NSS: Tensor) -> NDArray[np.float64]:
    """Return the share of the image that each region covers, 0 to 1, float64 N; NaN for an empty region."""
    share_N = mask_NSS.double().mean(dim=(1, 2))
    return torch.where(share_N > 0, share_N, torch.nan).numpy()


def region_heat(
    maps_Nhw: Tensor, landmarks_N10: ArrayLike, *, side_px_stored: ArrayLike, side_px: int = SIDE_PX
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return by region the share of the heat in it and its share of the image (float64 N each), for maps upsampled to side `side_px`.

    The heat is NaN on a grid of one cell, which does not distinguish regions.
    """
    landmarks_N10 = np.asarray(landmarks_N10, dtype=np.float64)
    sides_N = np.broadcast_to(np.asarray(side_px_stored, dtype=np.float64), len(landmarks_N10))
    found: dict[str, tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]] = {name: ([], []) for name in REGIONS}
    for start in range(0, len(landmarks_N10), _CHUNK):
        own = slice(start, start + _CHUNK)
        maps_NSS = upsampled(maps_Nhw[own], side_px)
        for name, mask_NSS in region_masks(landmarks_N10[own], sides_N[own], side_px).items():
            found[name][0].append(heat_share(maps_NSS, mask_NSS) if maps_Nhw.shape[1:].numel() > 1 else np.full(len(maps_NSS), np.nan))
            found[name][1].append(area_share(mask_NSS))
    return {name: (np.concatenate(heat), np.concatenate(area)) for name, (heat, area) in found.items()}


def _ellipse(centre_N2: Points, down_N2: Points, *, across_N1: Tensor, along_N1: Tensor, side_px: int) -> Tensor:
    """The pixels whose centre is inside an ellipse with one axis along `down`, N×S×S; no pixels if any value is NaN."""
    middles_S = torch.arange(side_px, dtype=torch.float64) + 0.5
    x_N1S = middles_S[None, None, :] - centre_N2[:, :1, None]
    y_NS1 = middles_S[None, :, None] - centre_N2[:, 1:, None]
    down_x, down_y = down_N2[:, :1, None], down_N2[:, 1:, None]
    along_NSS = (x_N1S * down_x + y_NS1 * down_y) / along_N1[:, :, None]
    across_NSS = (x_N1S * down_y - y_NS1 * down_x) / across_N1[:, :, None]
    return along_NSS.square() + across_NSS.square() <= 1
