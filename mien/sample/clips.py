"""Clips of the set: one person whose expression rises from rest to its full strength and falls again, as frames in a folder per clip.

Every person has CLIPS_EACH clips in one place. Some clips are there a second time, cut shorter and saved again, as such collections are;
some have a frame without a face, and one clip has none at all.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from PIL import Image

from mien.sample.background import draw_background
from mien.sample.encode import jpeg
from mien.sample.expression import SHARES, Expression, draw_expression
from mien.sample.mess import FOLDERS, ROOT, File
from mien.sample.person import draw_person
from mien.sample.portrait import portrait
from mien.sample.view import draw_view

CLIPS_EACH = 2
LENGTHS = (7, 11)  # the number of frames of a clip is drawn from these, both included
RECUT_EVERY, FACELESS_EVERY = 12, 9  # of so many clips one is there a second time, and one begins with a frame without a face
NOISE = 3.0  # of frames without a face, in grey levels
METADATA_COLUMNS = ("path", "subject", "clip", "frame")

Generator = Callable[[int], np.random.Generator]
"""the random numbers of a person, or of a clip, by its number"""


@dataclass(frozen=True)
class Frame(File):
    """One frame of a clip."""

    clip: str
    frame: int
    subject: str


@dataclass(frozen=True)
class Recording:
    """One clip to draw: its number, its person, and the class that it shows; `faceless` if it shows nobody."""

    index: int
    person: int
    label: str
    faceless: bool = False


def plan_clips(num_clips: int, rng: np.random.Generator) -> list[Recording]:
    """The clips: all classes in turn, so that each class has as many clips as the others, and persons get different ones."""
    labels = [label for _ in range(num_clips // len(SHARES) + 1) for label in rng.permutation(list(SHARES)).tolist()][:num_clips]
    found = [Recording(index, index // CLIPS_EACH, label) for index, label in enumerate(labels)]
    return [*found, Recording(num_clips, num_clips, "happy", faceless=True)] if found else []


def draw_clip(recording: Recording, *, person: Generator, clip: Generator, size_px: int) -> list[tuple[Frame, bytes]]:
    """The frames of a clip, and those of its second cut if there is one."""
    pictures = list(_pictures(recording, person=person, clip=clip, size_px=size_px))
    frames = [(_frame(recording, number, kind), jpeg(picture)) for number, (picture, kind) in enumerate(pictures)]
    if recording.index % RECUT_EVERY == RECUT_EVERY - 1:
        first = pictures[2][0]
        cut = (0, 0, first.width - 4, first.height - 4)
        frames += [
            (_frame(recording, number, "clip_copy", of_copy=True), jpeg(picture.crop(cut), quality=70))
            for number, (picture, _) in enumerate(pictures[2:])
        ]
    return frames


def metadata_csv(files: Iterable[File]) -> str:
    """The table for ingest.metadata: the person, the clip and the place in time of each frame; only the header without clips."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(METADATA_COLUMNS)
    writer.writerows((file.path, file.subject, file.clip, file.frame) for file in files if isinstance(file, Frame))
    return text.getvalue()


def strengths(num_frames: int, rng: np.random.Generator) -> list[float]:
    """How strong the expression is in each frame, from 0 to 1: it rises to 1 in a drawn frame, stays, and falls to a drawn rest."""
    top, half = rng.uniform(0.35, 0.75), rng.uniform(0.25, 0.4)
    times = np.linspace(0, 1, num_frames)
    curve = np.clip(1.4 - np.abs(times - times[np.abs(times - top).argmin()]) / half, 0, 1)
    return [float(value) for value in curve]


def _pictures(recording: Recording, *, person: Generator, clip: Generator, size_px: int) -> Iterator[tuple[Image.Image, str]]:
    """Each frame as an image, with its kind."""
    own, rng = person(recording.person), clip(recording.index)
    who, unevenness = draw_person(own), float(own.uniform(-1, 1))
    place = draw_view(own, size_px=size_px)
    background = draw_background(own, place.size_px)
    full = draw_expression(recording.label, rng)
    gaze, sway, phase = (rng.normal(0, spread, 2) for spread in (0.25, 1, np.pi))
    num_frames = int(rng.integers(LENGTHS[0], LENGTHS[1] + 1))
    for number, strength in enumerate(strengths(num_frames, rng)):
        if recording.faceless or (number == 0 and recording.index % FACELESS_EVERY == FACELESS_EVERY - 1):
            yield _noisy(background, rng), "faceless_frame"
            continue
        turn = np.sin(0.7 * number + phase)
        view = replace(place, roll_deg=place.roll_deg + 2 * float(sway[0] * turn[0]), yaw=place.yaw + 0.03 * float(sway[1] * turn[1]))
        look = (float(gaze[0] + 0.1 * turn[1]), float(gaze[1] + 0.1 * turn[0]))
        picture = portrait(who, view, scaled(full, strength), gaze=look, unevenness=unevenness, background=background, rng=rng)
        yield picture, "clip_frame"


def _noisy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture with the noise of a camera, so that no two frames are the same."""
    levels = np.asarray(picture.convert("RGB"), np.float64)
    return Image.fromarray((levels + rng.normal(0, NOISE, levels.shape)).clip(0, 255).astype(np.uint8))


def scaled(expression: Expression, strength: float) -> Expression:
    """The expression at a part of its strength, 0 for a face at rest."""
    return Expression(**{field.name: strength * getattr(expression, field.name) for field in fields(expression)})


def _frame(recording: Recording, number: int, kind: str, *, of_copy: bool = False) -> Frame:
    clip = f"clip_{recording.index:03}{'_again' if of_copy else ''}"
    path = f"{ROOT}/clips/{FOLDERS[recording.label][0]}/{clip}/{number:02}.jpg"
    return Frame(path, recording.label, kind, f"clip_{recording.index:03}", clip, number, f"person_{recording.person:03}")
