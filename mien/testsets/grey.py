"""Images without their colour, for models that were trained on images without any, as `mien predict` gives them photographs.

Shapes: N images, B of a batch, 3 channels, S×S pixels.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from mien.store.face_images import Images

WEIGHTS = (19595, 38470, 7471)
"""of red, green and blue in 65,536ths: those of ITU-R BT.601 as Pillow rounds them"""


def without_colour(images_B3SS: Tensor) -> Tensor:
    """The images, uint8 RGB, with their luma in each channel: exactly Pillow's conversion to L."""
    weights_311 = torch.tensor(WEIGHTS, dtype=torch.int64)[:, None, None]
    luma_B1SS = ((images_B3SS.long() * weights_311).sum(dim=1, keepdim=True) + 2**15) >> 16
    return luma_B1SS.to(torch.uint8).expand_as(images_B3SS).contiguous()


class Grey:
    """Images whose colour is taken away when they are used (mien.store.face_images.Images)."""

    def __init__(self, images: Images) -> None:
        self._images = images

    @property
    def side_px(self) -> int:
        return self._images.side_px

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, rows: slice | list[int]) -> "Grey":
        return Grey(self._images[rows])

    def batch(self, rows: Tensor) -> Tensor:
        return without_colour(self._images.batch(rows))

    def batches(self, batches: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        return ((rows, without_colour(images_B3SS)) for rows, images_B3SS in self._images.batches(batches))

    def split(self, batch_size: int) -> Iterator[Tensor]:
        return map(without_colour, self._images.split(batch_size))

    def all(self) -> Tensor:
        return without_colour(self._images.all())
