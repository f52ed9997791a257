"""A zip archive of many small faces, made of a few real ones, with planted duplicates of known kinds and a few broken files.

The pictures are those of `pairs.crowd`: blends of real ones, and shifted, zoomed, recompressed and mirrored copies of some of them. Half
are stored as PNG, half as JPEG. Beyond these, some files have the bytes of another one, and some are cut short. Folders give split and
label.
"""

import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pairs.crowd import Crowd, crowd

CLASSES: Final = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
BLOCK: Final = 20_000
"""Files that are made at once, which bounds the memory. Copies and originals lie in one block."""
COPIES, EXACT, BROKEN = 0.05, 0.01, 0.001
OTHER_LABEL, TEST = 0.1, 0.15
"""The shares of planted copies that have another label than their original, and of the files in the test split."""


def write_archive(path: Path, real_MSS: NDArray[np.uint8], num: int, *, seed: int = 0) -> Counter[str]:
    """Writes `num` files, and returns how many of them are of each kind: original, exact, broken and the kinds of `pairs.crowd`."""
    kinds = Counter[str]()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for start in range(0, num, BLOCK):
            size = min(BLOCK, num - start)
            rng = np.random.default_rng([seed, start])
            num_exact = round(EXACT * size)
            shown = crowd(real_MSS, size - num_exact, share=COPIES, seed=seed + start)
            names = _names(shown, rng)
            contents = [_encoded(one, as_png=bool(number % 2)) for number, one in enumerate(shown.thumbnail_NSS)]
            kinds.update(["original"] * (len(contents) - len(shown.kind_P)) + shown.kind_P.tolist())
            for number in rng.choice(len(contents), num_exact, replace=False).tolist():
                contents.append(contents[number])
                names.append(names[number])
            for number in rng.choice(len(contents), round(BROKEN * size), replace=False).tolist():
                contents[number] = contents[number][: len(contents[number]) // 2]
            kinds.update(exact=num_exact, broken=round(BROKEN * size))
            for number, (name, content) in enumerate(zip(names, contents, strict=True)):
                suffix = "png" if content[:1] == b"\x89" else "jpg"
                archive.writestr(f"{name}/{start + number:08d}.{suffix}", content)
    return kinds


def _names(shown: Crowd, rng: np.random.Generator) -> list[str]:
    """The folder of each picture; a copy is in that of its original, or now and then in that of another label."""
    num = len(shown.thumbnail_NSS)
    label_N = rng.integers(0, len(CLASSES), num)
    is_test_N = rng.random(num) < TEST
    copied_P = np.where(rng.random(len(shown.copy_P)) < OTHER_LABEL, label_N[shown.copy_P], label_N[shown.original_P])
    label_N[shown.copy_P] = copied_P
    return [f"{'test' if is_test else 'train'}/{CLASSES[label]}" for label, is_test in zip(label_N, is_test_N, strict=True)]


def _encoded(pixels_SS: NDArray[np.uint8], *, as_png: bool) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(pixels_SS)
    if as_png:
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, "JPEG", quality=92)
    return file.getvalue()
