"""The camera, with a stand-in for what PyAV opens: which device is asked for, what is said if it is refused, and that no frame waits."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import av
import numpy as np
import pytest

from mien.core.errors import PredictError, Stopped
from mien.predict.engine import Engine
from mien.predict.rows import Row
from mien.predict.video import running
from mien.predict.video.camera import live_frames, open_camera
from tests.predict.network import answer, write_network

NAMES = {"linux": ("/dev/video0", "v4l2"), "darwin": ("default", "avfoundation"), "win32": ("video=Lens", "dshow")}


class Camera:
    """Shows frames of rising brightness, each `pace_s` after the last, until it is closed, has shown `num`, or fails."""

    def __init__(self, *, num: int = 10_000, pace_s: float = 0.005, error: Exception | None = None) -> None:
        self.num, self.pace_s, self.error = num, pace_s, error
        self.num_shown, self.is_closed = 0, False
        self.streams = SimpleNamespace(video=[SimpleNamespace(sample_aspect_ratio=None)])

    def decode(self, *, video: int) -> Iterator[av.VideoFrame]:
        assert video == 0
        for number in range(self.num):
            assert not self.is_closed, "it is read no longer once it is closed"
            time.sleep(self.pace_s)
            self.num_shown = number + 1
            yield av.VideoFrame.from_ndarray(np.full((48, 64, 3), min(250, number), np.uint8), "rgb24")
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("system", NAMES)
def test_the_default_camera_of_each_system_is_asked_for(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    devices = [av.device.DeviceInfo("Microphone", "", True, ["audio"]), av.device.DeviceInfo("Lens", "", False, ["video"])]
    monkeypatch.setattr("av.device.enumerate_input_devices", lambda name: devices if name == "dshow" else [])
    asked = []
    monkeypatch.setattr(av, "open", lambda place, *_, format, **__: asked.append((place, format)) or "camera")  # type: ignore[func-returns-value]
    assert open_camera(system) == "camera" and asked == [NAMES[system]]


@pytest.mark.parametrize("system", NAMES)
@pytest.mark.parametrize(
    "error", [av.error.FileNotFoundError(2, "No such file or directory"), av.error.PermissionError(13, "Permission denied")]
)
def test_a_camera_that_is_missing_or_refused_is_a_line_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, system: str, error: Exception
) -> None:
    monkeypatch.setattr("av.device.enumerate_input_devices", lambda _: [])
    monkeypatch.setattr(av, "open", lambda *_, **__: (_ for _ in ()).throw(error))
    with pytest.raises(PredictError, match=r"^webcam: the camera cannot be opened \(.+\); connect a camera") as caught:
        open_camera(system)
    assert "\n" not in str(caught.value)
    with pytest.raises(PredictError, match="name its file"):
        open_camera("plan9")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux names its devices by files")
def test_this_machine_s_camera_opens_or_says_why_not() -> None:
    try:
        open_camera().close()
    except PredictError as error:
        assert str(error).startswith("webcam: the camera cannot be opened")  # noqa: PT017


def test_each_frame_is_the_newest_and_none_is_read_after_the_end() -> None:
    camera = Camera()
    with live_frames(camera, every_s=0.03) as frames:
        first = next(frames)
        time.sleep(0.1)  # meanwhile frames are shown that nobody asks for
        shown = camera.num_shown
        second, third = next(frames), next(frames)
    assert camera.is_closed and first.time_s == 0 and third.time_s - second.time_s >= 0.03
    assert second.image.getpixel((5, 5))[0] >= min(250, shown - 2), "not one of those that were shown before"
    assert not any("_read" in thread.name for thread in threading.enumerate())


def test_a_camera_that_ends_or_fails_ends_the_frames() -> None:
    with live_frames(Camera(num=5), every_s=0) as frames:
        assert 1 <= len(list(frames)) <= 5
    with (
        live_frames(Camera(num=5, error=av.error.OSError(19, "No such device")), every_s=0) as frames,
        pytest.raises(PredictError, match="connect it again"),
    ):
        list(frames)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_camera_without_an_error_and_sigterm_with_one(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], signum: int
) -> None:
    camera = Camera()
    monkeypatch.setattr(running, "open_camera", lambda: camera)
    engine = Engine.load(write_network(tmp_path / "colours.onnx", answer()))
    rows: list[Row] = []

    def show(row: Row) -> None:
        rows.append(row)
        if len(rows) == 3:
            raise Stopped(signum)

    def run() -> int:
        return running.run_camera(engine, show, all_faces=True, threshold=0.6, every_s=0.01)

    if signum == signal.SIGINT:
        assert run() == 0
    else:
        with pytest.raises(Stopped):
            run()
    assert camera.is_closed and [row.path for row in rows] == ["webcam"] * 3 and rows[0].time_s == 0 < rows[1].time_s < rows[2].time_s
    assert "Ctrl-C" in capsys.readouterr().err
