"""Clips of which no frame has a face."""

import pandas as pd

from mien.core.plural import plural

FACELESS_CLIP = "faceless_clip"


def with_faceless_clips(faceless: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """`faceless` (rows of FATES that align removed), with the reason FACELESS_CLIP where no frame of the clip has a face.

    `labels` has path and clip of all images that were given to align. A frame without a face in a clip with faces is only skipped.
    """
    clip = faceless["path"].map(labels.set_index("path")["clip"])
    num_frames, num_faceless = labels["clip"].value_counts(), clip.value_counts()
    is_lost = clip.isin(num_faceless.index[num_faceless == num_frames.reindex(num_faceless.index)])
    details = [f"none of {plural(int(num_frames[name]), 'frame')} of the clip {name} has a face" for name in clip[is_lost]]
    found = faceless.assign(fate=faceless["fate"].mask(is_lost, "rejected"), reason=faceless["reason"].mask(is_lost, FACELESS_CLIP))
    found.loc[is_lost, "detail"] = details
    return found
