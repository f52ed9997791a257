"""Pairs of files that show the same picture or one scene, and the duplicates that would have leaked into the test split."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from mien.core import paths
from mien.report.page.frames import records
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts
from mien.sanitise.cautions import cautions
from mien.store.thumbnails import stored_thumbnails

TITLE = "Duplicates and leaks"
KINDS = {
    "exact": "the same bytes",
    "pixel": "the same pixels, other bytes",
    "near": "reduced, cropped or saved again",
    "mirrored": "mirrored",
}
NUM_EXAMPLES = {"exact": 1, "pixel": 2, "near": 4, "mirrored": 3}
NUM_CONFLICTS = 3
NUM_LEAKS = 4
NUM_SCENES = 3


@dataclass(frozen=True)
class Pair:
    """Two files of the same picture (or, if `kind` is scene, of one scene), with name, label, fate and name of the image on the page."""

    kind: str
    files: tuple[dict[str, Any], dict[str, Any]]
    agreement: float | None
    correlation: float | None
    is_conflict: bool


def view(facts: RunFacts, *, sprites: Sprites, **_: Any) -> dict[str, Any]:
    """Return counts, and the least similar pairs of each kind, which are the most likely to be wrong."""
    rows = facts.duplicates.merge(facts.fates[["path", "fate", "reason", "detail"]], on="path", how="left")
    rows = rows.merge(facts.files[["path", "label_raw"]], on="path", how="left").set_index("path", drop=False).rename_axis(None)
    pairs = _pairs(rows)
    shown = [*_examples(pairs), *(conflicts := records(pairs[pairs["is_conflict"] & pairs["is_apart"]].head(NUM_CONFLICTS)))]
    leaked, exposures = _leaks(rows), _exposures(facts.pairs, min_agreement=facts.params.dedup.min_agreement)
    ids = {sample_id for pair in [*shown, *leaked, *exposures] for sample_id in (pair["sample_id"], pair["twin_id"])}
    pictures = stored_thumbnails(paths.IMAGES, ids)
    counts, split_counts = facts.counts["dedup"], facts.counts["split"]
    return {
        "cautions": [caution(line) for line in cautions(facts.counts["sanitise"])],
        "counts": [(kind, title, counts["files_by_kind"].get(kind, 0)) for kind, title in KINDS.items()],
        "num_groups": counts["groups"],
        "largest": counts["largest_group"],
        "num_crossing": counts["groups_in_train_and_test"],
        "num_test_twins": counts["test_files_with_twin_in_train"],
        "num_leaks": int((facts.fates["fate"] == "leak").sum()),
        "is_official": facts.params.split.method == "official",
        "is_kept": facts.params.labels.near_copies == "keep",
        "min_agreement": facts.params.dedup.min_agreement,
        "scenes": {name: counts[name] for name in ("scenes", "files_in_scenes", "largest_scene")},
        "keeps_scenes": facts.params.split.keep_together == "scene",
        "split_counts": split_counts,
        "pairs": [_shown(pair, rows, facts.called, sprites, pictures) for pair in shown[: len(shown) - len(conflicts)]],
        "conflicts": [_shown(pair, rows, facts.called, sprites, pictures) for pair in conflicts],
        "leaks": [_shown(pair, rows, facts.called, sprites, pictures) for pair in leaked],
        "exposures": [_shown(pair, rows, facts.called, sprites, pictures) for pair in exposures],
    }


def caution(line: str) -> tuple[bool, Markup]:
    """Convert a sentence of `cautions` for the page: whether it is a warning, and its text."""
    text = line.removeprefix("warning: ")
    return text != line, Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(text[0].upper() + text[1:] + "."))))


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per pair of nearest duplicates, each pair once, the least similar first."""
    twins = rows[rows["twin_path"].notna() & rows["twin_path"].isin(rows.index)].copy()
    twins["twin_id"] = rows["sample_id"].reindex(twins["twin_path"]).to_numpy()
    twins["is_conflict"] = (twins["fate"] == "quarantined") & (twins["reason"] == "conflict")
    spelling = rows["label_raw"].fillna("").str.casefold()
    twins["is_apart"] = spelling[twins["path"]].to_numpy() != spelling[twins["twin_path"]].to_numpy()  # a group may have equal labels too
    twins["both"] = [min(pair) + "\0" + max(pair) for pair in zip(twins["path"], twins["twin_path"], strict=True)]
    twins = twins.astype({"agreement": float, "correlation": float}).sort_values(["agreement", "both", "path"], na_position="last")
    return twins.drop_duplicates("both", ignore_index=True)


def _examples(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    agreed = pairs[~pairs["is_conflict"]]
    return [row for kind, num in NUM_EXAMPLES.items() for row in records(agreed[agreed["kind"] == kind].head(num))]


def _leaks(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Training files that were removed because the test split contains the same picture, if the test file is their nearest duplicate."""
    test = set(rows.loc[(rows["fate"] == "kept") & (rows["reason"] == "test"), "path"])
    direct = rows[(rows["fate"] == "leak") & rows["twin_path"].isin(test)].sort_values("path").head(NUM_LEAKS)
    return [{**row, "twin_id": rows.at[row["twin_path"], "sample_id"], "is_conflict": False} for row in records(direct)]


def _exposures(pairs: pd.DataFrame, *, min_agreement: float) -> list[dict[str, Any]]:
    """The pairs of one scene that were closest to being classified as the same picture."""
    scenes = pairs[pairs["relation"] == "scene"]
    near = scenes.loc[(scenes["agreement"] - min_agreement).abs().sort_values(kind="stable").index[:NUM_SCENES]]
    return records(near.rename(columns={"other_path": "twin_path", "other_id": "twin_id", "relation": "kind"}).assign(is_conflict=False))


def _shown(pair: dict[str, Any], rows: pd.DataFrame, called: Mapping[str, str], sprites: Sprites, pictures: dict[str, bytes]) -> Pair:
    def files() -> Iterator[dict[str, Any]]:
        for path, sample_id in ((pair["path"], pair["sample_id"]), (pair["twin_path"], pair["twin_id"])):
            row = rows.loc[path]
            yield {
                "path": path,
                "name": called[path],
                "label": row["label_raw"] or "",
                "fate": row["fate"],
                "picture": sprites.add_from(pictures, sample_id),
            }

    first, second = sorted(files(), key=lambda file: (file["fate"] != "kept", file["path"]))
    return Pair(str(pair["kind"]), (first, second), pair.get("agreement"), pair.get("correlation"), bool(pair["is_conflict"]))
