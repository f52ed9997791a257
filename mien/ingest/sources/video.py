"""Video files as clips: the frames of a video become images of the source, with the video's path in front of their number."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

from PIL import Image

from mien.convert.decoding.reasons import Undecodable
from mien.ingest.sources.entry import Entry, UnreadableEntry
from mien.store.encoding import encode
from mien.video.frames import Reading
from mien.video.opening import load_av, open_video

SUFFIXES = frozenset({"mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "wmv", "flv", "ts", "mts", "m2ts", "3gp", "ogv", "mxf"})
_QUALITY = 95
_MAX_MEGAPIXELS = 100.0


@dataclass(frozen=True)
class Videos:
    """How video files are read.

    Args:
        fps: frames per second that are taken; 0 takes none, so that videos are no images.
        max_bytes: larger files are not read.
    """

    fps: float = 0.0
    max_bytes: int = 0

    def takes(self, path: str) -> bool:
        """Whether a file is to be read as a video, by its name. Raises PredictError if it is and PyAV is not installed."""
        if not self.fps or path.rpartition(".")[2].lower() not in SUFFIXES:
            return False
        load_av()
        return True

    def entries(self, file: IO[bytes], *, name: str) -> Iterator[Entry]:
        """The frames of the video `name`, numbered from 0, as JPEGs without chroma subsampling.

        Raises UnreadableEntry if it cannot be read, or after the frames before if not to its end.
        """
        try:
            with open_video(file) as video:
                reading = Reading(video, 1 / self.fps, _MAX_MEGAPIXELS)
                for number, frame in enumerate(reading):
                    yield Entry(f"{number:05d}.jpg", partial(_jpeg, frame.image), clip=name, frame=number)
                fault = reading.fault()
        except Undecodable as error:
            fault = error
        if fault is not None:
            raise UnreadableEntry(f"unreadable video: {fault.reason}: {fault.detail}")


def _jpeg(image: Image.Image) -> IO[bytes]:
    return io.BytesIO(encode(image, jpeg_quality=_QUALITY))
