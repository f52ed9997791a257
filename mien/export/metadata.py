"""The metadata of an exported model: text by key, which every ONNX runtime gives to its caller.

`mien` has the whole Answer as JSON. The other keys repeat what a reader needs that does not know mien.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mien.core.errors import ExportError
from mien.predict.answer import Answer, answer_document, parse_answer
from mien.predict.engine import MAPS_NOTE, METADATA, NONE

CLASS_MAPS = "Grad-CAM of each class on the unturned square, N×K×h×w"

if TYPE_CHECKING:
    from onnx import ModelProto


def add_metadata(model: "ModelProto", answer: Answer, *, precision: str, no_maps: str = "") -> None:
    """Replaces all metadata of `model`, so that nothing remains of what libraries noted there; `no_maps` says why it has no class maps."""
    from onnx.helper import set_model_props

    document = answer_document(answer)
    del model.metadata_props[:]
    texts = {
        METADATA: _json(document),
        "classes": _json(document["classes"]),
        "colours": "RGB",
        "crop": _json(document["faces"]),
        "licence": answer.licence,
        MAPS_NOTE: f"{NONE}{no_maps}" if no_maps else CLASS_MAPS,
        "model": answer.name,
        "precision": precision,
        "size_px": str(answer.size_px),
        "version": answer.version,
        "weights_sha256": answer.weights_sha256,
    }
    set_model_props(model, texts)


def read_metadata(file: Path) -> dict[str, str]:
    """The metadata of an ONNX file, whose graph is not checked. Raises ExportError if the file is missing or not an ONNX file."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(file, load_external_data=False)
    except OSError as error:
        raise ExportError(f"{file} cannot be read ({error.strerror}); name an .onnx file") from None
    except DecodeError:
        raise ExportError(f"{file} is not an ONNX file; name one that `mien export onnx` wrote") from None
    return {entry.key: entry.value for entry in model.metadata_props}


def exported_answer(file: Path) -> Answer:
    """The answer in an exported file.

    Raises ExportError if mien did not write the file, TableError if another version of mien did, whose answers this one cannot read.
    """
    written = read_metadata(file).get(METADATA)
    if written is None:
        raise ExportError(f"{file} has no metadata of mien, so its classes and its crop are unknown; make it with `mien export onnx`")
    return parse_answer(written, where=str(file), remedy="export the model again with `mien export onnx`")


def check_replaceable(file: Path) -> None:
    """Raises ExportError if the name does not end with .onnx, or if the file exists and mien did not write it, whatever its version."""
    if file.suffix != ".onnx":
        raise ExportError(f"--out {file}: the name of the file must end with .onnx")
    if not file.exists():
        return
    try:
        is_ours = METADATA in read_metadata(file)
    except ExportError:
        is_ours = False
    if not is_ours:
        raise ExportError(f"{file} exists and was not written by `mien export onnx`; name a file that does not exist")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
