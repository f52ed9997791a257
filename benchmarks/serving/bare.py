"""The bare loop: processes that each prepare a picture, run ONNX Runtime on its faces, and take the next. No server, no queue, no pipe."""

import multiprocessing
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from mien.convert.decoding import Undecodable
from mien.export.finding import load_engine
from mien.predict.answer import Answer
from mien.predict.predicting import detector_for
from mien.predict.preparing import NoFace, prepare


def with_detector(answer: Answer, detector: str) -> Answer:
    """As `mien serve --detector` changes it."""
    return answer if detector == "model" else answer.model_copy(update={"faces": answer.faces.model_copy(update={"detector": detector})})


def bare_s(model: str, pictures: list[bytes], num: int, *, processes: int, detector: str) -> float:
    """Seconds for `num` pictures, taken in turn, by `processes` loops that begin together; loading is not counted."""
    context = multiprocessing.get_context("forkserver")
    together, times = context.Barrier(processes), context.Queue()
    shares = [range(first, num, processes) for first in range(processes)]
    started = [context.Process(target=_loop, args=(model, pictures, share, detector, together, times)) for share in shares]
    for process in started:
        process.start()
    spans = [times.get() for _ in started]
    for process in started:
        process.join()
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def _loop(model: str, pictures: list[bytes], share: range, detector: str, together: Barrier, times: "Queue[tuple[float, float]]") -> None:
    import numpy as np

    engine = load_engine(model)
    answer = with_detector(engine.answer, detector)
    finder = detector_for(answer)
    together.wait()
    begin_s = time.monotonic()
    for place in share:
        try:
            faces = prepare(pictures[place % len(pictures)], answer, finder, all_faces=False).faces
        except (Undecodable, NoFace):
            continue
        engine.run(np.stack([face.pixels for face in faces]))
    times.put((begin_s, time.monotonic()))
