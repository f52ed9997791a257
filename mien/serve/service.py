"""Answers files: processes of a pool read them, a thread runs the network, and this module joins the two. K classes."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.core.errors import WorkerError
from mien.predict.engine import Engine
from mien.predict.preparing import FaceImage
from mien.serve.batching import Batcher
from mien.serve.bodies import Held, Upload
from mien.serve.limits import Limits
from mien.serve.metrics import Metrics
from mien.serve.pool import Crashed, Late, Pool
from mien.serve.reading import Read, Task, read, start
from mien.serve.refusing import STATUS, Refusal
from mien.serve.schema import Box, Error, FaceAnswer, FileAnswer

_SHARE_DECIMALS = 6
_PX_DECIMALS = 1

Result = TypeVar("Result")


class Service:
    """The answers of one network. `workers` processes read pictures; 0 means one per core."""

    def __init__(self, engine: Engine, limits: Limits, pool: Pool[Task, Read]) -> None:
        self.engine, self.answer, self.limits, self.pool = engine, engine.answer, limits, pool
        self.metrics = Metrics(pool, num_requests=lambda: self.num_requests)
        self.batcher = Batcher(lambda pixels_NSS3: engine.run(pixels_NSS3)[1], on_batch=self.metrics.batch.observe)
        self.held = Held(limits.held_bytes)
        self.num_requests = 0

    @classmethod
    def begin(cls, engine: Engine, limits: Limits, *, workers: int) -> "Service":
        """Starts the processes. Raises WorkerError if they cannot be started."""
        given = (engine.answer, limits.megapixels, limits.faces)
        return cls(engine, limits, Pool(read, prepare=start, given=given, workers=workers))

    def close(self) -> None:
        """Ends the processes and the thread."""
        self.pool.close()
        self.batcher.close()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Counts a request while it is read and answered. Raises Refusal if there are too many."""
        if self.num_requests >= self.limits.requests:
            raise Refusal("busy", f"the server answers {self.limits.requests} requests at once and has as many; try again later")
        self.num_requests += 1
        try:
            yield
        finally:
            self.num_requests -= 1

    async def answers(self, uploads: list[Upload], *, all_faces: bool, threshold: float | None) -> list[FileAnswer]:
        """The answer to each file, in order. Content of a file never raises an error; Refusal is raised if no file can be read now."""
        until_s = asyncio.get_running_loop().time() + self.limits.time_s
        return list(await asyncio.gather(*(self._one(one, all_faces, threshold, until_s) for one in uploads)))

    async def _one(self, upload: Upload, all_faces: bool, threshold: float | None, until_s: float) -> FileAnswer:
        faces: list[FaceAnswer] = []
        try:
            found = await self._read(Task(upload.content, all_faces), until_s)
            if found.faces:
                faces = await self._faces(found.faces, threshold, until_s)
        except (Late, TimeoutError):
            found = Read(reason="time_is_up", detail=f"it was not answered within {self.limits.time_s:g} s; send a smaller picture")
        self.metrics.files.labels(found.reason or ("answered" if faces else "no_face")).inc()
        status, error = 200, None
        if found.reason:
            status = STATUS[found.reason]
            error = Error(reason=found.reason, detail=found.detail or found.reason.replace("_", " "))
        return FileAnswer(name=upload.name, status=status, width=found.width_px, height=found.height_px, faces=faces, error=error)

    async def _read(self, task: Task, until_s: float) -> Read:
        try:
            return await _awaited(self.pool.submit(task, time_s=until_s - asyncio.get_running_loop().time()), until_s)
        except Crashed:
            return Read(reason="decoder_crash", detail="its decoder ended the process")
        except WorkerError:
            raise Refusal("busy", "no process that reads pictures can be started now; try again later") from None

    async def _faces(self, images: list[FaceImage], threshold: float | None, until_s: float) -> list[FaceAnswer]:
        shares_NK = await _awaited(self.batcher.submit(np.stack([image.pixels for image in images])), until_s)
        faces = [_face(image, shares_K, self.answer.classes, threshold) for image, shares_K in zip(images, shares_NK, strict=True)]
        self.metrics.faces.inc(len(faces))
        self.metrics.unsure.inc(sum(face.unsure is True for face in faces))
        return faces


async def _awaited(future: "Future[Result]", until_s: float) -> Result:
    """The result of a future of another thread; raises TimeoutError, and cancels what has not begun."""
    async with asyncio.timeout_at(until_s):
        return await asyncio.wrap_future(future)


def _face(image: FaceImage, shares_K: NDArray[np.float32], classes: list[str], threshold: float | None) -> FaceAnswer:
    shares = [round(share, _SHARE_DECIMALS) for share in shares_K.astype(float).tolist()]
    best = max(range(len(shares)), key=shares.__getitem__)
    box = None if image.box is None else dict(zip(("left", "top", "right", "bottom"), _rounded(image.box), strict=True))
    return FaceAnswer(
        box=None if box is None else Box(**box),
        score=None if image.score is None else round(image.score, _SHARE_DECIMALS),
        turn_deg=image.turn_deg,
        label=classes[best],
        confidence=shares[best],
        unsure=None if threshold is None else float(shares_K[best]) < threshold,
        probabilities=dict(zip(classes, shares, strict=True)),
    )


def _rounded(box: tuple[float, float, float, float]) -> list[float]:
    return [round(edge, _PX_DECIMALS) for edge in box]
