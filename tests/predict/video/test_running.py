"""`mien predict` on videos, from the file to the lines, the table, the plot and the annotated video."""

import csv
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mien.cli.app import app
from mien.config.sections.faces import FaceParams
from mien.core.errors import PredictError
from mien.predict.drawing.annotation import layout_for
from mien.predict.drawing.overlay import overlay
from mien.predict.engine import Engine
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from mien.predict.run import run
from mien.predict.video.annotating import rows_at, write_annotated
from mien.predict.video.running import VideoOptions
from tests.predict.network import answer, write_network
from tests.predict.video.films import BLUE, GREEN, RED, marked, pasted, portrait, write_video
from tests.surroundings import Outcome, leftovers, run_here

TIMES_S = [0.0, 0.1, 0.25, 0.3, 0.7, 0.9, 1.3]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write_network(tmp_path / "colours.onnx", answer())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A video of changing rates that is red at first and blue later, under the name of a photograph."""
    images = [Image.new("RGB", (128, 96), RED if time_s < 0.5 else BLUE) for time_s in TIMES_S]
    path = write_video(tmp_path / "film.mp4", images, TIMES_S, turn_deg=90)
    return path.rename(tmp_path / "film.jpg")


def mien(*arguments: str | Path, root: Path) -> Outcome:
    return run_here(app, "predict", *map(str, arguments), root=root)


def test_a_video_has_a_line_and_a_record_for_each_answered_frame(film: Path, network: Path, tmp_path: Path) -> None:
    found = mien(film, "--model", network, "--every", "0", "--out", "rows.csv", "--plot", "plot.png", "--annotate", "seen", root=tmp_path)
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    assert [line.split(" at ")[1].split(":")[0] for line in lines] == [f"{time_s:.2f} s" for time_s in TIMES_S]
    assert lines[0].endswith(": happy 71%, sad 15%") and "angry" in lines[-1].partition(": ")[2].split(",")[0]
    assert "7 frames, 0 without a face" in found.err and "not smoothed" in found.err
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    assert [float(record["time_s"]) for record in records] == pytest.approx(TIMES_S)
    assert [record["label"] for record in records] == ["happy"] * 4 + ["angry"] * 3 and {record["face"] for record in records} == {"0"}
    assert "raw_p_happy" not in records[0]
    with Image.open(tmp_path / "plot.png") as plot:
        assert plot.format == "PNG" and plot.width == 1200
    with av.open(str(tmp_path / "seen" / "film.mp4")) as video:
        frames = list(video.decode(video=0))
    assert [float(frame.pts * frame.time_base) for frame in frames] == pytest.approx(TIMES_S)
    layout = layout_for((96, 128), answer(), num_panels=1)  # the frames are turned
    assert (frames[0].width, frames[0].height) == layout.size_px
    width, height = layout.picture_px
    for frame, colour in zip(frames, [RED] * 4 + [BLUE] * 3, strict=True):
        pixels = frame.to_ndarray(format="rgb24")
        np.testing.assert_allclose(pixels[4 : height - 4, 4 : width - 4].mean((0, 1)), colour, atol=12)
        assert pixels[-4:, width + 4 :].min() > 235, "paper"
    assert leftovers(tmp_path) == []
    again = mien(film, "--model", network, "--annotate", "seen", root=tmp_path)
    assert again.code == 2 and "film.mp4, which is not replaced" in again.err and again.out == ""


def test_smoothing_is_declared_and_keeps_the_answers_of_single_frames(film: Path, network: Path, tmp_path: Path) -> None:
    found = mien(film, "--model", network, "--every", "0", "--smooth", "1", "--out", "rows.parquet", root=tmp_path)
    assert found.code == 0 and "smoothed over 1 s" in found.err
    table = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert table[0]["raw_p_happy"] == pytest.approx(0.71, abs=0.02) and table[0]["p_happy"] == pytest.approx(
        table[0]["raw_p_happy"], abs=0.02
    )
    assert table[4]["raw_p_angry"] > 0.69 > table[4]["p_angry"], "at 0.7 s, red frames are in the window"


def test_frames_are_sampled_at_the_asked_interval(film: Path, network: Path, tmp_path: Path) -> None:
    found = mien(film, "--model", network, "--every", "0.5", root=tmp_path)
    assert [line.split(" at ")[1].split(":")[0] for line in found.out.splitlines()] == ["0.00 s", "0.70 s", "1.30 s"]


@pytest.mark.parametrize("kind", ["cut", "sound"])
def test_a_video_that_cannot_be_read_is_a_line_with_a_reason(network: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "film.mp4"
    if kind == "cut":
        content = write_video(path, [Image.new("RGB", (64, 48), RED)] * 5, TIMES_S[:5]).read_bytes()
        path.write_bytes(content[:200])
    else:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=44100)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.int16), format="s16", layout="mono")
            frame.rate = 44100
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    found = mien(path, "--model", network, "--out", "rows.jsonl", "--annotate", "seen", "--plot", "plot.png", root=tmp_path)
    assert found.code == 1 and len(found.out.splitlines()) == 1
    assert {"cut": "corrupt (", "sound": "unsupported (a file with sound, but without a video"}[kind] in found.out
    assert (tmp_path / "rows.jsonl").read_text().count("\n") == 1 and leftovers(tmp_path) == []
    assert not (tmp_path / "seen").exists() and not (tmp_path / "plot.png").exists()


def test_options_that_do_not_suit_the_source_are_refused_before_any_work(film: Path, network: Path, tmp_path: Path) -> None:
    Image.new("RGB", (60, 60), GREEN).save(tmp_path / "a.png")
    (tmp_path / "photos").mkdir()
    for arguments, words in (
        (["a.png", "--plot", "p.png"], "--plot is for video files, and a.png is none"),
        (["a.png", "--smooth", "1"], "--smooth is for video files"),
        ([film, "--plot", "p.pdf"], "the suffix must be .png"),
        (["webcam", "--annotate", "seen"], "nothing that the camera shows is stored"),
        (["webcam", "--smooth", "1"], "--smooth is for video files, and webcam is none"),
        (["photos", "--annotate", "photos"], "within the source"),
    ):
        found = mien(*arguments, "--model", network, root=tmp_path)
        assert found.code == 2 and words in found.err and found.out == "" and len(found.err.strip().splitlines()) == 1, found.err


def test_photographs_are_annotated_under_their_names(network: Path, tmp_path: Path) -> None:
    for name, colour in (("red.png", RED), ("sub/blue.jpg", BLUE)):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (260, 250), colour).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no image")
    found = mien("photos", "--model", network, "--annotate", "seen", "--workers", "1", root=tmp_path)
    assert found.code == 1, found.err
    assert sorted(str(path.relative_to(tmp_path / "seen")) for path in (tmp_path / "seen").rglob("*.*")) == ["red.png", "sub/blue.jpg"]
    with Image.open(tmp_path / "seen/red.png") as picture:
        assert picture.crop((0, 0, 260, 250)).getcolors() == [(260 * 250, RED)]
    single = mien("photos/red.png", "--model", network, "--annotate", "seen/more", root=tmp_path)
    assert single.code == 0 and [path.name for path in (tmp_path / "seen/more").iterdir()] == ["red.png"]
    assert mien("photos/red.png", "--model", network, "--annotate", "photos", root=tmp_path).code == 2, "the source is not replaced"
    with Image.open(tmp_path / "photos/red.png") as image:
        assert image.size == (260, 250)


def test_a_video_in_a_list_is_said_to_be_one(film: Path, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", iter([f"{film}\n"]))
    found = mien("-", "--model", network, root=tmp_path)
    assert found.code == 1 and "unsupported (a video, which is answered only if it is the source itself)" in found.out


def test_without_pyav_a_video_is_one_line(film: Path, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    found = mien(film, "--model", network, root=tmp_path)
    assert found.code == 2 and "pip install 'mien[video]'" in found.err and len(found.err.strip().splitlines()) == 1


def test_drawn_faces_are_found_followed_and_numbered_by_the_real_detector(tmp_path: Path) -> None:
    engine = Engine.load(write_network(tmp_path / "colours.onnx", answer(faces=FaceParams(size_px=48))))
    faces = [portrait(5, label="sad"), portrait(5, label="happy")]
    images = [pasted((400, 160), [(faces[0], (4 * number, 10)), (faces[1], (250 - 4 * number, 10))]) for number in range(7)]
    path = write_video(tmp_path / "film.mp4", images, [0.1 * number for number in range(7)])
    options = VideoOptions(every_s=0.1, search_every_s=0.3)
    assert run(str(path), engine, out=tmp_path / "rows.parquet", all_faces=True, min_accuracy=None, workers=1, video=options) == 0
    table = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    lefts = {number: [record["left"] for record in table if record["face"] == number] for number in (1, 2)}
    assert len(table) == 14 and all(len(each) == 7 for each in lefts.values())
    moves = sorted(np.polyfit(range(7), each, 1)[0] for each in lefts.values())
    assert moves == pytest.approx([-4, 4], abs=1)


def test_boxes_move_between_answered_frames_in_an_annotated_video(tmp_path: Path) -> None:
    def face(time_s: float, left: float) -> Row:
        box = (left, 40.0, left + 50, 90.0)
        return Row("f", 1, 1, FaceImage(np.zeros((0, 0, 3), np.uint8), box, 1.0), [0.8, 0.1, 0.1], "happy", False, time_s=time_s)

    answered = [[face(0.0, 10)], [face(0.4, 50)], [Row("f", reason="no_face", time_s=0.8)]]
    places = {time_s: rows_at(answered, time_s)[0] for time_s in (0.0, 0.1, 0.3, 0.4, 0.6, 0.8, 2.0)}
    assert [row.image and row.image.box[0] for row in places.values()] == [10, 20, 40, 50, 50, None, None]
    images = [marked((300, 250), [((10 + 10 * number, 40, 60 + 10 * number, 90), GREEN)]) for number in range(5)]
    source = write_video(tmp_path / "film.mp4", images, [0.1 * number for number in range(5)], codec="libx264", crf="1")
    write_annotated(source, tmp_path / "seen.mp4", answered, answer())
    with av.open(str(tmp_path / "seen.mp4")) as video:
        for number, frame in enumerate(video.decode(video=0)):
            pixels = frame.to_ndarray(format="rgb24").astype(int)[:250, :300]
            outside = np.ones((250, 300), bool)
            outside[20:94, max(0, 10 * number - 4) : 10 * number + 140] = False
            assert np.abs(pixels - np.asarray(images[number]))[outside].mean() < 4
            assert np.abs(pixels - np.asarray(images[number]))[41:44, 10 + 10 * number : 55 + 10 * number].mean() > 10, "the box"


def test_maps_move_with_their_faces_and_change_with_their_answers() -> None:
    def face(time_s: float, left: float, label: str) -> Row:
        corners = ((left, 40.0), (left + 50, 40.0), (left + 50, 90.0), (left, 90.0))
        image = FaceImage(np.zeros((0, 0, 3), np.uint8), (left, 40.0, left + 50, 90.0), 1.0, corners=corners)
        maps_Khw = np.zeros((3, 2, 2), np.float32)
        maps_Khw[0], maps_Khw[1] = [[1, 0], [0, 0]], [[0, 0], [0, 2]]
        return Row("f", 1, 1, image, [0.8, 0.1, 0.1], label, False, time_s=time_s, maps=maps_Khw)

    answered = [[face(0.0, 10, "happy")], [face(0.4, 50, "sad")]]
    corners = {time_s: row.image and row.image.corners for time_s in (0.0, 0.1, 0.4, 0.9) for row in rows_at(answered, time_s)}
    assert [found and found[0] for found in corners.values()] == [(10, 40), (20, 40), (50, 40), (50, 40)]
    hot = {time_s: np.argwhere(rows_at(answered, time_s)[0].map(answer()) == 1).tolist() for time_s in (0.0, 0.3, 0.4)}
    assert hot == {0.0: [[0, 0]], 0.3: [[0, 0]], 0.4: [[1, 1]]}


def test_an_explained_video_is_grey_and_coloured_where_the_plain_one_is_not(film: Path, network: Path, tmp_path: Path) -> None:
    for name, options in (("plain", ()), ("explained", ("--explain",))):
        assert mien(film, "--model", network, "--annotate", name, *options, root=tmp_path).code == 0
    first = {}
    for name in ("plain", "explained"):
        with av.open(str(tmp_path / name / "film.mp4")) as video:
            first[name] = next(video.decode(video=0)).to_ndarray(format="rgb24").astype(int)[20:180, 20:180].mean(axis=(0, 1))
    assert first["plain"] == pytest.approx(RED, abs=12), "the whole frame is the face, and evenly red"
    expected = overlay(np.full((1, 1, 3), RED, np.uint8), np.ones((1, 1)))[0, 0]
    assert first["explained"] == pytest.approx(expected, abs=12)


def test_a_video_without_a_face_has_no_answer(tmp_path: Path) -> None:
    engine = Engine.load(write_network(tmp_path / "colours.onnx", answer(faces=FaceParams(size_px=48, turns=False))))
    path = write_video(tmp_path / "film.mp4", [Image.new("RGB", (64, 48), RED)] * 2, [0, 0.3])
    assert run(str(path), engine, out=None, all_faces=True, min_accuracy=None, workers=1, annotate=tmp_path / "seen") == 1
    assert (tmp_path / "seen/film.mp4").is_file()
    with pytest.raises(PredictError, match="there is no"):
        run(str(tmp_path / "other.mp4"), engine, out=None, all_faces=True, min_accuracy=None)
