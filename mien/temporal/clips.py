"""The clips of a split: which rows are the frames of each, in which order, and what is known of the clip as a whole."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.core.errors import TableError
from mien.split.units import units
from mien.store.clips import clips_of, has_clips
from mien.store.tables import SPLIT_NAMES


@dataclass(frozen=True)
class Clips:
    """The clips of all splits.

    Args:
        frames: the rows of SPLITS that are frames, with clip and frame, in the order of clip and time.
        rows: one row per clip, in the order of their names: `path` is the name, `sample_id` and `part` are those of the first frame; label,
            split, subject, `flag` (the first of a flagged frame), `unit` (what is drawn together in a bootstrap) and `num_frames`.
        places: for each clip the places of its frames in `frames`.
    """

    frames: pd.DataFrame
    rows: pd.DataFrame
    places: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, splits: pd.DataFrame, files: pd.DataFrame) -> Self:
        """The clips among the rows of SPLITS, by FILES. Raises TableError if training, validation or test have none."""
        told = clips_of(files).set_index(files["path"])
        frames = splits.join(told, on="path")
        if not has_clips(frames):
            raise TableError(
                "temporal models need clips, but no image of a split is a frame of one; name clip and frame of each in ingest.metadata, "
                "or set ingest.video_fps for video files (docs/video.md), or remove the entries under temporal in params.yaml"
            )
        frames = frames.assign(unit=pd.concat([units(part) for _, part in frames.groupby("split")]))
        frames = frames.dropna(subset="clip").sort_values(["clip", "frame", "path"], ignore_index=True)
        by_clip = frames.groupby("clip")
        flag, num_frames = by_clip["flag"].first(), by_clip.size()
        first = frames.drop_duplicates("clip").reset_index(drop=True)
        rows = first.assign(
            path=first["clip"],
            flag=first["clip"].map(flag).astype(object).where(lambda found: found.notna(), None),
            num_frames=first["clip"].map(num_frames),
        )
        for name in SPLIT_NAMES:
            if name not in set(rows["split"]):
                raise TableError(
                    f"temporal models need clips in every split, but the {name} split has none; add clips, or raise split.{name}"
                )
        starts = np.flatnonzero(~frames["clip"].duplicated().to_numpy())
        return cls(frames, rows.drop(columns=["clip", "frame"]), tuple(np.split(np.arange(len(frames)), starts[1:])))

    def of_split(self, split: str) -> tuple[pd.DataFrame, list[NDArray[np.int64]]]:
        """The rows of the clips of one split, and the places of their frames."""
        chosen = np.flatnonzero(self.rows["split"] == split)
        return self.rows.iloc[chosen].reset_index(drop=True), [self.places[at] for at in chosen]
