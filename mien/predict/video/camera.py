"""The frames of the computer's camera, as they come."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mien.core.errors import PredictError
from mien.video.frames import Frame
from mien.video.opening import load_av
from mien.video.upright import upright_image

WEBCAM = "webcam"
"""stands for the default camera as a source"""
_KINDS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
_PLACES = {"v4l2": "/dev/video0", "avfoundation": "default"}
_OPTIONS = {"avfoundation": {"framerate": "30"}}
_REMEDIES = {
    "v4l2": "connect a camera, end other programs that use it, and join the group `video` if permission is denied",
    "avfoundation": "connect a camera, and allow your terminal to use it in System Settings, Privacy & Security, Camera",
    "dshow": "connect a camera, and allow desktop apps to use it in Settings, Privacy & security, Camera",
}
_STOP_S = 2.0


def open_camera(system: str = sys.platform) -> Any:
    """The default camera as a container of PyAV. Raises PredictError if there is none, or if it may not be used."""
    av = load_av()
    if (kind := _KINDS.get(system)) is None:
        raise PredictError(f"{WEBCAM}: cameras of {system} cannot be read; record a video, and name its file")
    try:
        return av.open(_PLACES.get(kind) or _first_of_windows(), "r", format=kind, options=_OPTIONS.get(kind, {}))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        said = " ".join((getattr(error, "strerror", None) or str(error)).split())
        raise PredictError(f"{WEBCAM}: the camera cannot be opened ({said}); {_REMEDIES[kind]}") from None


@contextmanager
def live_frames(camera: Any, *, every_s: float) -> Iterator[Iterator[Frame]]:
    """The frames of an opened camera, which is closed at the end. Raises PredictError if it fails meanwhile.

    Each time one is asked for, it is the newest, at least `every_s` after the last: a thread reads the camera, so that frames for which
    there was no time do not queue up. Their times are those of this computer's clock.
    """
    newest = _Newest(camera)
    try:
        yield _frames(newest, every_s, camera.streams.video[0].sample_aspect_ratio)
    finally:
        newest.stop()  # before the camera is closed, from which its thread reads
        camera.close()


def _frames(newest: "_Newest", every_s: float, aspect: Any) -> Iterator[Frame]:
    first_s: float | None = None
    due_s = 0.0
    while (found := newest.take(due_s)) is not None:
        at_s, frame = found
        first_s = at_s if first_s is None else first_s
        due_s = at_s + every_s
        yield Frame(at_s - first_s, upright_image(frame, aspect))


class _Newest:
    """Holds the newest frame, which a thread reads."""

    def __init__(self, camera: Any) -> None:
        self._frame: tuple[float, Any] | None = None
        self._fault: Exception | None = None
        self._is_over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(camera,), daemon=True)
        self._thread.start()

    def take(self, due_s: float) -> tuple[float, Any] | None:
        """Waits for a frame that was read at `due_s` or later and takes it; None when the camera has ended. Raises PredictError."""
        with self._changed:
            while self._frame is None or self._frame[0] < due_s:
                if self._is_over:
                    if self._fault is not None:
                        raise PredictError(f"{WEBCAM}: the camera stopped ({' '.join(str(self._fault).split())}); connect it again")
                    return None
                self._changed.wait()
            found, self._frame = self._frame, None
            return found

    def stop(self) -> None:
        """Ends the thread."""
        self._is_over = True
        self._thread.join(_STOP_S)

    def _read(self, camera: Any) -> None:
        try:
            for frame in camera.decode(video=0):
                with self._changed:
                    self._frame = (time.monotonic(), frame)
                    self._changed.notify()
                if self._is_over:
                    return
        except Exception as error:  # told by the thread that waits
            self._fault = error
        with self._changed:
            self._is_over = True
            self._changed.notify()


def _first_of_windows() -> str:
    """The first camera of Windows, where DirectShow knows no default. Raises ValueError if there is none."""
    from av.device import enumerate_input_devices

    name = next((device.name for device in enumerate_input_devices("dshow") if "video" in device.media_types), None)
    if name is None:
        raise ValueError("there is none")
    return f"video={name}"
