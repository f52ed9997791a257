"""A trained model as a folder: weights.safetensors and model.json, enough to rebuild and serve it, and never a pickle."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch
from pydantic import ValidationError
from safetensors.torch import save

from mien.configure import ModelConfig, config_document
from mien.errors import TableError, WeightsError
from mien.files import read_json, replacing_directory, write_json
from mien.models.build import ExpressionModel, build_model
from mien.models.weights import file_sha256, read_tensors

WEIGHTS, DESCRIPTION, SEED = "weights.safetensors", "model.json", "seed_"

Trained = tuple[ExpressionModel, ModelConfig, dict[str, Any]]


def seed_folder(folder: Path, seed: int) -> Path:
    """Where the folder of a model has the same model trained with another seed than the first; `load_model` reads either."""
    return folder / f"{SEED}{seed}"


def save_model(
    folder: Path, model: ExpressionModel, config: ModelConfig, *, facts: dict[str, Any], other_seeds: Iterable[Trained] = ()
) -> None:
    """Writes the folder, whole or not at all; same weights, configuration and facts, same bytes.

    `facts` is what to remember of the training, JSON values: fingerprint, class counts, epochs, where the weights came from.
    `other_seeds` are further trainings of the model (model, configuration, facts), each of which gets its `seed_folder`.
    """
    with replacing_directory(folder) as temporary:
        _write(temporary, model, config, facts)
        for other in other_seeds:
            place = seed_folder(temporary, other[1].seed)
            place.mkdir()
            _write(place, *other)


def _write(folder: Path, model: ExpressionModel, config: ModelConfig, facts: dict[str, Any]) -> None:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(state))
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
                "mean": [round(value, 6) for value in model.mean_C11.flatten().tolist()],
                "std": [round(value, 6) for value in model.std_C11.flatten().tolist()],
                "normalisation_inside_model": True,
            },
            "precision": config.precision,
            "training": facts,
            "config": config_document(config),
            "weights_sha256": file_sha256(folder / WEIGHTS),
            "versions": {"mien": version("mien"), "torch": str(torch.__version__), "timm": timm.__version__},
        },
    )


def describe_model(folder: Path) -> dict[str, Any]:
    """What model.json says. Raises TableError if it is missing or no JSON."""
    try:
        description: dict[str, Any] = read_json(folder / DESCRIPTION)
    except FileNotFoundError:
        raise TableError(f"{folder / DESCRIPTION} is missing; run `dvc repro train@{_name(folder)}` (or `dvc pull`) to make it") from None
    except json.JSONDecodeError as error:
        raise TableError(f"{folder / DESCRIPTION} is no JSON ({error}); {_again(folder)}") from None
    return description


def load_model(folder: Path) -> tuple[ExpressionModel, ModelConfig]:
    """The model, in eval mode on the CPU, and its configuration, rebuilt without network and without pickle.

    Raises TableError if model.json is missing or broken, WeightsError if the weights are.
    """
    description = describe_model(folder)
    try:
        config = ModelConfig.model_validate_json(json.dumps(description["config"]))
        expected = description["weights_sha256"]
    except (KeyError, ValidationError) as error:
        raise TableError(f"{folder / DESCRIPTION} does not describe a model of this version ({error}); {_again(folder)}") from None
    weights = folder / WEIGHTS
    state = read_tensors(weights, remedy=_again(folder))
    if file_sha256(weights) != expected:
        raise WeightsError(f"{weights} is not the file that {folder / DESCRIPTION} was written with; {_again(folder)}")
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are thrown away, so nothing later may depend on them
        model = build_model(config)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{weights} does not fit the model that {DESCRIPTION} describes ({error}); {_again(folder)}") from None
    return model.eval(), config


def _again(folder: Path) -> str:
    return f"run `dvc repro --force train@{_name(folder)}` (or `dvc checkout`) to make it anew"


def _name(folder: Path) -> str:
    """The model's name, also from the folder of one of its other seeds."""
    return folder.parent.name if folder.name.startswith(SEED) and (folder.parent / DESCRIPTION).is_file() else folder.name
