"""What a process of the pool does: the bytes of one file become the squares of its faces, or a reason."""

from dataclasses import dataclass, field

from mien.align.turning import Detector
from mien.convert.decoding import Undecodable, decode
from mien.predict.answer import Answer
from mien.predict.predicting import detector_for
from mien.predict.preparing import FaceImage, NoFace, prepare_image


@dataclass(frozen=True)
class Task:
    """A file, and whether all of its faces are asked for or only the one that training would have chosen."""

    content: bytes | bytearray
    all_faces: bool


@dataclass(frozen=True)
class Read:
    """What became of a file before the network.

    Args:
        width_px, height_px: of the upright photograph; None if it cannot be decoded.
        faces: largest first; empty if there is none.
        reason, detail: why it cannot be answered (mien.serve.refusing); None if it can.
    """

    width_px: int | None = None
    height_px: int | None = None
    faces: list[FaceImage] = field(default_factory=list)
    reason: str | None = None
    detail: str = ""


_answer: Answer
_megapixels: float
_max_faces: int
_detector: Detector | None


def start(answer: Answer, megapixels: float, max_faces: int) -> None:
    """What a process keeps: loading the detector takes longer than a small photograph."""
    global _answer, _megapixels, _max_faces, _detector
    _answer, _megapixels, _max_faces = answer, min(megapixels, answer.decode.max_megapixels), max_faces
    _detector = detector_for(answer)


def read(task: Task) -> Read:
    """The faces of a file. No content raises an error."""
    try:
        image = decode(bytes(task.content), max_megapixels=_megapixels).image
    except Undecodable as error:
        return Read(reason=error.reason, detail=error.detail)
    try:
        faces = prepare_image(image, _answer, _detector, all_faces=task.all_faces).faces
    except NoFace:
        return Read(*image.size)
    except (MemoryError, ValueError, OSError) as error:  # as in convert: after decoding, a damaged image can still fail
        return Read(reason="corrupt", detail=f"{type(error).__name__} after decoding")
    if len(faces) > _max_faces:
        detail = f"{len(faces)} faces, {_max_faces} are the limit; ask for faces=largest"
        return Read(*image.size, reason="too_many_faces", detail=detail)
    return Read(*image.size, faces=faces)
