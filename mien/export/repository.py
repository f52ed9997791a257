"""Exports a model of this repository, or of a folder that `mien export half` wrote, with what is known of it there."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from mien.config.params import load_params
from mien.config.prediction import read_prediction_config
from mien.core import paths
from mien.core.errors import ExportError
from mien.export.exporting import Exported, Images, Precision, export_onnx
from mien.export.images import NUM_CALIBRATION, NUM_DRAWN, NUM_PROOF, drawn_squares, stored_squares
from mien.models.store import describe_model
from mien.models.weights import DESCRIPTION
from mien.predict.answer import ANSWER, Answer, read_answer

DRAWN = "drawn faces"


def export_model(model: str, file: Path, *, answer: Answer, precision: Precision = "fp32", progress: bool = False) -> Exported:
    """Exports a model of this repository.

    It is proved on test images, or on drawn faces if the images are not here, and int8 is calibrated on training images. Raises as
    `export_onnx` does, and TableError if the model was not trained and evaluated, or if int8 lacks its images.
    """
    stored = partial(stored_squares, paths.FACES, paths.SPLITS, size_px=answer.size_px)
    has_images = paths.SPLITS.is_file() and paths.FACES.is_dir()
    return export_onnx(
        paths.model(model),
        file,
        answer=answer,
        tta=read_prediction_config(paths.prediction_config(model)).tta,
        images_N3SS=stored(split="test", num=NUM_PROOF) if has_images else _drawn(answer),
        shown="test images" if has_images else DRAWN,
        precision=precision,
        calibration_N3SS=partial(stored, split="train", num=NUM_CALIBRATION),
        progress=progress,
    )


def export_folder(
    folder: Path, file: Path, *, precision: Precision = "fp32", changes: "Changes | None" = None, progress: bool = False
) -> Exported:
    """Exports a model whose folder `mien export half` wrote; it is proved on drawn faces, because its images are not here.

    Raises as `export_onnx` does, and ExportError if the folder is not such a one, or for int8, which needs training images.
    """
    for name in (DESCRIPTION, ANSWER, paths.PARAMS.name):
        if not (folder / name).is_file():
            what = f"has no {name}" if folder.is_dir() else "does not exist"
            raise ExportError(f"{folder} {what}; name a model of params.yaml, or a folder that `mien export half` wrote")
    if precision == "int8":
        raise ExportError(
            "--precision int8: the ranges of the activations are measured on training images, which are not in the folder; "
            "run the command in the repository that trained the model, or use fp16"
        )
    answer = read_answer(folder / ANSWER, remedy="write the folder again with `mien export half`")
    answer = (changes or Changes()).of(answer)
    tta = load_params(folder / paths.PARAMS.name).model(describe_model(folder).name).tta
    return export_onnx(
        folder, file, answer=answer, tta=tta, images_N3SS=_drawn(answer), shown=DRAWN, precision=precision, progress=progress
    )


@dataclass(frozen=True)
class Changes:
    """What an exported model does otherwise than in its own evaluation; None keeps it."""

    detector: Literal["mtcnn", "none"] | None = None
    margin: float | None = None
    licence: str | None = None

    def of(self, answer: Answer) -> Answer:
        """The answer with these changes."""
        faces = {name: value for name, value in (("detector", self.detector), ("margin", self.margin)) if value is not None}
        changed: dict[str, object] = {"faces": answer.faces.model_copy(update=faces)}
        return answer.model_copy(update=changed if self.licence is None else {**changed, "licence": self.licence})


def export_named(
    name: str, file: Path, *, precision: Precision = "fp32", changes: Changes | None = None, progress: bool = False
) -> Exported:
    """Exports what a user names: a model of params.yaml, or a folder, which has a / in its name."""
    folder, changes = Path(name), changes or Changes()
    if "/" in name and folder.parent != paths.model("any").parent:
        return export_folder(folder, file, precision=precision, changes=changes, progress=progress)
    load_params().model(folder.name)
    answer = read_answer(paths.answer(folder.name), remedy=f"run `dvc repro evaluate@{folder.name}`")
    return export_model(folder.name, file, answer=changes.of(answer), precision=precision, progress=progress)


def _drawn(answer: Answer) -> Images:
    return drawn_squares(num=NUM_DRAWN, size_px=answer.size_px, grey=answer.grey)
