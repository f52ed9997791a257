"""From an evaluation to what an answer of the model needs besides its network."""

from importlib.metadata import version
from typing import Any

from mien.config.sections.faces import FaceParams
from mien.evaluate.evaluation import Evaluation
from mien.predict.answer import Answer, Decoding, Recall, Tested, as_points
from mien.store.face_images import Images

BATCH_SIZE = 256


def answer_of(
    found: Evaluation,
    *,
    decode: Decoding,
    faces: FaceParams,
    min_accuracy: float,
    images: Images,
    weights_sha256: str,
) -> Answer:
    """The answer settings of a model that was evaluated as in `found` on the uint8 images that were given to the network."""
    return Answer(
        name=found.document["model"],
        classes=found.document["classes"],
        size_px=images.side_px,
        grey=all(bool((images_B3SS[:, :1] == images_B3SS[:, 1:]).all()) for images_B3SS in images.split(BATCH_SIZE)),
        decode=decode,
        faces=faces.of_photographs,
        temperature=found.document["calibration"]["temperature"],
        min_accuracy=min_accuracy,
        selective=as_points(found.thresholds),
        test=tested_of(found.document["all"]),
        weights_sha256=weights_sha256,
        licence="",
        version=version("mien"),
    )


def tested_of(all_images: dict[str, Any]) -> Tested:
    """What people are told of the test, from the metrics on all test images."""
    interval = all_images["intervals"]["accuracy"]
    return Tested(
        num_images=all_images["num_images"],
        accuracy=all_images["accuracy"],
        accuracy_low=interval["low"],
        accuracy_high=interval["high"],
        mean_accuracy=all_images["mean_accuracy"],
        macro_f1=all_images["macro_f1"],
        recalls=[
            Recall(label=label, recall=row["recall"] if row["support"] else None, num_images=row["support"])
            for label, row in all_images["per_class"].items()
        ],
    )
