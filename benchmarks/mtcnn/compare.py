"""The face detector beside that of facenet-pytorch, from which its networks are: faces, crops and seconds.

    python -m benchmarks.mtcnn.compare /path/to/photos.zip

Every photograph is reduced to 640 px and searched by both detectors, in turn, on one thread each. Each fifth is also turned three ways.
Faces are compared in their order. Seconds are of processor time and of the photographs as stored.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from benchmarks.mtcnn.reference import ReferenceDetector
from benchmarks.turns import photographs
from mien.align.geometry import Face, choose_face, cut, square_around
from mien.align.mtcnn import SMALLEST_FACE_PX, FaceDetector
from mien.align.turning import TURNS_DEG, Detector, turned
from mien.config.sections.faces import FaceParams

FACES = FaceParams()
SIZE_PX = 96


def crop(image: Image.Image, faces: Sequence[Face]) -> NDArray[np.int16] | None:
    """The pixels that `align` cuts out, None without a face."""
    found = [face for face in faces if face.score >= FACES.min_score]
    if not found:
        return None
    face = choose_face(found, *image.size, choose=FACES.choose)
    return np.asarray(cut(image, square_around(face, margin=FACES.margin), size_px=SIZE_PX), np.int16)


def searched(detector: Detector, image: Image.Image) -> tuple[list[Face], float]:
    """The faces, and seconds of processor time."""
    began_s = time.process_time()
    faces = detector.detect(image)
    return faces, time.process_time() - began_s


@dataclass
class Differences:
    """Between the faces of two detectors, over all images."""

    num_images: int = 0
    num_faces: int = 0
    num_crops: int = 0
    box_px: float = 0.0
    landmark_px: float = 0.0
    score: float = 0.0
    num_other_crops: int = 0
    levels: int = 0
    """of 255, of a crop's pixel and channel"""
    other_number: list[str] = field(default_factory=list)
    """images in which the detectors find different numbers of faces"""

    def add(self, name: str, image: Image.Image, ours: Sequence[Face], theirs: Sequence[Face]) -> None:
        self.num_images += 1
        own_crop, other_crop = crop(image, ours), crop(image, theirs)
        if len(ours) != len(theirs) or (own_crop is None) != (other_crop is None):
            self.other_number.append(name)
            return
        if own_crop is not None and other_crop is not None:
            self.num_crops += 1
            self.num_other_crops += not np.array_equal(own_crop, other_crop)
            self.levels = max(self.levels, 255 if own_crop.shape != other_crop.shape else int(np.abs(own_crop - other_crop).max()))
        self.num_faces += len(ours)
        for own, other in zip(ours, theirs, strict=True):
            self.box_px = max(self.box_px, float(np.abs(np.subtract(own.box, other.box)).max()))
            self.landmark_px = max(self.landmark_px, float(np.abs(own.landmarks - other.landmarks).max()))
            self.score = max(self.score, abs(own.score - other.score))

    def lines(self) -> Iterator[str]:
        yield f"{self.num_images} images, {self.num_faces} faces, {self.num_crops} crops of {SIZE_PX} px"
        yield f"largest differences: boxes {self.box_px:.1e} px, landmarks {self.landmark_px:.1e} px, scores {self.score:.1e}"
        yield f"different number of faces, {len(self.other_number)}: {', '.join(self.other_number) or 'none'}"
        yield f"different pixels in {self.num_other_crops} crops, by at most {self.levels} of 255"


def main(
    source: Annotated[Path, typer.Argument(help="Folder or archive of photographs.")],
    num_photos: Annotated[int, typer.Option(help="Photographs taken, in the order of their paths; 0 is all.")] = 0,
    turned_every: Annotated[int, typer.Option(min=1, help="Of so many photographs one is also turned three ways.")] = 5,
) -> None:
    """Prints the differences and the seconds per photograph."""
    detectors: tuple[Detector, Detector] = (FaceDetector(), ReferenceDetector())
    differences, seconds = Differences(), []
    for number, (path, image) in enumerate(tqdm(islice(photographs(source), num_photos or None), unit="photo", leave=False)):
        if min(image.size) < SMALLEST_FACE_PX:
            continue
        order = (0, 1) if number % 2 else (1, 0)
        found = {place: searched(detectors[place], image) for place in order}
        if number:  # at the first both still warm up
            seconds.append((found[0][1], found[1][1]))
        differences.add(path, image, found[0][0], found[1][0])
        for turn_deg in TURNS_DEG if number % turned_every == 0 else ():
            other = turned(image, turn_deg)
            differences.add(f"{path} turned by {turn_deg}°", other, *(detector.detect(other) for detector in detectors))
    for line in differences.lines():
        typer.echo(line)
    ours_s, theirs_s = zip(*seconds, strict=True)
    ratio = statistics.median(theirs / ours for ours, theirs in seconds)
    typer.echo(
        f"{len(seconds)} photographs, median {statistics.median(ours_s):.3f} s, of facenet-pytorch {statistics.median(theirs_s):.3f} s"
    )
    typer.echo(f"median ratio {ratio:.1f}, ratio of the sums {sum(theirs_s) / sum(ours_s):.1f}")


if __name__ == "__main__":
    typer.run(main)
