"""What both cards say of a run: its data's name, where it comes from, how its images were split."""

from typing import Any

from mien.core import paths
from mien.core.markdown import Markdown, code
from mien.report.page.formats import percent, plural
from mien.report.run_facts import RunFacts

SPLITS = ("train", "val", "test")


def is_sample(facts: RunFacts) -> bool:
    """Whether the data is the embedded sample, which is drawn and shows nobody."""
    return facts.params.ingest.source == str(paths.SAMPLE)


def dataset_name(facts: RunFacts) -> str:
    """What the source is called."""
    return "mien sample (drawn faces)" if is_sample(facts) else facts.source


def images_by_class(facts: RunFacts) -> list[list[Any]]:
    """A row per class, and one of all: name, images to train on, to validate on and to test on."""
    splits = facts.counts["split"]["splits"]
    return [
        [name, *(splits[split].get(key, 0) for split in SPLITS)] for name, key in [*((one, one) for one in facts.classes), ("all", "all")]
    ]


def split_words(facts: RunFacts) -> str:
    """How test images came about."""
    how = facts.params.split
    if how.method == "official":
        return (
            f"The test split is the set's own: no decodable test image was dropped. Validation is {percent(how.val)} of the set's training images. "
            "Training images that show the same picture as a test image left training."
        )
    return (
        f"The test split is {percent(how.test)} of this same source, drawn stratified by class with seed {facts.params.seed}; another "
        f"{percent(how.val)} is for validation. It tells how the model does on more pictures like these, and not how it does on another collection."
    )


def origin_words(facts: RunFacts) -> Markdown:
    """The Git commit, whether code or parameters were changed since, the experiment, and the data's fingerprint."""
    commit = f"commit `{facts.origin.revision[:12]}`" if facts.origin.revision else "no Git commit"
    changed = f", with uncommitted changes in {plural(len(facts.modified), 'file')}" if facts.modified else ""
    experiment = f", DVC experiment {code(facts.origin.experiment)}" if facts.origin.experiment else ""
    return Markdown(f"{commit}{changed}{experiment}; data `{facts.origin.data}`, parameters `{facts.origin.params}`")
