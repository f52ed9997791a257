"""Builds the whole set: a zip of every file, which is the same for the same seed, and the table of the true labels and copies."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable
from functools import partial
from typing import Literal

import numpy as np

from mien.core.parallel import parallel_map
from mien.sample.clips import Recording, draw_clip, plan_clips
from mien.sample.encode import WRITERS, mirrored_copy, near_copy
from mien.sample.litter import litter
from mien.sample.mess import File, Sitting, plan
from mien.sample.portrait import draw_portrait

TRUTH_COLUMNS = ("path", "label", "kind", "origin", "sha256")
# Streams of random numbers; those of an image depend on seed and index only.
_PLAN, _PORTRAIT, _FILES, _LITTER, _CLIPS, _PERSON, _CLIP = range(1, 8)


def draw_set(
    *, num_faces: int, size_px: int, seed: int, workers: int, executor: Literal["local", "ray"] = "local", num_clips: int = 0
) -> list[tuple[File, bytes]]:
    """Every file with its bytes, sorted by path; the same for the same arguments, whatever `workers` and `executor` are.

    With another number of clips all other files are the same.
    """
    sittings = plan(num_faces, _generator(_PLAN, seed))
    draw = partial(_files_of, seed=seed, size_px=size_px)
    drawn = parallel_map(draw, sittings, workers=workers, executor=executor, label="sample", unit="face")
    files = [file for made in drawn for file in made] + litter(_generator(_LITTER, seed), size_px=size_px)
    recordings = plan_clips(num_clips, _generator(_CLIPS, seed))
    act = partial(_clip_of, seed=seed, size_px=size_px)
    clips = parallel_map(act, recordings, workers=workers, executor=executor, label="sample", unit="clip") if recordings else []
    return sorted(files + [file for made in clips for file in made], key=lambda made: made[0].path)


def zip_bytes(files: Iterable[tuple[File, bytes]]) -> bytes:
    """A zip of the files in the order given, uncompressed, all with the same date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file, content in files:
            entry = zipfile.ZipInfo(file.path, date_time=(2024, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, whatever the operating system
            archive.writestr(entry, content)
    return buffer.getvalue()


def truth_csv(files: Iterable[tuple[File, bytes]]) -> str:
    """The truth about each file as CSV, a row per file with TRUTH_COLUMNS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TRUTH_COLUMNS)
    for file, content in files:
        writer.writerow((file.path, file.label, file.kind, file.origin, hashlib.sha256(content).hexdigest()))
    return text.getvalue()


def _files_of(sitting: Sitting, *, seed: int, size_px: int) -> list[tuple[File, bytes]]:
    """Draws one image and makes its files."""
    picture = draw_portrait(sitting.label, _generator(_PORTRAIT, seed, sitting.index), size_px=size_px)
    rng = _generator(_FILES, seed, sitting.index)
    own = sitting.files[0]
    content = WRITERS[own.kind](picture)
    made = [(own, content)]
    for copy in sitting.files[1:]:
        if copy.kind == "exact_duplicate" or (copy.kind == "conflicting_duplicate" and sitting.index % 2):
            made.append((copy, content))
        elif copy.kind == "mirrored_duplicate":
            made.append((copy, mirrored_copy(picture)))
        else:
            made.append((copy, near_copy(picture, rng)))
    return made


def _clip_of(recording: Recording, *, seed: int, size_px: int) -> list[tuple[File, bytes]]:
    streams = {name: partial(_generator, stream, seed) for name, stream in (("person", _PERSON), ("clip", _CLIP))}
    return [*draw_clip(recording, size_px=size_px, **streams)]


def _generator(stream: int, seed: int, index: int = 0) -> np.random.Generator:
    return np.random.default_rng([stream, seed, index])
