"""Answers files: processes of a pool read them, a thread runs the network, and this module joins the two. K classes, h×w cells of a map."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from mien.core.errors import WorkerError
from mien.predict.engine import Engine
from mien.predict.preparing import FaceImage
from mien.serve.batching import Batcher
from mien.serve.bodies import Held, Upload
from mien.serve.faces import face_answer
from mien.serve.limits import Limits
from mien.serve.metrics import Metrics
from mien.serve.pool import Crashed, Late, Pool
from mien.serve.reading import Read, Task, read, start
from mien.serve.refusing import STATUS, Refusal
from mien.serve.schema import Error, FaceAnswer, FileAnswer

Result = TypeVar("Result")


class Service:
    """The answers of one network. `workers` processes read pictures; 0 means one per core."""

    def __init__(self, engine: Engine, limits: Limits, pool: Pool[Task, Read]) -> None:
        self.engine, self.answer, self.limits, self.pool = engine, engine.answer, limits, pool
        self.metrics = Metrics(pool, num_requests=lambda: self.num_requests)
        # With maps, where it has them: ONNX Runtime computes them also where they are not asked for.
        explaining = engine if engine.no_maps else engine.explaining()
        self.batcher = Batcher(lambda pixels_NSS3: explaining.answers(pixels_NSS3).faces(), on_batch=self.metrics.batch.observe)
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

    def check_explains(self) -> None:
        """Raises Refusal if the network has no maps."""
        if self.engine.no_maps:
            raise Refusal("bad_parameter", f"explain: {self.engine.no_maps}")

    async def answers(self, uploads: list[Upload], *, all_faces: bool, threshold: float | None, explain: bool = False) -> list[FileAnswer]:
        """The answer to each file, in order. Content of a file never raises an error; Refusal is raised if no file can be read now."""
        until_s = asyncio.get_running_loop().time() + self.limits.time_s
        asked = {"all_faces": all_faces, "threshold": threshold, "explain": explain}
        return list(await asyncio.gather(*(self._one(one, until_s, **asked) for one in uploads)))  # type: ignore[arg-type]

    async def _one(self, upload: Upload, until_s: float, *, all_faces: bool, threshold: float | None, explain: bool) -> FileAnswer:
        faces: list[FaceAnswer] = []
        try:
            found = await self._read(Task(upload.content, all_faces), until_s)
            if found.faces:
                faces = await self._faces(found.faces, until_s, threshold=threshold, explain=explain)
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

    async def _faces(self, images: list[FaceImage], until_s: float, *, threshold: float | None, explain: bool) -> list[FaceAnswer]:
        results = await _awaited(self.batcher.submit(np.stack([image.pixels for image in images])), until_s)
        faces = [
            face_answer(image, shares_K, maps_Khw if explain else None, self.answer.classes, threshold)
            for image, (shares_K, maps_Khw) in zip(images, results, strict=True)
        ]
        self.metrics.faces.inc(len(faces))
        self.metrics.unsure.inc(sum(face.unsure is True for face in faces))
        return faces


async def _awaited(future: "Future[Result]", until_s: float) -> Result:
    """The result of a future of another thread; raises TimeoutError, and cancels what has not begun."""
    async with asyncio.timeout_at(until_s):
        return await asyncio.wrap_future(future)
