"""Stage `pretrained@MODEL`: the initial weights of one model's backbone."""

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.stage import command
from mien.models.pretrained import write_pretrained


def main(model: str) -> None:
    """Fetches the weights with which the backbone of MODEL is initialised.

    Reads models.MODEL of params.yaml, and its folder of weights or timm's hub. Writes data/pretrained/MODEL/start: pretrained.json,
    which describes the weights, and weights.safetensors unless they are `none`.
    """
    entry = load_params().model(model)
    note = write_pretrained(
        paths.pretrained(model), backbone=entry.backbone, weights=entry.weights, tag=entry.weights_tag, place=paths.WEIGHTS
    )
    if "further_images" in note:
        typer.echo(
            f"warning: models.{model}.weights: {entry.backbone}.{note['tag']} was trained on more than ImageNet-1k "
            f"({note['further_images']}); models that start from ImageNet-1k alone are no fair comparison",
            err=True,
        )
    typer.echo(f"pretrained: {model}: {entry.backbone}, " + (note.get("source") or "no pretrained weights, trains from scratch"))


if __name__ == "__main__":
    command(main)()
