"""Images whose votes have no majority train and do nothing else, whatever the method of the split."""

import pandas as pd
import pytest
from ruamel.yaml import YAML

from mien.config.params import Params
from mien.split.splitting import make_splits
from mien.store.tables import FATES, FILES, LABELS, REJECTED
from tests.least import MODELS

CLASSES = ("happy", "sad")
NUM = 60


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_no_split_but_training_has_images_without_a_majority(method: str) -> None:
    rows = [
        dict.fromkeys(LABELS.names)
        | {
            "path": f"{number:02}.jpg",
            "sample_id": f"{number:064}",
            "group_id": f"{number:064}",
            "scene_id": f"{number:064}",
            "label": CLASSES[number % 2],
            "subset": "test" if number >= NUM - 10 else "train",
            "flag": "no_majority" if number < NUM - 10 and number % 3 == 0 else None,
        }
        for number in range(NUM)
    ]
    labels = pd.DataFrame(rows)
    files = pd.DataFrame([dict.fromkeys(FILES.names) | {"path": row["path"], "sample_id": row["sample_id"]} for row in rows])
    faces = pd.DataFrame({"sample_id": labels["sample_id"], "score": None, "num_faces": None})
    none = pd.DataFrame(columns=FATES.names)
    given = YAML(typ="safe", pure=True).load(MODELS) | {"labels": {"classes": CLASSES, "aliases": {}}, "split": {"method": method}}
    params = Params.model_validate(given)
    outcome = make_splits(
        labels, faces, files=files, rejected=pd.DataFrame(columns=REJECTED.names), labels_removed=none, faceless=none, params=params
    )
    guessed = set(labels.loc[labels["flag"] == "no_majority", "path"])
    split = outcome.splits.set_index("path")["split"]
    assert guessed & set(split.index) and set(split[split.index.isin(guessed)]) == {"train"}
    lost = outcome.fates[outcome.fates["fate"] == "quarantined"]
    assert set(lost["path"]) == guessed - set(split.index) and set(lost["reason"]) == {"no_majority"} and len(lost)
    assert outcome.splits["flag"].isna().all(), "training has no flags"
