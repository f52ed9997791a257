import numpy as np
import torch
from PIL import Image

from mien.store.face_images import InMemory
from mien.testsets.grey import Grey, without_colour

IMAGES_N3SS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 3, 40, 40), dtype=np.uint8))


def test_colour_is_taken_away_as_pillow_does_it() -> None:
    expected = [np.asarray(Image.fromarray(each.permute(1, 2, 0).numpy()).convert("L").convert("RGB")) for each in IMAGES_N3SS]
    assert np.array_equal(without_colour(IMAGES_N3SS).permute(0, 2, 3, 1).numpy(), np.stack(expected))
    grey = without_colour(IMAGES_N3SS)
    assert torch.equal(without_colour(grey), grey), "grey stays as it is"


def test_every_way_to_the_images_gives_them_without_colour() -> None:
    grey, rows = Grey(InMemory(IMAGES_N3SS)), torch.tensor([3, 1])
    expected = without_colour(IMAGES_N3SS)
    assert (len(grey), grey.side_px) == (5, 40)
    assert torch.equal(grey.all(), expected) and torch.equal(torch.cat([*grey.split(2)]), expected)
    assert torch.equal(grey.batch(rows), expected[rows]) and torch.equal(grey[1:3].all(), expected[1:3])
    assert [torch.equal(images, expected[own]) for own, images in grey.batches([rows, rows[:1]])] == [True, True]
