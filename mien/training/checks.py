"""Checks that run before a training starts."""

from mien.augmentation.mixing import mixes
from mien.config.model import ModelConfig
from mien.core import registry
from mien.core.errors import TrainingError
from mien.store.faces import FaceSet


def check_faces(train: FaceSet, val: FaceSet, *, config: ModelConfig) -> list[int]:
    """Counts the training images of each class. Raises TrainingError if a class has none, or if there are no validation images."""
    counts = train.class_counts(len(config.classes))
    if missing := [name for name, count in zip(config.classes, counts, strict=True) if not count]:
        raise TrainingError(
            f"{config.name}: the training split has no image of {', '.join(missing)}; add images, or exclude the class with labels.drop"
        )
    if not len(val):
        raise TrainingError(f"{config.name}: the validation split is empty; raise split.val or add images")
    return counts


def check_soft_targets(config: ModelConfig, *, voted: bool) -> None:
    """Raises TrainingError if images are to be mixed, or votes to be learned (`voted`), but the loss takes no soft targets."""
    name = config.loss["name"]
    if registry.constant("mien.losses", name, "SOFT_TARGETS"):
        return
    if mixes(config.augment):
        raise TrainingError(
            f"{config.name}: the loss {name} takes no soft targets; set augment.mixup and augment.cutmix to 0, or another loss"
        )
    if voted:
        raise TrainingError(f"{config.name}: the loss {name} takes no soft targets; set labels.from_votes to majority, or another loss")
