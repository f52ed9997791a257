"""Which way up photographs are told to be, how surely and at what cost, by several rules beside the one that `faces.turns` uses.

    python benchmarks/turns.py /path/to/photos.zip

The photographs must be sound: stored upright. Each is taken as it is and turned three ways, so that it lies on its side or head; every
rule is asked for the turn that sets it upright. Photographs that show no face as they are, and those that `faces.turns` turns as they are,
are left out of the table and named instead: look at them, some may really lie on their side. Exact copies are taken once. Seconds are
of processor time, of the detector alone; every picture is searched once and the answers are shared by the rules.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from tqdm import tqdm

from mien.align.geometry import Face
from mien.align.mtcnn import FaceDetector
from mien.align.turning import SURE, TURNS_DEG, Detector, best_score, find_faces, turned
from mien.config.sections.faces import FaceParams
from mien.convert.decoding import Undecodable, decode
from mien.core.markdown import markdown_table
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import read_entry
from mien.store.encoding import reduced

MIN_SCORE = FaceParams().min_score
Rule = Callable[[Image.Image, Detector], int]  # the clockwise turn that sets a picture upright, degrees


class Remembering:
    """A detector that searches each picture once and knows what that took."""

    def __init__(self) -> None:
        self._detector = FaceDetector()
        self._known: dict[bytes, tuple[list[Face], float]] = {}
        self.seconds = 0.0

    def detect(self, image: Image.Image) -> list[Face]:
        key = hashlib.sha256(f"{image.size}".encode() + image.tobytes()).digest()
        if key not in self._known:
            begun_s = time.process_time()
            faces = self._detector.detect(image)
            self._known[key] = (faces, time.process_time() - begun_s)
        faces, seconds = self._known[key]
        self.seconds += seconds
        return faces


def score(image: Image.Image, detector: Detector) -> float:
    return best_score(detector.detect(image)) or 0.0


def best_of_four(*, sure: float) -> Rule:
    """The turn of the best score, but no other turn is looked at where the picture scores `sure` as it is."""

    def rule(image: Image.Image, detector: Detector) -> int:
        upright = score(image, detector)
        if upright >= sure:
            return 0
        scores = {0: upright} | {turn_deg: score(turned(image, turn_deg), detector) for turn_deg in TURNS_DEG}
        return max(scores, key=scores.__getitem__)

    return rule


RULES: dict[str, Rule] = {
    "as stored": best_of_four(sure=0.0),
    "the best of four": best_of_four(sure=2.0),
    **{f"the best of four, but {sure:g} is enough as stored": best_of_four(sure=sure) for sure in (MIN_SCORE, 0.99, 0.999, SURE)},
    "faces.turns": lambda image, detector: find_faces(image, detector, turns=True, min_score=MIN_SCORE).turn_deg,
}


def photographs(source: Path) -> Iterator[tuple[str, Image.Image]]:
    """Path and picture of every photograph that decodes, the first of exact copies."""
    seen = set()
    for entry in source_entries(source):
        file = read_entry(entry, max_bytes=2**28)
        if file.content is not None:
            with suppress(Undecodable):
                image = reduced(decode(file.content, max_megapixels=100).image, max_side_px=640)
                if (digest := hashlib.sha256(image.tobytes()).digest()) not in seen:
                    seen.add(digest)
                    yield file.path, image


def main(
    source: Annotated[Path, typer.Argument(help="Folder or archive of photographs that are stored upright.")],
    num_photos: Annotated[int, typer.Option(help="Photographs taken, in the order of their paths; 0 is all.")] = 0,
) -> None:
    rights, wrong = {name: dict.fromkeys((0, *TURNS_DEG), 0) for name in RULES}, dict.fromkeys(RULES, 0)
    stored_s, lying_s = dict.fromkeys(RULES, 0.0), dict.fromkeys(RULES, 0.0)
    faceless, turned_as_stored, num_all, num = [], [], 0, 0

    def timed(name: str, image: Image.Image, detector: Remembering, seconds: dict[str, float]) -> int:
        detector.seconds = 0.0
        turn_deg = RULES[name](image, detector)
        seconds[name] += detector.seconds
        return turn_deg

    for path, image in tqdm(islice(photographs(source), num_photos or None), unit="photo", leave=False):
        detector = Remembering()
        num_all += 1
        found = {name: timed(name, image, detector, stored_s) for name in RULES}
        if found["faces.turns"]:
            turned_as_stored.append(f"{path} ({found['faces.turns']}°)")
        elif score(image, detector) < MIN_SCORE:
            faceless.append(path)
        else:
            num += 1
            for lying_deg in (0, *TURNS_DEG):
                lying = turned(image, lying_deg)
                for name in RULES:
                    turn_deg = timed(name, lying, detector, lying_s) if lying_deg else found[name]
                    is_right = (lying_deg + turn_deg) % 360 == 0
                    rights[name][lying_deg] += is_right
                    wrong[name] += not is_right and score(turned(lying, turn_deg), detector) >= MIN_SCORE
    if not num:
        raise typer.BadParameter(f"{source} has no photograph that shows a face as it is stored")
    ratios = {name: [f"{seconds[name] / seconds['as stored']:.2f}" for seconds in (stored_s, lying_s)] for name in RULES}
    rows = [[name, *map(str, rights[name].values()), str(wrong[name]), *ratios[name]] for name in RULES]
    heads = ["rule", "right: as stored", *(f"turned {turn_deg}°" for turn_deg in TURNS_DEG), "cut wrongly", "time: as stored", "turned"]
    typer.echo(f"{num} of {num_all} photographs; {stored_s['as stored'] / num_all:.3f} s each as stored\n")
    typer.echo("\n".join(markdown_table(heads, rows)))
    typer.echo(f"\nturned clockwise by faces.turns, {len(turned_as_stored)}: {', '.join(turned_as_stored) or 'none'}")
    typer.echo(f"\nno face, {len(faceless)}: {', '.join(faceless) or 'none'}")


if __name__ == "__main__":
    typer.run(main)
