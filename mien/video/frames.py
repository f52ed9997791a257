"""The frames of a video with their time stamps, and what is wrong with the video where it cannot be read to its end."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from mien.convert.decoding.reasons import Undecodable
from mien.video.opening import Video, load_av
from mien.video.upright import upright_image

_ASSUMED_RATE = 25.0  # frames per second of a stream that has neither time stamps nor a rate
_MISSING_S = 0.5  # more than this must be missing at its end before a video is called truncated


@dataclass(frozen=True)
class Frame:
    """An upright RGB frame, and its presentation time in seconds after the first frame."""

    time_s: float
    image: Image.Image


@dataclass
class Reading:
    """Reads the frames of a video once, in the order of presentation.

    Args:
        video: the opened video.
        every_s: the first frame of each interval of so many seconds is taken; 0 takes all.
        max_megapixels: larger frames are refused.
    """

    video: Video
    every_s: float
    max_megapixels: float
    end_s: float = 0.0
    """the end of the last decoded frame"""
    num_damaged: int = 0
    """packets and frames that could not be decoded"""
    num_frames: int = field(default=0)

    def __iter__(self) -> Iterator[Frame]:
        """The taken frames. Raises Undecodable if a frame is too large, or if no frame can be decoded."""
        due = 0
        for time_s, frame in self._stamped():
            if frame.width * frame.height > self.max_megapixels * 1e6:
                raise Undecodable("too_large", f"frames of {frame.width} x {frame.height} px")
            if self.every_s and time_s < due * self.every_s - 1e-6:
                continue
            due = math.floor(time_s / self.every_s + 1e-6) + 1 if self.every_s else 0
            yield Frame(time_s, upright_image(frame, self.video.stream.sample_aspect_ratio))
        if not self.num_frames:
            raise Undecodable("corrupt", "no frame can be decoded") if self.num_damaged else Undecodable("empty", "a video without frames")

    def fault(self) -> Undecodable | None:
        """What is wrong with a video whose frames were read: its end is missing, or frames could not be decoded."""
        expected_s = self._expected_s()
        if expected_s is not None and expected_s - self.end_s > _MISSING_S:
            return Undecodable("truncated", f"{self.end_s:.1f} s of {expected_s:.1f} s can be decoded")
        if self.num_damaged:
            return Undecodable("corrupt", f"{self.num_damaged} parts of it cannot be decoded and were left out")
        return None

    def _stamped(self) -> Iterator[tuple[float, Any]]:
        """Each frame with its time: by its time stamp, or by its number and the stream's rate if it has none."""
        rate = float(self.video.stream.average_rate or self.video.stream.guessed_rate or _ASSUMED_RATE)
        first: float | None = None
        time_s = 0.0
        for frame in self._decoded():
            stamp = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else None
            if first is None:
                first = stamp or 0.0
            at_s = self.num_frames / rate if stamp is None else stamp - first
            if at_s < time_s:  # a recording that starts its clock again continues where it was
                first -= time_s + 1 / rate - at_s
                at_s = time_s + 1 / rate
            time_s = at_s
            self.num_frames += 1
            self.end_s = time_s + float((frame.duration or 0) * (frame.time_base or 0))
            yield time_s, frame

    def _decoded(self) -> Iterator[Any]:
        errors = load_av().error
        packets = self.video.container.demux(self.video.stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except errors.EOFError:
                return
            except (errors.InvalidDataError, errors.PatchWelcomeError, errors.BugError):
                self.num_damaged += 1  # of one packet: the next ones may be whole
                continue
            except (errors.FFmpegError, OSError):  # of the file, which cannot be read on
                self.num_damaged += 1
                return
            for frame in frames:
                if frame.is_corrupt:
                    self.num_damaged += 1
                else:
                    yield frame

    def _expected_s(self) -> float | None:
        """The length of the video, from the container; None if it does not tell that of the pictures apart from that of the sound."""
        stream, container = self.video.stream, self.video.container
        if stream.duration:
            return float(stream.duration * stream.time_base)
        return container.duration / 1e6 if container.duration and len(container.streams) == 1 else None
