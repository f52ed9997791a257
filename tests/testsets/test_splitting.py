"""What models are tested on, on random tables: every file has its fate, and nothing of training is left."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.config.params import Params, parse_params
from mien.config.testsets import for_testset
from mien.core.errors import LabelError, SourceError
from mien.sanitise.rules import image_rows, sanitise
from mien.store.tables import FATE_NAMES, FATES, SPLITS
from mien.testsets.splitting import NO_LABEL, Outcome, seen_rows, sentence, split_testset
from tests.least import MODELS
from tests.random_tables import Tables, sample_id

MAIN = pd.DataFrame(
    [(f"main/{number}.jpg", sample_id(f"main {number}"), ["train", "val", "test"][number % 3]) for number in range(30)],
    columns=["path", "sample_id", "split"],
).reindex(columns=SPLITS.names)


def params_of(use: str = "all", *, together: str = "scene", drop: str = "[]", classes: str = "") -> Params:
    sections = (
        f"labels: {{drop: {drop}{classes}}}",
        f"split: {{keep_together: {together}}}",
        f"testsets: {{other: {{source: x, use: {use}}}}}",
    )
    return for_testset(parse_params("\n".join([*sections, MODELS]), name="params.yaml"), "other")


@dataclass
class World:
    """A prepared test set: what sanitise kept and removed, and who has no face."""

    tables: Tables
    params: Params
    labels: pd.DataFrame
    removed: pd.DataFrame
    faceless: pd.DataFrame
    faces: pd.DataFrame

    def split(self, related: list[tuple[str, str, str]]) -> Outcome:
        found = pd.DataFrame(related, columns=["sample_id", "other_id", "relation"]).assign(agreement=0.9)
        return split_testset(
            self.labels,
            self.faces,
            found,
            files=self.tables.files,
            rejected=self.tables.rejected,
            labels_removed=self.removed,
            faceless=self.faceless,
            main=seen_rows(MAIN),
            params=self.params,
        )


def world(params: Params, **drawn: Any) -> World:
    tables = Tables(400, seed=5, **{"copies": 0.3, "scenes": 0.3, **drawn})
    rows = image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, params.labels)
    clean = sanitise(rows, params.labels, method=params.split.method)
    whole = (clean.labels["subset"] == "test") & (params.split.method == "official")
    lost = clean.labels[clean.labels["sample_id"].isin(tables.faceless) & ~whole]
    faceless = lost.assign(fate="quarantined", stage="align", reason="no_face", detail=None).reindex(columns=FATES.names)
    ids = clean.labels["sample_id"].drop_duplicates()
    found = ~ids.isin(tables.faceless)
    faces = pd.DataFrame({"sample_id": ids, "score": np.where(found, 0.99, np.nan), "num_faces": found.astype(int)})
    return World(tables, params, clean.labels, clean.removed, faceless, faces)


def some_related(one: World, relation: str, every: int = 9) -> list[tuple[str, str, str]]:
    seen = seen_rows(MAIN)["sample_id"].tolist()
    return [(name, seen[number % len(seen)], relation) for number, name in enumerate(one.labels["sample_id"].drop_duplicates()[::every])]


@pytest.mark.parametrize("use", ["all", "test"])
@pytest.mark.parametrize("together", ["scene", "picture"])
def test_every_file_has_one_fate_and_nothing_seen_is_left(use: str, together: str) -> None:
    one = world(params_of(use, together=together), num_subjects=40)
    pictures, scenes = some_related(one, "near"), some_related(one, "scene", 13)
    outcome = one.split(pictures + scenes)
    assert sorted(outcome.fates["path"]) == sorted(one.tables.files["path"]) and set(outcome.fates["fate"]) <= set(FATE_NAMES)
    assert outcome.splits["path"].tolist() == outcome.fates.loc[outcome.fates["fate"] == "kept", "path"].tolist()
    assert set(outcome.splits["split"]) == {"test"} and list(outcome.splits) == SPLITS.names
    groups = one.labels.drop_duplicates("sample_id").set_index("sample_id")[["group_id", "scene_id"]]
    lost = {name for name, _, _ in pictures}
    assert not outcome.splits["group_id"].isin(groups.loc[list(lost), "group_id"]).any(), "no copy of a picture that was seen"
    lost |= {name for name, _, _ in scenes}
    in_scene = outcome.splits["scene_id"].isin(groups.loc[list(lost), "scene_id"])
    assert in_scene.any() == (together == "picture"), "its scene leaves only if no split may divide it"
    leaks = outcome.fates[outcome.fates["fate"] == "leak"]
    assert set(leaks["reason"]) == {
        f"{word} of the {split} split" for word in ("picture", "scene")[: 1 + (together == "scene")] for split in ("training", "validation")
    }
    first = leaks.merge(pd.DataFrame(pictures, columns=["sample_id", "other_id", "relation"]), on="sample_id")
    path_of = dict(zip(MAIN["sample_id"], MAIN["path"], strict=True))
    single = first[first["sample_id"].map(one.labels["sample_id"].value_counts()).eq(1)]
    told = [path_of[other] in detail for other, detail in zip(single["other_id"], single["detail"], strict=True)]
    assert np.mean(told) > 0.5, "the detail names the picture of the main source (or, of a group, that of its first file)"


@pytest.mark.parametrize("use", ["all", "test"])
def test_what_is_unrelated_stays_and_the_flags_of_an_official_split_stay(use: str) -> None:
    one = world(params_of(use))
    outcome = one.split([])
    assert set(outcome.splits["path"]) == set(one.labels["path"]) - set(one.faceless["path"])
    assert outcome.splits["flag"].notna().any() == (use == "test")
    assert ("no_face" in outcome.counts["flags"]) == (use == "test")
    assert outcome.counts["fates"]["leak"] == 0


def test_the_counts_add_up_and_name_the_labels_that_models_lack() -> None:
    one = world(params_of(drop="[sad]"))
    outcome = one.split(some_related(one, "exact"))
    counts = outcome.counts
    assert sum(counts["fates"].values()) == counts["files"] == len(one.tables.files)
    assert all(sum(reasons.values()) == counts["fates"][fate] for fate, reasons in counts["reasons"].items())
    assert counts["images"] == counts["fates"]["kept"] == sum(counts["classes"].values())
    assert list(counts["classes"]) == ["angry", "fear", "happy", "surprise"], "sad is dropped"
    unknown = outcome.fates[outcome.fates["reason"] == "unknown_label"]
    spelt = one.tables.files.set_index("path")["label_raw"][unknown["path"]].fillna(NO_LABEL).value_counts().to_dict()
    assert {"contempt", "hapy", NO_LABEL} <= set(spelt)
    assert counts["labels_left_out"] == {**spelt, "sad": counts["fates"]["dropped class"]}
    assert "labels that are no class of the models: " in sentence(counts) and "picture of the training split" in sentence(counts)


def test_all_of_it_seen_is_an_error_with_the_remedy() -> None:
    one = world(params_of())
    seen = seen_rows(MAIN)["sample_id"].iloc[0]
    with pytest.raises(SourceError, match=r"ingest\.source: all of \d+ images show pictures .* training .* ingest\.use: test"):
        one.split([(name, seen, "near") for name in one.labels["sample_id"].unique()])


def test_no_face_at_all_is_an_error_with_the_remedy() -> None:
    one = world(params_of(), faceless=1.1)
    with pytest.raises(SourceError, match=r"no face in any of \d+ images; lower faces\.min_score"):
        one.split([])


def test_fewer_than_two_classes_in_common_are_an_error_with_the_remedy() -> None:
    one = world(params_of(classes=", classes: [angry, awe, calm]"), classes=("angry", "fear"), unknown=0)
    with pytest.raises(LabelError, match=r"at least two classes .* angry, awe, calm, .* are of angry; .* labels\.aliases"):
        one.split([])
