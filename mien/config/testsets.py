"""From params.yaml to the parameters of a further test set: those of the main source, except where `testsets.NAME` differs.

The rooms that prepare the main source prepare a test set by these parameters, so that the same code prepares both.
"""

from mien.config.params import Params
from mien.config.sections.faces import FaceParams
from mien.config.sections.labels import LabelParams
from mien.config.testset_faults import joined_aliases


def for_testset(params: Params, name: str) -> Params:
    """The parameters with `ingest`, `labels`, `faces` and `split.method` as they are for the test set `name`.

    Unknown labels are always quarantined, because a test set may have classes that the models lack. Where labels.from_votes is
    distribution, the label is that of the majority, because an image without a majority cannot be tested. Raises ParamsError if there is
    no test set of that name.
    """
    entry = params.testset(name)
    labels = params.labels.model_dump() | {"aliases": joined_aliases(params.labels.aliases, entry.aliases), "on_unknown": "quarantine"}
    if params.labels.from_votes == "distribution":
        labels["from_votes"] = "majority"
    return params.model_copy(
        update={
            "ingest": entry,
            "labels": LabelParams.model_validate(labels),
            "faces": FaceParams.model_validate({**params.faces.model_dump(), **entry.faces}),
            "split": params.split.model_copy(update={"method": "official" if entry.use == "test" else "stratified"}),
        }
    )
