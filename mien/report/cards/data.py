"""The data card of a run: the source of the images, the fate of every file, cleaning and splitting, and what is not known."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from huggingface_hub import DatasetCardData

from mien.core.markdown import Markdown
from mien.core.naming import last_part
from mien.report.cards.facts import dataset_name, images_by_class, is_sample, origin_words, split_words
from mien.report.cards.rendering import render, yaml_front
from mien.report.page.formats import count, percent
from mien.report.run_facts import RunFacts
from mien.store.tables import FATE_NAMES

LICENSE = "# license: that of the images, which the pipeline does not know\n"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))


def data_card(facts: RunFacts) -> str:
    """Return the data card of a run, for metrics/report/cards/data-card.md: Markdown that starts with YAML."""
    counts, params = facts.counts, facts.params
    text = render(
        "data.md.j2",
        version=version("mien"),
        dataset=dataset_name(facts),
        sample=is_sample(facts),
        origin=origin_words(facts),
        params=params,
        classes=facts.classes,
        num_files=len(facts.files),
        counts=counts,
        formats=_listed(counts["convert"].get("formats", {})),
        fate_rows=_fate_rows(facts),
        num_kept=int((facts.fates["fate"] == "kept").sum()),
        duplicate_rows=_duplicate_rows(counts["dedup"]),
        alias_rows=[[name, ", ".join(params.labels.aliases.get(name, ())) or "none"] for name in params.labels.classes],
        unknown=counts["sanitise"].get("unknown_labels", []),
        corrections=counts["sanitise"].get("corrections"),
        corrections_file=last_part(params.labels.corrections),
        doubts=facts.doubts.counts if facts.doubts else None,
        doubted_by=params.doubts.folds,
        scene_words=_scene_words(facts),
        turned_words=_turned_words(counts["align"]["turned"]),
        split_words=split_words(facts),
        balance_rows=_balance_rows(facts),
        factor=_imbalance(facts),
        test_flags=_listed(counts["split"].get("test_flags", {})),
        suite_rows=_suite_rows(facts.validation),
        valid=facts.validation["success"],
    )
    return _front_matter(facts) + "\n" + text


def _front_matter(facts: RunFacts) -> str:
    num_kept = len(facts.splits)
    card = DatasetCardData(
        pretty_name=dataset_name(facts),
        task_categories=["image-classification"],
        tags=["facial-expression-recognition"],
        size_categories=[next((name for limit, name in SIZES if num_kept < limit), "n>10M")],
    )
    return yaml_front(card, comment=LICENSE)


def _fate_rows(facts: RunFacts) -> list[list[str]]:
    """Every fate with its stage and reason, in the order of FATE_NAMES and then by size; the rows add up to all files."""
    sizes = facts.fates.groupby(["fate", "stage", "reason"]).size().reset_index(name="num")
    sizes["place"] = sizes["fate"].map(FATE_NAMES.index)
    ordered = sizes.sort_values(["place", "num", "stage", "reason"], ascending=[True, False, True, True])
    rows = [[one["fate"], one["reason"], one["stage"], count(one["num"])] for one in ordered.to_dict("records")]
    return [*rows, ["all files", "", "", count(len(facts.fates))]]


def _duplicate_rows(dedup: Mapping[str, Any]) -> list[list[str]]:
    files, pairs = dedup["files_by_kind"], dedup["pairs_by_kind"]
    words = {"exact": "same bytes", "pixel": "same pixels, other bytes", "near": "recompressed, resized or cropped", "mirrored": "mirrored"}
    rows = [[words.get(kind, kind), count(pairs.get(kind, 0)), count(number)] for kind, number in files.items()]
    return [*rows, ["other exposures of one scene", count(pairs["scene"]), count(dedup["files_in_scenes"])]]


def _scene_words(facts: RunFacts) -> Markdown:
    """Whether images of one scene may be in several splits."""
    if facts.params.split.keep_together == "picture":
        return Markdown("they may be in several splits (`split.keep_together: picture`)")
    if facts.params.split.method == "official":
        return Markdown("they are kept together in either training or validation, but the official test split is not changed")
    return Markdown("they are in one split (`split.keep_together: scene`)")


def _turned_words(turned: Mapping[str, int]) -> str:
    """How many images were rotated because the face was sideways or upside down."""
    found = ", ".join(f"{count(number)} by {turn_deg}°" for turn_deg, number in turned.items() if number)
    return (
        f"Images that were first rotated clockwise, because the face was sideways or upside down: {found}."
        if found
        else "No face was sideways or upside down."
    )


def _balance_rows(facts: RunFacts) -> list[list[str]]:
    """The number of images of each class in each split, and their share of the split."""
    rows = images_by_class(facts)
    whole = rows[-1][1:]
    return [
        [name, *(f"{count(number)} ({percent(number / total if total else None)})" for number, total in zip(numbers, whole, strict=True))]
        for name, *numbers in rows
    ]


def _imbalance(facts: RunFacts) -> float | None:
    """The number of training images of the largest class divided by that of the smallest; None if a class has none."""
    numbers = [row[1] for row in images_by_class(facts)[:-1]]
    return max(numbers) / min(numbers) if min(numbers) else None


def _suite_rows(validation: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for name, suite in validation["suites"].items():
        held = sum(suite["expectations"].values())
        failed = [words for words, success in suite["expectations"].items() if not success]
        rows.append([name, f"{held} of {len(suite['expectations'])}", "; ".join(failed) or "none"])
    return rows


def _listed(numbers: Mapping[str, int]) -> str:
    """The names with their counts, largest first, for example `JPEG 306, HEIF 144`."""
    return ", ".join(f"{name} {count(number)}" for name, number in sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0])) if number)
