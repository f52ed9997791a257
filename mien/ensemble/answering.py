"""From the evaluation of an ensemble to what its answers need besides those of its members."""

from collections.abc import Sequence
from importlib.metadata import version

from mien.ensemble.members import Member
from mien.evaluate.answering import tested_of
from mien.evaluate.evaluation import Evaluation
from mien.predict.answer import as_points
from mien.predict.ensemble_answer import EnsembleAnswer


def ensemble_answer_of(found: Evaluation, members: Sequence[Member], *, min_accuracy: float) -> EnsembleAnswer:
    """The answer settings of an ensemble that was evaluated as in `found`."""
    return EnsembleAnswer(
        name=found.document["model"],
        members={member.name: member.weights_sha256 for member in members},
        classes=found.document["classes"],
        temperature=found.document["calibration"]["temperature"],
        min_accuracy=min_accuracy,
        selective=as_points(found.thresholds),
        test=tested_of(found.document["all"]),
        version=version("mien"),
    )
