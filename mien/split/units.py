"""Units: images of one subject or one scene. No split separates the images of a unit, and a bootstrap draws them together."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def units(rows: pd.DataFrame) -> pd.Series:
    """The unit of each row, with the same index: rows connected by scene_id or subject, named by their smallest sample_id.

    Copies of one picture belong to one scene.
    """
    scenes, scene_names = pd.factorize(rows["scene_id"])
    subjects, subject_names = pd.factorize(rows["subject"])
    known = subjects >= 0
    size = len(scene_names) + len(subject_names)
    edges = (np.ones(int(known.sum())), (scenes[known], len(scene_names) + subjects[known]))
    component = connected_components(coo_array(edges, shape=(size, size)), directed=False)[1][scenes]
    return rows["sample_id"].groupby(component).transform("min").astype(object)
