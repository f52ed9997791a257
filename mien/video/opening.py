"""Recognises video files by their content, and opens them with PyAV, which the extra `video` installs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from mien.convert.decoding.reasons import Undecodable
from mien.core.errors import PredictError
from mien.store.signatures import HEAD_BYTES, signature

# FFmpeg's names of containers. Others are not tried, above all playlists (HLS, concat), which make a reader open other files and addresses.
CONTAINERS = "mov,matroska,avi,asf,flv,ogg,mpeg,mpegts,mpegvideo,mxf,dv,rm,wtv,nut,ivf,h264,hevc,h263,m4v,vc1,av1,obu,yuv4mpegpipe"
_BEGINNINGS = (b"\x1aE\xdf\xa3", b"FLV\1", b"OggS", b"0&\xb2u\x8ef\xcf\x11", b"\0\0\1\xba", b"\0\0\1\xb3", b"\6\x0e+4\2\5\1\1", b".RMF")
_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide")
VIDEO_HEAD_BYTES = 4 + 2 * 192 + 1  # reaches into the third packet of an MPEG transport stream


@dataclass(frozen=True)
class Video:
    """An opened video: a container of PyAV and its video stream."""

    container: Any
    stream: Any


def load_av() -> ModuleType:
    """PyAV. Raises PredictError if it is not installed."""
    try:
        import av
        import av.error
    except ImportError:
        raise PredictError("PyAV, which reads videos and cameras, is not installed; install it with: pip install 'mien[video]'") from None
    return av


def is_video(path: Path) -> bool:
    """Whether a file is a video, whatever its name is; images, also moving ones, are not.

    Raises PredictError if it begins like a video and PyAV is not installed.
    """
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(VIDEO_HEAD_BYTES)
    except OSError:
        return False
    if not head or signature(head[:HEAD_BYTES]):
        return False
    if begins_like_a_video(head):
        load_av()
        return True
    try:
        with open_video(path):
            return True
    except (PredictError, Undecodable):
        return False


@contextmanager
def open_video(source: Path | IO[bytes]) -> Iterator[Video]:
    """The video of a file, which may be open already.

    Raises Undecodable if it cannot be opened or holds only sound, and PredictError if PyAV is not installed.
    """
    av = load_av()
    with ExitStack() as stack:
        try:
            file = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
            container = stack.enter_context(av.open(file, "r", options={"format_whitelist": CONTAINERS}))
        except (av.error.FFmpegError, OSError) as error:
            reason = " ".join((error.strerror or type(error).__name__).split())
            raise Undecodable("corrupt", f"it cannot be opened as a video, perhaps because its end is missing: {reason}") from None
        if not container.streams:
            raise Undecodable("corrupt", "nothing is found in it, perhaps because its end is missing")
        stream = next((s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic), None)
        if stream is None:
            raise Undecodable(
                "unsupported", "a file with sound, but without a video" if container.streams.audio else "a file without a video"
            )
        if stream.codec_context is None:
            raise Undecodable("unsupported", "a video in a format for which PyAV has no decoder")
        stream.thread_type = "AUTO"
        yield Video(container, stream)


def begins_like_a_video(head: bytes) -> bool:
    """Whether these are the first bytes of a common container; so a video that cannot be opened is not taken for a photograph."""
    if signature(head[:HEAD_BYTES]):
        return False  # HEIC has the container of MP4
    if head.startswith(_BEGINNINGS) or (head.startswith(b"RIFF") and head[8:11] == b"AVI") or head[4:8] in _ATOMS:
        return True
    return any(head[at::size][:3] == b"GGG" for at, size in ((0, 188), (4, 192)))
