"""How near the faces that `mien predict` follows in a video lie to those that a search in every frame finds, and what both cost.

    python benchmarks/following.py /path/to/photos.zip

Each photograph with one large face becomes three videos: a camera sways, tilts and zooms before it, slowly, faster and very fast. In frames
between two searches, the face is taken to be where the nearer search found it (held), on an even way between both (even), or where it looks
as in both (matched, which `mien predict` does). Each is compared with what a search in that frame finds: by the overlap of the boxes
(intersection over union), and by how much the answer changes (total variation distance: half the sum of the changes of the probabilities).
"""

import math
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from tqdm import tqdm

from mien.align.geometry import Face
from mien.align.mtcnn import FaceDetector
from mien.align.turning import Found
from mien.convert.decoding import Undecodable, decode
from mien.core.markdown import markdown_table
from mien.export.finding import load_engine
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import read_entry
from mien.predict.engine import Engine
from mien.predict.preparing import face_image, stored_bytes
from mien.predict.video.matching import Seen, between, even_way
from mien.predict.video.tracking import iou
from mien.store.encoding import reduced, stored_image

RATE, NUM_FRAMES = 10, 31
SPEEDS = (0.5, 1.0, 2.0)
INTERVALS = (2, 4, 6, 10)  # frames from one search to the next
WAYS = ("held", "even", "matched")
_SWAY, _TILT_DEG, _ZOOM = (0.35, 0.25), 8.0, 0.1  # in sides of the face, degrees, and as an exponent


def main(
    photographs: Annotated[Path, typer.Argument(help="a folder or an archive")],
    model: Annotated[str, typer.Option(help="as for mien predict")] = "",
    count: Annotated[int, typer.Option(help="photographs that are used")] = 8,
) -> None:
    engine, detector = load_engine(model), FaceDetector()
    found: dict[tuple[float, int], list[list[tuple[float, float]]]] = {}
    moves: dict[float, list[float]] = {speed: [] for speed in SPEEDS}
    search_s, match_s = [], []
    for number, (image, face) in enumerate(tqdm(scenes(photographs, detector, count), total=count, unit="photograph")):
        for speed in SPEEDS:
            frames = [stored_image(stored_bytes(frame, engine.answer)) for frame in film(image, face, speed, np.random.default_rng(number))]
            begun_s = time.process_time()
            searched = [sure(detector.detect(frame), engine) for frame in frames]
            search_s.append((time.process_time() - begun_s) / NUM_FRAMES)
            moves[speed] += [math.dist(a.centre, b.centre) / a.side_px * RATE for a, b in pairwise(searched) if a and b]
            for interval in INTERVALS:
                found.setdefault((speed, interval), []).extend(compared(frames, searched, interval, engine, match_s))
    rows = [
        [f"{np.sqrt(np.mean(np.square(moves[speed]))):.1f}", f"{interval / RATE:g}", str(len(each)), *summary(each)]
        for (speed, interval), each in found.items()
    ]
    heads = [f"{what}, {way}" for what in ("overlap", "least tenth", "change") for way in WAYS]
    typer.echo("\n".join(markdown_table(["face sides per s", "interval, s", "frames", *heads], rows)))
    typer.echo(f"\nprocessor time: {1e3 * np.mean(search_s):.0f} ms per search, {1e3 * np.mean(match_s):.1f} ms per match")


def scenes(photographs: Path, detector: FaceDetector, count: int) -> Iterator[tuple[Image.Image, Face]]:
    """Photographs with one face that is large enough for the camera to move."""
    num = 0
    for entry in islice(source_entries(photographs), 0, None, 7):  # not those of one class alone, which stand behind one another
        file = read_entry(entry, max_bytes=2**27)
        if file.content is None:
            continue
        try:
            image = reduced(decode(file.content, max_megapixels=60).image, max_side_px=900)
        except Undecodable:
            continue
        faces = [face for face in detector.detect(image) if face.score >= 0.99]
        if len(faces) == 1 and 80 <= faces[0].side_px <= 350:
            yield image, faces[0]
            num += 1
            if num == count:
                return


def film(image: Image.Image, face: Face, speed: float, rng: np.random.Generator) -> Iterator[Image.Image]:
    """The frames of a camera that sways around a face; each motion is a sum of three sines."""
    phases = rng.uniform(0, 2 * math.pi, (4, 3))
    for number in range(NUM_FRAMES):
        waves = np.sin(2 * math.pi * np.array([0.25, 0.7, 1.5]) * speed * number / RATE + phases) @ [1, 0.5, 0.25] / 1.2
        scale, angle = math.exp(_ZOOM * waves[2]), math.radians(_TILT_DEG * waves[3])
        x, y = face.centre[0] + _SWAY[0] * face.side_px * waves[0], face.centre[1] + _SWAY[1] * face.side_px * waves[1]
        width, height = round(3.2 * face.side_px), round(2.4 * face.side_px)
        cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
        affine = (cos, -sin, x - cos * width / 2 + sin * height / 2, sin, cos, y - sin * width / 2 - cos * height / 2)
        view = image.transform((width, height), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
        yield view.resize((640, round(640 * height / width)), Image.Resampling.BICUBIC)


def sure(faces: list[Face], engine: Engine) -> Face | None:
    """The one face that is shown, which is about 200 px large; None if it is not found."""
    large = [face for face in faces if face.score >= engine.answer.faces.min_score and face.side_px > 100]
    return max(large, key=lambda face: face.score, default=None)


def compared(
    frames: list[Image.Image], searched: list[Face | None], interval: int, engine: Engine, match_s: list[float]
) -> list[list[tuple[float, float]]]:
    """For each frame between two searches, the overlap and the change of each way."""
    found = []
    for start in range(0, NUM_FRAMES - interval, interval):
        before, after = searched[start], searched[start + interval]
        for step in range(1, interval):
            frame, real = frames[start + step], searched[start + step]
            if before is None or after is None or real is None:
                continue
            share = step / interval
            begun_s = time.process_time()
            matched = between(Seen(frames[start], before), Seen(frames[start + interval], after), frame, share=share)
            match_s.append(time.process_time() - begun_s)
            faces = [before if share <= 0.5 else after, even_way(before, after, share), matched]
            squares = [face_image(Found(frame, 0, []), face, engine.answer, photograph_px=frame.size).pixels for face in [real, *faces]]
            shares_4K = engine.run(np.stack(squares))[1]
            changes = np.abs(shares_4K[1:] - shares_4K[0]).sum(axis=1) / 2
            overlaps = iou([face.box for face in faces], [real.box])[:, 0]
            found.append(list(zip(overlaps.tolist(), changes.tolist(), strict=True)))
    return found


def summary(found: list[list[tuple[float, float]]]) -> list[str]:
    """The median and the tenth percentile of the overlap, and the mean change, of each way."""
    figures_NW2 = np.array(found)
    overlaps_NW, changes_NW = figures_NW2[..., 0], figures_NW2[..., 1]
    figures = [*np.median(overlaps_NW, axis=0), *np.quantile(overlaps_NW, 0.1, axis=0), *changes_NW.mean(axis=0)]
    return [f"{figure:.2f}" for figure in figures]


if __name__ == "__main__":
    typer.run(main)
