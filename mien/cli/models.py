"""The command `mien models`: a table of all configured models. It builds each model without weights, so it shows what will be trained."""

import typer

from mien.config.configure import configure, pretrained_document
from mien.config.imagenet import origin
from mien.config.model import ModelConfig
from mien.config.params import Params, load_params
from mien.config.sections.models import ModelParams
from mien.core.errors import ParamsError
from mien.core.markdown import plain_table

HEADER = ("model", "backbone", "attention", "head", "loss", "weights", "input px", "tta", "parameters M", "MACs G", "map C×H×W")
NUMBERS = {"input px", "parameters M", "MACs G"}


def models() -> None:
    """Prints every model of params.yaml with its parts, parameters, MACs and feature map.

    Parameters are counted for the whole model, in millions.
    MACs are billions of multiply-accumulates (convolutions and matrix products) for one image, half of torch's number of operations;
    test-time augmentation (tta) multiplies them.
    The map is the output of the last layer before the head: channels, height, width.
    If a head has hidden layers, their numbers of units follow the name of the head. Weights are named, with timm's tag if it is pinned or
    chosen, but not loaded.
    """
    typer.echo(table(load_params()))


def rows(params: Params) -> list[tuple[str, ...]]:
    """One row (as HEADER) for every model of params.yaml, in its order.

    Parameters are in millions; MACs are in billions for one image (see mien.models.cost). Raises ParamsError with one line for each model
    that cannot be built, such as one whose input is too small.
    """
    found, faults = [], []
    for name in params.models:
        try:
            found.append(_row(configure(params, name), params.models[name]))
        except ParamsError as error:
            faults.append(str(error))
    if faults:
        raise ParamsError("\n  ".join(["params.yaml has models that cannot be built; correct and run again:", *faults]))
    return found


def table(params: Params) -> str:
    """The rows as text in columns; numbers are right-aligned."""
    return plain_table(HEADER, rows(params), right=[HEADER.index(title) for title in NUMBERS])


def _row(config: ModelConfig, entry: ModelParams) -> tuple[str, ...]:
    import torch  # here, because importing torch and timm takes seconds, and this module is imported by every `mien` command

    from mien.models.backbones import map_shape
    from mien.models.build import build_model
    from mien.models.cost import cost

    channels, *grid = map_shape(config.backbone, input_px=config.input_px, model=config.name)
    with torch.device("meta"):
        spent = cost(build_model(config), input_px=config.input_px, tta=entry.tta)
    return (
        config.name,
        f"{config.backbone}, 2 branches" if config.branches == 2 else config.backbone,
        config.attention,
        " ".join([config.head, *(str(config.head_params[key]) for key in ("hidden", "second_hidden") if key in config.head_params)]),
        str(config.loss["name"]),
        origin(tag) if (tag := pretrained_document(entry).get("tag")) else config.weights,
        str(config.input_px),
        entry.tta,
        f"{spent.num_parameters / 1e6:.2f}",
        f"{spent.num_macs / 1e9:.3f}",
        "×".join(map(str, (config.branches * channels, *grid))),
    )
