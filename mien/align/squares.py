"""Turns one shard of converted images into one shard of square training images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from mien.align.cropping import accepted, box_square, face_square, whole_square
from mien.align.geometry import Box, choose_face
from mien.align.turning import Doubted, Found, best_score, box_before, find_faces
from mien.config.sections.faces import FaceParams
from mien.store.encoding import stored_image, stored_size_px
from mien.store.shards import read_row_group, row_group_sizes, write_shard
from mien.store.tables import FACES, IMAGES

if TYPE_CHECKING:
    from mien.align.mtcnn import FaceDetector


@dataclass(frozen=True)
class Job:
    """The input of a worker process for one shard: source and target folders, samples and parameters.

    A sample in `whole` is fitted as a whole image if it shows no face; any other sample without a face is left out. `boxes` are the faces
    of samples for faces.detector: given, as shares of the image's width and height.
    """

    prefix: str
    images: Path
    squares: Path
    samples: frozenset[str]
    whole: frozenset[str]
    how: FaceParams
    jpeg_quality: int
    boxes: Mapping[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The detections in one image: the number of faces that score at least `faces.min_score` and the best score of all faces, both in the
    image rotated clockwise by `turn_deg`; and the result of another rotation that was better, but not by enough to rotate the image."""

    num_faces: int
    best_score: float | None
    turn_deg: int = 0
    doubted: Doubted | None = None


def make_squares(job: Job) -> dict[str, Sighting]:
    """Writes the shard. Returns the sighting of each sample, including those left out; empty if no faces were searched for.

    One row group of images is in memory at a time, and all squares of the shard.
    """
    detector = _detector() if job.how.detector == "mtcnn" else None
    wanted = pa.array(sorted(job.samples), pa.string())
    squares, sightings, num_read = [FACES.empty_table()], dict[str, Sighting](), 0
    for group in range(len(row_group_sizes(job.images, job.prefix, IMAGES))):
        images = read_row_group(job.images, job.prefix, group, ["sample_id", "image"])
        images = images.filter(pc.is_in(images.column("sample_id"), value_set=wanted))
        stored = dict(zip(images.column("sample_id").to_pylist(), images.column("image").to_pylist(), strict=True))
        num_read += len(stored)
        if job.how.detector == "given":
            rows, seen = _given(stored, job)
            sightings |= seen
        elif detector is None:
            rows = [_whole(data, job) | {"sample_id": sample_id} for sample_id, data in stored.items()]
        else:
            rows, seen = _find(stored, job, detector)
            sightings |= seen
        squares.append(pa.Table.from_pylist(rows, schema=FACES))
    assert num_read == len(job.samples), f"shard {job.prefix}: labels name samples that have no image"
    write_shard(job.squares, job.prefix, pa.concat_tables(squares).combine_chunks(), FACES)
    return sightings


def _detector() -> "FaceDetector":
    from mien.align.mtcnn import FaceDetector  # here, because `faces.detector: none` needs no ONNX Runtime

    return FaceDetector()


def _find(stored: dict[str, bytes], job: Job, detector: "FaceDetector") -> tuple[list[dict[str, Any]], dict[str, Sighting]]:
    rows, sightings = [], {}
    for sample_id, data in stored.items():
        found = find_faces(stored_image(data), detector, turns=job.how.turns, min_score=job.how.min_score)
        num_faces = len(accepted(found, job.how))
        sightings[sample_id] = Sighting(num_faces, best_score(found.faces), found.turn_deg, found.doubted)
        if num_faces:
            row = _cut(found, job)
        elif sample_id in job.whole:
            row = _whole(data, job) | {"num_faces": 0}
        else:
            continue
        rows.append(row | {"sample_id": sample_id, "turn_deg": found.turn_deg if job.how.turns else None})
    return rows, sightings


def _given(stored: dict[str, bytes], job: Job) -> tuple[list[dict[str, Any]], dict[str, Sighting]]:
    """The squares around the boxes of the data set, which count as sightings without a score."""
    rows, sightings = [], {}
    for sample_id, data in stored.items():
        shares = job.boxes.get(sample_id)
        sightings[sample_id] = Sighting(0 if shares is None else 1, None)
        if shares is not None:
            width_px, height_px = stored_size_px(data)
            left, top, right, bottom = shares
            box = (left * width_px, top * height_px, right * width_px, bottom * height_px)
            row = {"image": box_square(stored_image(data), box, job.how, jpeg_quality=job.jpeg_quality), "box": box, "num_faces": 1}
        elif sample_id in job.whole:
            row = _whole(data, job) | {"num_faces": 0}
        else:
            continue
        rows.append(row | {"sample_id": sample_id})
    return rows, sightings


def _cut(found: Found, job: Job) -> dict[str, Any]:
    faces = accepted(found, job.how)
    face = choose_face(faces, *found.image.size, choose=job.how.choose)
    image, square, size_px = face_square(found, face, job.how, jpeg_quality=job.jpeg_quality)
    return {
        "image": image,
        "box": box_before(face.box, turn_deg=found.turn_deg, turned_px=found.image.size),
        "landmarks": square.to_square(face.landmarks, size_px=size_px).ravel().tolist(),
        "score": face.score,
        "num_faces": len(faces),
    }


def _whole(data: bytes, job: Job) -> dict[str, Any]:
    return {"image": whole_square(data, job.how, jpeg_quality=job.jpeg_quality)}
