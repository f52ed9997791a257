"""Clips: recordings whose frames are images of the pipeline.

The columns `clip` (a name) and `frame` (a whole number, in the order of time) of ingest.metadata say which images are frames, and `ingest`
writes both for the frames of a video file. data/raw/files.parquet holds them in its column `metadata`, so that the tables of a set without
clips are the same as before there were clips.
"""

import json

import pandas as pd

CLIP, FRAME = "clip", "frame"


def clips_of(files: pd.DataFrame) -> pd.DataFrame:
    """The columns clip (None without) and frame (pandas' Int64), with the index of `files`, which has the column metadata of FILES."""
    if files["metadata"].isna().all():
        told: list[tuple[str | None, int | None]] = [(None, None)] * len(files)
    else:
        told = [_of_text(text) for text in files["metadata"]]
    clip, frame = zip(*told, strict=True) if told else ((), ())
    return pd.DataFrame({CLIP: pd.Series(clip, files.index, dtype=object), FRAME: pd.Series(frame, files.index, dtype="Int64")})


def _of_text(text: object) -> tuple[str | None, int | None]:
    told = json.loads(text) if isinstance(text, str) else {}
    return (told[CLIP], int(told[FRAME])) if told.get(CLIP) else (None, None)


def with_clips(files: pd.DataFrame) -> pd.DataFrame:
    """`files` (with the column metadata of FILES) with the further columns clip and frame."""
    found = clips_of(files)
    return files.assign(clip=found[CLIP], frame=found[FRAME])


def has_clips(rows: pd.DataFrame) -> bool:
    """Whether any of the rows is a frame; rows without a column clip are none."""
    return CLIP in rows and bool(rows[CLIP].notna().any())


def wholes(rows: pd.DataFrame) -> pd.Series:
    """What each row (path and perhaps clip) is a part of, as a number with the index of `rows`: its clip, or the file itself.

    Rows of one clip have one number, and no still image has that of a clip. Wholes are numbered from 0 in the order of their first rows.
    With numbers, tables of a million rows are grouped by wholes in a few seconds, with clips or without.
    """
    name = rows["path"]
    if has_clips(rows):
        name = ("file " + name).where(rows[CLIP].isna(), "clip " + rows[CLIP].astype(str))
    return pd.Series(pd.factorize(name)[0], rows.index)
