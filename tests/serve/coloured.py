"""A server of the tiny network of tests.predict.network and a detector of coloured squares: red ones are happy, green sad, blue angry.

Its reading processes crash, sleep or fail when a file says so.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from mien.align.geometry import Face
from mien.config.sections.faces import FaceParams
from mien.predict.answer import Answer
from mien.predict.engine import Engine
from mien.serve import reading
from mien.serve.limits import Limits
from mien.serve.pool import Pool
from mien.serve.reading import Read, Task
from mien.serve.running import listening, server
from mien.serve.service import Service
from tests.predict.network import SIZE_PX, answer, write_network

COLOURS = {"happy": (255, 0, 0), "sad": (0, 255, 0), "angry": (0, 0, 255), "unsure": (110, 30, 90)}
CRASH, FAIL = b"crash", b"fail"
SLEEP = b"sleep"
"""followed by seconds"""
LIMITS = Limits(file_bytes=100_000, request_bytes=150_000, files=3, megapixels=1.0, faces=3, requests=4, time_s=60.0)


class Squares:
    """Finds squares of saturated colour; the score of a face is 1."""

    def detect(self, image: Image.Image) -> list[Face]:
        levels = np.asarray(image).astype(int)
        places = ndimage.find_objects(ndimage.label(levels.max(-1) - levels.min(-1) > 40)[0])
        found = [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in places if rows.stop - rows.start > 15]
        return sorted((_face(*map(float, box)) for box in found), key=lambda face: -face.side_px)


def _face(left: float, top: float, right: float, bottom: float) -> Face:
    xs, ys = (0.3, 0.7, 0.5, 0.35, 0.65), (0.35, 0.35, 0.6, 0.8, 0.8)
    points = [(left + x * (right - left), top + y * (bottom - top)) for x, y in zip(xs, ys, strict=True)]
    return Face((left, top, right, bottom), 1.0, np.array(points))


def drawing(*labels: str, size_px: tuple[int, int] = (320, 240), kind: str = "PNG") -> bytes:
    """A grey picture with one square per label in a row, the first the largest."""
    image = Image.new("RGB", size_px, (200, 200, 200))
    for place, label in enumerate(labels):
        side_px = 70 - 10 * place
        image.paste(COLOURS[label], (20 + 95 * place, 60, 20 + 95 * place + side_px, 60 + side_px))
    file = BytesIO()
    image.save(file, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
    return file.getvalue()


def half_dark() -> bytes:
    """A happy face of 80 px at 100, 60 whose right half is dark."""
    image = Image.open(BytesIO(drawing()))
    image.paste((255, 0, 0), (100, 60, 140, 140))
    image.paste((60, 0, 0), (140, 60, 180, 140))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def about(**changes: object) -> Answer:
    return answer(faces=FaceParams(detector="mtcnn", size_px=SIZE_PX, turns=False), **changes)


def begin(known: Answer, megapixels: float, max_faces: int) -> None:
    """As reading.start, with the detector of squares."""
    reading.detector_for = lambda _: Squares()  # type: ignore[attr-defined]
    reading.start(known, megapixels, max_faces)


def act(task: Task) -> Read:
    """As reading.read, but files may be orders."""
    content = bytes(task.content)
    if content == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == FAIL:
        raise AssertionError("a fault of ours")
    if content.startswith(SLEEP):
        time.sleep(float(content.removeprefix(SLEEP)))
        return Read(1, 1)
    return reading.read(task)


def make_pool(workers: int = 1) -> Pool[Task, Read]:
    return Pool(act, prepare=begin, given=(about(), LIMITS.megapixels, LIMITS.faces), workers=workers)


@dataclass(frozen=True)
class Served:
    service: Service
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def served(
    folder: Path, pool: Pool[Task, Read], *, limits: Limits = LIMITS, hosts: tuple[str, ...] | None = None, no_maps: str | None = None
) -> Iterator[Served]:
    """A server in a thread, with a pool that several servers may share."""
    service = Service(Engine.load(write_network(folder / "colours.onnx", about(), no_maps=no_maps)), limits, pool)
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        running = server(service, limits, hosts=hosts)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [taken]})
        thread.start()
        try:
            yield Served(service, port)
        finally:
            running.should_exit = running.force_exit = True
            thread.join()
            service.batcher.close()
