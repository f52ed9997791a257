"""The network that a name means: the shipped one, an exported file, a folder, or a model or an ensemble of the repository."""

import hashlib
from dataclasses import replace
from pathlib import Path

import mien
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import PredictError
from mien.predict.answer import Answer, read_answer
from mien.predict.clips.answer import DESCRIPTION as TEMPORAL
from mien.predict.clips.answer import read_pooling
from mien.predict.engine import Engine
from mien.predict.ensemble import ensemble_engine
from mien.predict.ensemble_answer import read_ensemble_answer

SHIPPED = "fer"
NETWORK = "model.onnx"
CONVERTED = Path(".mien") / "onnx"
OUTPUTS_VERSION = 2
"""is part of the name of a converted file, so that a file without class maps, as version 1 wrote it, is converted again"""


def load_engine(name: str, *, threads: int = 1) -> Engine:
    """The network of a name: empty or `fer` for the shipped model, an .onnx file, a folder with model.onnx, or a model, an ensemble, an
    export or a temporal model of params.yaml.

    A model of this repository is converted to ONNX once, which imports torch; later its converted file is read. Raises PredictError.
    """
    path = Path(name)
    if name in temporal() and name not in trained():
        return _temporal(name, threads=threads)
    if name in exported() and name not in trained():  # a model of today is no export of yesterday
        return Engine.load(paths.exported(name), threads=threads)
    if not name or (name == SHIPPED and not paths.model(name).is_dir()):
        return Engine.load(shipped(), threads=threads)
    if path.suffix == ".onnx" or path.is_file():
        return Engine.load(path, threads=threads)
    if (path / NETWORK).is_file():
        return Engine.load(path / NETWORK, threads=threads)
    if members := _members(name):
        return _ensemble(name, members, threads=threads)
    folder = path if path.is_dir() else paths.model(name)
    if folder.parent != paths.model("any").parent or not (folder / "model.json").is_file():
        raise PredictError(
            f"--model {name}: there is no such model; name an exported .onnx, a folder with {NETWORK}, or one of this repository: "
            f"{', '.join([*trained(), *exported(), *temporal()]) or 'none is trained yet'}"
        )
    return Engine.load(converted(folder.name), threads=threads)


def _members(name: str) -> tuple[str, ...]:
    """The models of an ensemble of params.yaml; none if there is no such ensemble."""
    if not paths.PARAMS.is_file() or "/" in name:
        return ()
    return load_params().ensembles.get(name, ())


def _ensemble(name: str, members: tuple[str, ...], *, threads: int) -> Engine:
    own = read_ensemble_answer(paths.answer(name), name=name)
    if tuple(own.members) != members:
        raise PredictError(
            f"--model {name}: params.yaml has the members {', '.join(members)}, but {', '.join(own.members)} were tested; "
            f"run `dvc repro ensemble@{name}`"
        )
    return ensemble_engine(own, [Engine.load(converted(model), threads=threads) for model in members])


def shipped() -> Path:
    """The network that mien ships."""
    return Path(mien.__path__[0]) / "pretrained" / SHIPPED / NETWORK


def trained() -> list[str]:
    """The models and ensembles of this repository that were evaluated."""
    folder = paths.answer("any").parent
    return sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []


def exported() -> list[str]:
    """The exports of this repository (the section `exports`) that were made."""
    return sorted(path.stem for path in paths.exported("any").parent.glob("*.onnx"))


def temporal() -> list[str]:
    """The temporal models of this repository (the section `temporal`) that were trained."""
    return sorted(path.parent.name for path in paths.temporal("any").parent.glob(f"*/{TEMPORAL}"))


def _temporal(name: str, *, threads: int) -> Engine:
    pooling = read_pooling(paths.temporal(name))
    own, model = pooling.temporal.answer, pooling.temporal.model
    answer = read_answer(paths.answer(model), remedy=f"run `dvc repro evaluate@{model}`")
    if answer.weights_sha256 != own.weights_sha256:
        raise PredictError(f"--model {name}: {model} was trained again since; run `dvc repro temporal@{name}`")
    place = paths.workspace() / CONVERTED / f"{model}-frames-{_digest(answer)}.onnx"
    if not place.is_file():
        from mien.export.frames import export_frames  # torch

        export_frames(model, place, answer=answer)
    network = Engine.load(place, threads=threads)
    no_maps = f"{name} answers for clips, and no map of one frame is the reason; name {model} instead"
    return replace(network, answer=own, pooling=pooling, no_maps=no_maps)


def converted(model: str) -> Path:
    """The network of a model of this repository as an ONNX file, named by its weights and its answer; converted if it is not there."""
    answer = read_answer(paths.answer(model), remedy=f"run `dvc repro evaluate@{model}`")
    place = paths.workspace() / CONVERTED / f"{model}-{_digest(answer)}.onnx"
    if not place.is_file():
        from mien.export.repository import export_model  # torch

        export_model(model, place, answer=answer)
    return place


def _digest(answer: Answer) -> str:
    return hashlib.sha256(f"{OUTPUTS_VERSION} {answer.model_dump_json()}".encode()).hexdigest()[:12]
