"""The data of a fabricated run: images kept, one loss of each kind, pairs of duplicates, counts."""

from typing import Any

import pandas as pd
import pyarrow as pa

from mien.config.params import Params
from mien.config.spelling import fold
from mien.core import paths
from mien.core.files import write_json
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import DUPLICATES, FATES, FILES, IMAGES, PAIRS, SPLITS, write_table
from tests.report.fabricated.pictures import encoded, face

HOSTILE = "<script>alert(\"1\")</script>&'quoted'.jpg"
AGREEMENT = {"exact": 1.0, "near": 0.912, "mirrored": 0.962}  # the mirrored pair is under two labels


def write_data(params: Params, num: int) -> pd.DataFrame:
    """Writes the data's files, with `num` images kept; returns the rows of SPLITS."""
    classes, is_official = params.labels.kept, params.split.method == "official"
    ids = [f"{DIGITS[k % 16]}{k:063x}" for k in range(num + 4)]
    names = [f"photos/{classes[k % len(classes)]}/IMG_{k:04}.jpg" for k in range(num)]
    names[0] = f"photos/{HOSTILE}"
    split = ["test" if k < num // 3 else "val" if k < num // 2 else "train" for k in range(num)]
    rows = pd.DataFrame({"path": names, "sample_id": ids[:num], "split": split, "group_id": ids[:num], "subject": None})
    rows["scene_id"] = rows["group_id"]
    rows["label"] = [classes[k % len(classes)] for k in range(num)]
    rows["flag"] = ["conflict" if is_official and k < 4 else None for k in range(num)]
    rows = rows.assign(part=None, shares=None)
    write_table(paths.SPLITS, rows, SPLITS)

    leak = ("leak", "split", "in the test split", f"same picture as {names[1]}")
    copy = ("duplicate", "sanitise", "near", f"of {names[1]}")
    conflict = ("quarantined", "sanitise", "conflict", "one picture under 2 labels: happy (1 file), sad (1 file)")
    lost = [
        (f"photos/{HOSTILE}.copy", ids[0], "duplicate", "sanitise", "exact", f"of {names[0]}"),
        ("photos/near.jpg", ids[num], *(leak if is_official else copy)),
        ("photos/two labels.jpg", ids[num + 1], *conflict),
        ("photos/two labels too.jpg", ids[num + 2], *conflict),
        ("photos/broken.jpg", ids[num + 3], "rejected", "convert", "truncated", "ends early"),
        ("photos/.DS_Store", None, "ignored", "ingest", "system file", None),
    ]
    kept = [(row["path"], row["sample_id"], "kept", "split", row["split"], row["flag"]) for row in rows.to_dict("records")]
    fates = pd.DataFrame([*kept, *lost], columns=FATES.names)
    write_table(paths.FATES, fates, FATES)
    files = fates[["path", "sample_id"]].assign(label_raw="Smile <i>", size_bytes=1000)
    files.loc[files["path"] == "photos/two labels too.jpg", "label_raw"] = "Frown <i>"
    write_table(
        paths.FILES, files.assign(**dict.fromkeys(("subset_raw", "subject", "ignored", "error", "metadata", "part", "votes"))), FILES
    )
    write_duplicates(fates, [(names[0], lost[0][0], "exact"), (names[1], lost[1][0], "near"), (lost[2][0], lost[3][0], "mirrored")])
    exposures = [(*sorted((names[k], names[k + 3])), "scene") for k in (4, 5, 6, 7)]
    write_pairs(files, [(names[1], lost[1][0], "near"), (lost[2][0], lost[3][0], "mirrored"), *exposures])
    write_images(ids)
    write_counts(rows, fates, classes, is_official=is_official)
    return rows


def write_duplicates(fates: pd.DataFrame, pairs: list[tuple[str, str, str]]) -> None:
    content = dict(zip(fates["path"], fates["sample_id"], strict=True))
    found = {
        path: {**dict.fromkeys(DUPLICATES.names), "path": path, "sample_id": name, "group_id": name, "scene_id": name}
        for path, name in content.items()
        if isinstance(name, str)
    }
    for first, second, kind in pairs:
        for path, twin in ((first, second), (second, first)):
            own = dict.fromkeys(("group_id", "scene_id"), content[first])
            found[path] |= {"kind": kind, "twin_path": twin, "distance": 5, "correlation": 0.95, "agreement": AGREEMENT[kind], **own}
    write_table(paths.DUPLICATES, pa.Table.from_pylist(list(found.values()), schema=DUPLICATES), DUPLICATES)


def write_pairs(files: pd.DataFrame, pairs: list[tuple[str, str, str]]) -> None:
    """Pairs of one scene agree the less the later they come."""
    content, spelling = (dict(zip(files["path"], files[column], strict=True)) for column in ("sample_id", "label_raw"))
    rows = [
        {"path": one, "sample_id": content[one], "other_path": other, "other_id": content[other], "relation": relation, "distance": 5,
         "disputed": fold(spelling[one]) != fold(spelling[other]), "correlation": 0.95,
         "agreement": 0.84 - 0.01 * place if relation == "scene" else AGREEMENT[relation]}
        for place, (one, other, relation) in enumerate(pairs)
    ]  # fmt: skip
    write_table(paths.PAIRS, pa.Table.from_pylist(rows, schema=PAIRS), PAIRS)


def write_images(ids: list[str]) -> None:
    empty = dict.fromkeys(IMAGES.names)
    for digit in DIGITS:
        own = [name for name in ids if name.startswith(digit)]
        rows = [{**empty, "sample_id": name, "image": encoded(face(int(name[1:], 16)), "JPEG")} for name in own]
        write_shard(paths.IMAGES, digit, pa.Table.from_pylist(rows, schema=IMAGES), IMAGES)


def write_counts(rows: pd.DataFrame, fates: pd.DataFrame, classes: tuple[str, ...], *, is_official: bool) -> None:
    """metrics/data and metrics/validation.json, in the shapes that the stages write."""
    num, flags = len(fates), rows["flag"].dropna().value_counts().to_dict()
    by_split = {
        name: {"all": len(own), **{label: int((own["label"] == label).sum()) for label in classes}} for name, own in rows.groupby("split")
    }
    reasons = {fate: own["reason"].value_counts().to_dict() for fate, own in fates.groupby("fate")}
    counts: dict[str, dict[str, Any]] = {
        "ingest": {
            "files": num, "images": num - 1, "contents": num - 2, "ignored": {"system file": 1}, "errors": {}, "subsets": {"none": num - 1},
            "without_label": 0, "with_subject": 0, "metadata_paths_without_file": 0,
        },
        "convert": {"contents": num - 2, "images": num - 3, "formats": {"JPEG": num - 3}, "rejected": {"truncated": 1}, "unfit": {}},
        "dedup": {
            "files": num - 1, "files_by_kind": {"exact": 2, "pixel": 0, "near": 2, "mirrored": 2}, "files_without_twin": num - 7,
            "pairs_by_kind": {"exact": 1, "pixel": 0, "near": 1, "mirrored": 1, "scene": 4}, "groups": 3, "files_in_groups": 6,
            "largest_group": 2,
            "groups_with_several_spellings": 1, "groups_in_train_and_test": int(is_official),
            "test_files_with_twin_in_train": int(is_official),
            "scenes": 4, "files_in_scenes": 8, "largest_scene": 2,
        },
        "sanitise": {
            "kept": rows["label"].value_counts().to_dict(), "removed": {key: reasons[key] for key in ("duplicate", "quarantined")},
            "conflicting_groups": 1, "near_copies_kept": 0, "unknown_labels": [], "test_flags": flags,
            "corrections": {"relabelled": 1, "kept": 0, "dropped": 2, "unused": 0},
        },
        "align": {
            "images": len(rows), "one_face": 0, "several_faces": 0, "no_face": 0, "turned": {"90": 0, "180": 0, "270": 0},
            "fitted_whole": len(rows), "quarantined_files": 0,
        },
        "split": {
            "files": num, "fates": fates["fate"].value_counts().to_dict(), "reasons": reasons, "splits": by_split,
            "test_clean": by_split["test"]["all"] - sum(flags.values()), "test_flags": flags,
            "subjects": 0, "subjects_in_training_and_test": 0, "training_images_of_test_subjects": 0,
            "training_images_of_test_scenes": int(is_official), "kept_together": {"picture": 0, "scene": 8, "subject": 0},
            "scenes_let_go": {"scenes": 0, "images": 0},
        },
    }  # fmt: skip
    for stage, values in counts.items():
        write_json(paths.counts(stage), values)
    expectations = {"there is at least one file": True, 'every label is one of "<angry>"': True}
    write_json(paths.VALIDATION, {"success": True, "suites": {"files": {"success": True, "expectations": expectations}}})
