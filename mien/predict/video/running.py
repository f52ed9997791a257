"""What `mien predict` does with a video file and with the camera."""

import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import typer
from tqdm import tqdm

from mien.convert.decoding.reasons import Undecodable
from mien.core.errors import Stopped
from mien.core.files import replacing_file
from mien.core.plural import plural
from mien.predict.annotating import safe_name, unused
from mien.predict.drawing.timeline import timeline
from mien.predict.engine import Engine
from mien.predict.rows import Row
from mien.predict.video.annotating import write_annotated
from mien.predict.video.answering import answered, searched, searched_live
from mien.predict.video.camera import WEBCAM, live_frames, open_camera
from mien.predict.video.pooling import pooled
from mien.predict.video.smoothing import smoothed
from mien.video.frames import Reading
from mien.video.opening import open_video

Show = Callable[[Row], None]


@dataclass(frozen=True)
class VideoOptions:
    """What is asked of a video.

    Args:
        every_s: seconds from one answered frame to the next; 0 answers all.
        search_every_s: seconds from one search for faces to the next; 0 searches all answered frames.
        smooth_s: the window over which answers are smoothed; 0 leaves them as they are. For a temporal model, the length of a clip; 0 takes
            all frames of a face for one.
        plot: the PNG file of the timeline; None for none.
    """

    every_s: float = 0.2
    search_every_s: float = 0.4
    smooth_s: float = 0.0
    plot: Path | None = None


def run_video(
    source: str,
    engine: Engine,
    show: Show,
    options: VideoOptions,
    *,
    all_faces: bool,
    threshold: float | None,
    workers: int,
    annotate: Path | None,
    out: Path | None,
) -> int:
    """Answers a video file; returns 1 if it has no answer or cannot be read to its end, else 0."""
    video = unused(annotate / safe_name(Path(source).name).with_suffix(".mp4")) if annotate else None
    kept: list[list[Row]] = []
    numbers: set[int] = set()
    num_frames = num_without = num_faults = 0
    rows = video_rows(source, engine, options, all_faces=all_faces, threshold=threshold, workers=workers)
    for own in tqdm(rows, desc="predict", unit="frame", disable=not sys.stderr.isatty()):
        for row in own:
            show(row)
        if own[0].reason not in (None, "no_face"):
            num_faults += 1
            continue
        num_frames += 1
        num_without += own[0].reason is not None
        numbers |= {row.face for row in own if row.face}
        if video is not None or options.plot is not None:
            kept.append(own)
    declared = _declared(engine, options)
    if video is not None and kept:
        write_annotated(Path(source), video, kept, engine.answer)
    if options.plot is not None and kept:
        note = f"model {engine.answer.name}; probabilities {declared}{'; grey marks: not sure' if threshold is not None else ''}"
        with replacing_file(options.plot) as temporary:
            timeline(kept, engine.answer.classes, title=Path(source).name, note=note).save(temporary, "PNG")
    if num_frames:
        told = f"predict: {plural(num_frames, 'frame')}, {num_without} without a face, {plural(len(numbers), 'face')}; answers {declared}"
        typer.echo(told + (f"; all columns are in {out}" if out else ""), err=True)
    return int(num_faults > 0 or num_without == num_frames)


def _declared(engine: Engine, options: VideoOptions) -> str:
    """What was done with the answers over time, in words."""
    if engine.pooling is not None:
        what = f"those within {options.smooth_s:g} s" if options.smooth_s else "all"
        return f"pooled from {what} of the frames of a face"
    return f"smoothed over {options.smooth_s:g} s" if options.smooth_s else "not smoothed"


def video_rows(
    source: str, engine: Engine, options: VideoOptions, *, all_faces: bool, threshold: float | None, workers: int = 0
) -> Iterator[list[Row]]:
    """Yields the rows of each answered frame of a video file, and at last, if it cannot be read, or not to its end, one with the reason."""
    try:
        with open_video(Path(source)) as video:
            reading = Reading(video, options.every_s, engine.answer.decode.max_megapixels)
            frames = searched(reading, engine.answer, search_every_s=options.search_every_s, workers=workers)
            rows = answered(source, frames, engine, all_faces=all_faces, threshold=threshold)
            if engine.pooling is not None:
                rows = pooled(rows, engine.pooling, engine.answer, window_s=options.smooth_s, threshold=threshold)
            elif options.smooth_s:
                rows = smoothed(rows, engine.answer, window_s=options.smooth_s, threshold=threshold)
            yield from rows
            if (fault := reading.fault()) is not None:
                yield [Row(source, reason=fault.reason, detail=fault.detail, time_s=reading.end_s)]
    except Undecodable as fault:
        yield [Row(source, reason=fault.reason, detail=fault.detail)]


def run_camera(engine: Engine, show: Show, *, all_faces: bool, threshold: float | None, every_s: float) -> int:
    """Answers frames of the camera until Ctrl-C; returns 0. Raises PredictError if it cannot be opened, or stops by itself."""
    with closing(camera_rows(engine, all_faces=all_faces, threshold=threshold, every_s=every_s)) as frames:
        typer.echo("predict: answers for what the camera shows; nothing of it is stored; Ctrl-C ends", err=True)
        try:
            for rows in frames:
                for row in rows:
                    show(row)
        except Stopped as stop:
            if stop.signum != signal.SIGINT:
                raise
    return 0


def camera_rows(engine: Engine, *, all_faces: bool, threshold: float | None, every_s: float) -> Generator[list[Row]]:
    """Yields the rows of frames of the camera. Raises PredictError."""
    with live_frames(open_camera(), every_s=every_s) as frames:
        yield from answered(WEBCAM, searched_live(frames, engine.answer), engine, all_faces=all_faces, threshold=threshold, batch=1)
