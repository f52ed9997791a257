"""Stores a trained model as a folder: weights.safetensors and model.json, enough to rebuild and serve it, and never a pickle."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import save

from mien.config.model import ModelConfig, config_document
from mien.core.errors import TableError, WeightsError
from mien.core.files import replacing_directory, write_json
from mien.core.outputs import missing
from mien.models.build import ExpressionModel, build_model
from mien.models.description import Description, read_description
from mien.models.weights import DESCRIPTION, WEIGHTS, file_sha256, read_tensors

SEED = "seed_"

Trained = tuple[ExpressionModel, ModelConfig, dict[str, Any]]


def seed_folder(folder: Path, seed: int) -> Path:
    """The subfolder with the same model trained with another seed than the first; `load_model` reads either folder."""
    return folder / f"{SEED}{seed}"


def epoch_weights(folder: Path, epoch: int) -> Path:
    """The file with the weights of a model after one of the epochs, from 1, that its training kept."""
    return folder / "epochs" / f"{epoch}.safetensors"


def save_model(
    folder: Path,
    model: ExpressionModel,
    config: ModelConfig,
    *,
    facts: dict[str, Any],
    epochs: Mapping[int, Mapping[str, torch.Tensor]] | None = None,
    other_seeds: Iterable[Trained] = (),
) -> None:
    """Writes the folder completely or not at all; the same weights, configuration and facts give the same bytes.

    `facts` are JSON values to record about the training: fingerprint, class counts, epochs, the source of the weights.
    `epochs` are the weights after other epochs, which `load_epoch` reads.
    `other_seeds` are further trainings of the model (model, configuration, facts); each is written to its `seed_folder`.
    """
    with replacing_directory(folder) as temporary:
        _write(temporary, model, config, facts, epochs or {})
        for other in other_seeds:
            place = seed_folder(temporary, other[1].seed)
            place.mkdir()
            _write(place, *other, {})


def save_half(
    folder: Path,
    source: Path,
    *,
    beside: Iterable[Path] = (),
    documents: Mapping[str, Mapping[str, Any]] | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Writes a copy of the model in `source` with half-precision weights, 2 bytes each; mean and std of the input stay as they are.

    Written next to it are copies of the files `beside`, `documents` (JSON objects by file name, in which weights_sha256 becomes that of the
    new weights, as in model.json), and `texts` by file name. `load_model` reads it like the original. Raises as `load_model` does, and
    WeightsError if a weight is too large for half precision.
    """
    model, _ = load_model(source)
    exact = {"mean_C11", "std_C11"}
    state = {
        name: tensor.half() if tensor.is_floating_point() and name not in exact else tensor.contiguous()
        for name, tensor in model.state_dict().items()
    }
    if large := [name for name, tensor in state.items() if not bool(tensor.isfinite().all())]:
        raise WeightsError(f"{source / WEIGHTS}: {large[0]} has values beyond half precision; keep the model as it is")
    document = json.loads((source / DESCRIPTION).read_text(encoding="utf-8"))
    document.pop("epochs_sha256", None)  # the copy has the final weights only
    with replacing_directory(folder) as temporary:
        (temporary / WEIGHTS).write_bytes(save(state))
        for name, content in {DESCRIPTION: document, **(documents or {})}.items():
            write_json(temporary / name, {**content, "weights_sha256": file_sha256(temporary / WEIGHTS)})
        for file in beside:
            (temporary / file.name).write_bytes(file.read_bytes())
        for name, text in (texts or {}).items():
            (temporary / name).write_text(text, encoding="utf-8")


def _write(
    folder: Path, model: ExpressionModel, config: ModelConfig, facts: dict[str, Any], epochs: Mapping[int, Mapping[str, torch.Tensor]]
) -> None:
    (folder / WEIGHTS).write_bytes(save(_stored(model.state_dict())))
    hashes = {}
    for epoch, state in sorted(epochs.items()):
        file = epoch_weights(folder, epoch)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(save(_stored(state)))
        hashes[str(epoch)] = file_sha256(file)
    write_json(
        folder / DESCRIPTION,
        {
            "name": config.name,
            "classes": config.classes,
            "architecture": {
                "backbone": config.backbone,
                "attention": config.attention,
                "head": config.head,
                "num_parameters": sum(parameter.numel() for parameter in model.parameters()),
            },
            "preprocessing": {
                "size_px": config.input_px,
                "colours": "RGB",
                "input_range": [0.0, 1.0],
                "resize": "bilinear, antialiased",
                "mean": _figures(model.mean_C11),
                "std": _figures(model.std_C11),
                "normalisation_inside_model": True,
            },
            "precision": config.precision,
            "training": facts,
            "config": config_document(config),
            "weights_sha256": file_sha256(folder / WEIGHTS),
            **({"epochs_sha256": hashes} if hashes else {}),
            "versions": {"mien": version("mien"), "torch": str(torch.__version__), "timm": timm.__version__},
        },
    )


def _stored(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def describe_model(folder: Path) -> Description:
    """The content of model.json. Raises TableError if it is missing, broken or contradicts itself."""
    try:
        return read_description(folder / DESCRIPTION, remedy=_again(folder))
    except FileNotFoundError:
        raise missing(folder / DESCRIPTION, stage=f"train@{_name(folder)}") from None


def load_model(folder: Path) -> tuple[ExpressionModel, ModelConfig]:
    """The model, in eval mode on the CPU, and its configuration, rebuilt without network and without pickle.

    Raises TableError if model.json is missing or broken, WeightsError if the weights are.
    """
    description = describe_model(folder)
    return _loaded(folder, description, folder / WEIGHTS, description.weights_sha256), description.config


def load_epoch(folder: Path, epoch: int) -> ExpressionModel:
    """The model with the weights after an epoch, from 1, in eval mode on the CPU.

    Raises TableError if its training did not keep these weights, and otherwise what `load_model` raises.
    """
    description, file = describe_model(folder), epoch_weights(folder, epoch)
    if str(epoch) not in description.epochs_sha256:
        raise TableError(f"{folder} has no weights after epoch {epoch}; {_again(folder)}")
    return _loaded(folder, description, file, description.epochs_sha256[str(epoch)])


def _loaded(folder: Path, description: Description, weights: Path, sha256: str) -> ExpressionModel:
    stored = read_tensors(weights, remedy=_again(folder))
    if file_sha256(weights) != sha256:
        raise WeightsError(f"{weights} is not the file for which {folder / DESCRIPTION} was written; {_again(folder)}")
    # A model may be stored in half precision, which halves its size; the network has single precision.
    state = {name: tensor.float() if tensor.dtype == torch.float16 else tensor for name, tensor in stored.items()}
    with torch.device("meta"):  # shapes first, without memory: a description that was edited by hand may ask for more memory than there is
        _check_state(_built(description, folder), state, description, folder, weights)
    model = _built(description, folder)
    model.load_state_dict(state)
    return model.eval()


def _built(description: Description, folder: Path) -> ExpressionModel:
    """The network, with random weights."""
    try:
        with torch.random.fork_rng(devices=[]):  # the weights drawn here are discarded, so nothing later may depend on them
            return build_model(description.config)
    except Exception as error:  # libraries raise almost any exception for invalid settings
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise TableError(f"{folder / DESCRIPTION} does not describe a network that can be built ({reason}); {_again(folder)}") from None


def _check_state(model: ExpressionModel, state: dict[str, torch.Tensor], description: Description, folder: Path, file: Path) -> None:
    """Raises WeightsError unless the weights are finite, fit the network, and normalise as the description says."""
    expected = model.state_dict()
    faults = [f"no {name}" for name in expected.keys() - state.keys()] + [f"{name}, unknown" for name in state.keys() - expected.keys()]
    for name in expected.keys() & state.keys():
        if state[name].shape != expected[name].shape or state[name].dtype != expected[name].dtype:
            faults.append(
                f"{name} {tuple(state[name].shape)} {state[name].dtype}, not {tuple(expected[name].shape)} {expected[name].dtype}"
            )
        elif not bool(state[name].isfinite().all()):
            faults.append(f"{name}, not finite")
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise WeightsError(f"{file} does not fit the model that {DESCRIPTION} describes ({min(faults)}{more}); {_again(folder)}")
    if sum(parameter.numel() for parameter in model.parameters()) != description.architecture.num_parameters:
        raise TableError(f"{folder / DESCRIPTION} gives a different number of parameters than the network has; {_again(folder)}")
    for name, values in (("mean", description.preprocessing.mean), ("std", description.preprocessing.std)):
        if _figures(state[f"{name}_C11"]) != values:
            raise WeightsError(f"{file} normalises with another {name} than {DESCRIPTION} says; {_again(folder)}")


def _figures(channels_C11: torch.Tensor) -> list[float]:
    return [round(value, 6) for value in channels_C11.flatten().tolist()]


def _again(folder: Path) -> str:
    return f"run `dvc repro --force train@{_name(folder)}` (or `dvc checkout`) to make it again"


def _name(folder: Path) -> str:
    """The model's name, also for the folder of one of its other seeds."""
    return folder.parent.name if folder.name.startswith(SEED) and (folder.parent / DESCRIPTION).is_file() else folder.name
