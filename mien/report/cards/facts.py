"""Facts that both kinds of card contain: the name of the data, its origin, and how its images were split."""

from typing import Any

from mien.core import paths
from mien.core.markdown import Markdown, code
from mien.report.page.formats import percent, plural
from mien.report.run_facts import RunFacts

SPLITS = ("train", "val", "test")


def is_sample(facts: RunFacts) -> bool:
    """Return whether the data is the embedded sample, whose faces are drawn and show no real people."""
    return facts.params.ingest.source == str(paths.SAMPLE)


def dataset_name(facts: RunFacts) -> str:
    """Return the name of the data source."""
    return "mien sample (drawn faces)" if is_sample(facts) else facts.source


def images_by_class(facts: RunFacts) -> list[list[Any]]:
    """Return a row per class and one for all classes: name, then the numbers of training, validation and test images."""
    splits = facts.counts["split"]["splits"]
    return [
        [name, *(splits[split].get(key, 0) for split in SPLITS)] for name, key in [*((one, one) for one in facts.classes), ("all", "all")]
    ]


def split_words(facts: RunFacts) -> str:
    """Return sentences on the origin of the test split."""
    how = facts.params.split
    if how.val == "official":
        return (
            "The test and validation splits are the set's own, and no decodable test image was dropped. Training images that show the same "
            "picture as a test or validation image were removed, and so were validation images that show the same picture as a test image."
        )
    if how.method == "official":
        return (
            f"The test split is the set's own, and no decodable test image was dropped. Validation is {percent(how.val)} of the set's "
            "training images. Training images that show the same picture as a test image were removed."
        )
    return (
        f"The test split is {percent(how.test)} of this same source, drawn stratified by class with seed {facts.params.seed}; another "
        f"{percent(how.val)} is used for validation. Test metrics are valid for more images like these, but not for another collection."
    )


def origin_words(facts: RunFacts) -> Markdown:
    """Return the Git commit, whether code or parameters were changed since, the experiment, and the fingerprints of data and parameters."""
    commit = f"commit `{facts.origin.revision[:12]}`" if facts.origin.revision else "no Git commit"
    changed = f", with uncommitted changes in {plural(len(facts.modified), 'file')}" if facts.modified else ""
    experiment = f", DVC experiment {code(facts.origin.experiment)}" if facts.origin.experiment else ""
    return Markdown(f"{commit}{changed}{experiment}; data `{facts.origin.data}`, parameters `{facts.origin.params}`")
