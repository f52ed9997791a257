"""Explains in errors about classes with too few images where their files went: by cause, each with its remedy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError, TooFewImages
from mien.sanitise.labels import classify, closest_class
from mien.store.pointers import LFS, PULL
from mien.store.tables import FATES

# Ignored files that are not photographs, so they are not counted as lost.
_NO_LOSS = ("system file", "not an image", "hidden file")
_REDO = "copy or download the damaged files again"
# The keys are reasons (of quarantined, rejected and ignored files) or fates. The values are a description, after "3 are", and the remedy.
_CAUSES = {
    "conflict": (
        "copies of one picture under different labels (conflict)",
        "look at them with `mien pairs --conflicts`: if they are different photographs, raise dedup.min_agreement, else correct their "
        "folders "
        "or set labels.on_conflict: majority",
    ),
    "no_majority": ("without a label that has more than half of the votes (no_majority)", ""),
    "votes_unknown": ("without a known expression by the votes (votes_unknown)", ""),
    "not_a_face": ("no face by the votes (not_a_face)", ""),
    "no_votes": ("not named in the table of votes (no_votes)", "name them there, or set labels.from_votes: none"),
    "unknown_label": ("under unknown labels that are spelt like it", "name these labels in labels.aliases"),
    "correction": ("dropped by labels.corrections", "look at the decisions there"),
    "no_face": ("without a face that the detector finds (no_face)", "lower faces.min_score, or set faces.on_missing: fit"),
    "faceless_clip": ("frames of clips without any face (faceless_clip)", "lower faces.min_score, or set faces.on_missing: fit"),
    "duplicate": ("further copies of other images (duplicate)", ""),
    "leak": ("copies of test images (leak)", ""),
    LFS: (f"not an image ({LFS})", PULL),
    "cloud placeholder": ("placeholders of a cloud drive", "have the cloud drive download them"),
    "too_small": ("too small (too_small)", "lower convert.min_side_px"),
    "blank": ("blank (blank)", "look at them, and at convert.blank_contrast"),
    "too_large": ("too large (too_large)", "raise convert.max_megapixels"),
    "permission denied": ("not readable (permission denied)", "correct their permissions"),
    "not_an_image": ("not an image (not_an_image)", "look at what they are"),
    "truncated": ("cut short (truncated)", _REDO),
    "corrupt": ("damaged (corrupt)", _REDO),
    "empty": ("empty files (empty)", _REDO),
}
_MORE_IMAGES = "add images"


@dataclass(frozen=True)
class Emptied:
    """Removed files, one row each: label (the class), cause (a key of _CAUSES or any other word) and subset; and unknown labels."""

    rows: pd.DataFrame
    unknown: Sequence[str]
    """the most frequent labels, as spelt, that are not a class"""

    def told(self, error: TooFewImages) -> LabelError:
        """The error, extended by where the files of each of its classes went and by the remedy."""
        lines = [f"{fault}{self.sentence(name, subset=error.subset)}" for name, fault in error.faults.items()]
        return LabelError("\n".join([*lines, self.remedy(list(error.faults), subset=error.subset) + error.otherwise]))

    def sentence(self, name: str, *, subset: str | None = None) -> str:
        """The removed files of a class, or of one subset of it, by cause; or a statement that it has no other files."""
        causes = self._causes(name, subset)
        if not causes:
            return f"; no other file{f' for {subset}' if subset else ''} has this class"
        listed = [f"{num} {'is' if num == 1 else 'are'} {_CAUSES.get(cause, (cause.replace('_', ' '), ''))[0]}" for cause, num in causes]
        return f": of its removed files, {', '.join(listed)}"

    def remedy(self, names: Sequence[str], *, subset: str | None = None) -> str:
        """The remedies for the classes with too few images, as one clause."""
        causes = [self._causes(name, subset) for name in names]
        helps = list(dict.fromkeys(_CAUSES.get(cause, ("", ""))[1] for its in causes for cause, _ in its))
        if self.unknown and not all(causes):
            helps.append(f"name labels that mean a class in labels.aliases ({', '.join(map(repr, self.unknown))} are not classes)")
        ways = [help_ for help_ in helps if help_] or [_MORE_IMAGES]
        return f"{'; '.join(ways)}, or drop the class with labels.drop"

    def _causes(self, name: str, subset: str | None) -> list[tuple[str, int]]:
        its = self.rows[(self.rows["label"] == name) & ((self.rows["subset"] == subset) if subset else True)]
        return sorted(Counter(its["cause"]).items(), key=lambda item: (-item[1], item[0]))


def emptied(files: pd.DataFrame, rejected: pd.DataFrame, removed: Sequence[pd.DataFrame], kept: pd.Series, params: LabelParams) -> Emptied:
    """The removed files, from rows of FILES and REJECTED and from rows of FATES of the stages so far; `kept` are the remaining paths.

    A file with an unknown label counts for the class whose spelling is closest.
    """
    left = pd.concat([part[FATES.names] for part in removed])
    cause = dict(zip(left["path"], left["fate"].where(left["fate"].isin(["duplicate", "leak"]), left["reason"]), strict=True))
    broken = dict(zip(rejected["sample_id"], rejected["reason"].where(rejected["detail"] != LFS, LFS), strict=True))
    rows = files[~files["path"].isin(kept) & ~files["ignored"].isin(_NO_LOSS)]
    causes = [
        cause.get(path) or ignored or (error and str(error).partition(":")[0]) or broken.get(sample_id) or "lost"
        for path, ignored, error, sample_id in zip(*(rows[name] for name in ("path", "ignored", "error", "sample_id")), strict=True)
    ]
    label = classify(rows["label_raw"], params)
    spelt = rows.loc[label.isna(), "label_raw"].dropna()
    closest = {spelling: closest_class(spelling, params) for spelling in spelt.unique()}
    meant = pd.Series([name or closest.get(spelling) for name, spelling in zip(label, rows["label_raw"], strict=True)], dtype=object)
    unknown = [
        spelling for spelling, _ in sorted(Counter(spelt).items(), key=lambda item: (-item[1], item[0])) if closest[spelling] is None
    ]
    return Emptied(pd.DataFrame({"label": meant, "cause": causes, "subset": rows["subset_raw"].tolist()}), unknown[:5])


def warnings(left: Emptied, names: Sequence[str]) -> list[str]:
    """Warnings about the classes without any image; classes with the same explanation share one warning."""
    said: dict[tuple[str, str], list[str]] = {}
    for name in names:
        said.setdefault((left.sentence(name), left.remedy([name])), []).append(name)
    return [f"warning: 0 images of {', '.join(its)}{sentence}; {remedy}" for (sentence, remedy), its in said.items()]
