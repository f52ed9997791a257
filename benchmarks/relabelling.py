"""How many labels that are turned on purpose SCN changes, and how many of its changes are right.

    python benchmarks/relabelling.py --noise 0.15 --epochs 30 --relabel-epoch 15

Run it in the repository's root after `dvc repro split`. It reads data/faces and data/splits.parquet and writes nothing there: a share of
the labels of the training split is turned to another class, drawn evenly; validation and test keep theirs. The model is the entry `scn`
of params.yaml, if there is one (`mien preset all`), or the same network from random weights. Precision is the share of the changed images
whose labels had been turned, restored the share of them that got their own label back, recall the share of the turned labels that were
changed. An image that is changed although nobody turned its label counts against precision, even if the label of the data set is doubtful.
"""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor

from mien.config import declared
from mien.config.configure import configure
from mien.config.model import ModelConfig
from mien.config.params import load_params
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams
from mien.core import paths
from mien.core.naming import NUM_DIGITS
from mien.models.build import build_model
from mien.store.faces import FaceSet, load_faces
from mien.store.tables import SPLITS, read_table
from mien.training.fit import fit


def turned(faces: FaceSet, *, noise: float, num_classes: int, seed: int) -> tuple[FaceSet, set[int]]:
    """The faces with a share `noise` of their labels turned to another class, and the rows of these."""
    generator = np.random.default_rng(seed)
    rows = generator.choice(len(faces), round(noise * len(faces)), replace=False)
    targets_N: Tensor = faces.targets_N.clone()
    targets_N[rows] = (targets_N[rows] + torch.from_numpy(generator.integers(1, num_classes, len(rows)))) % num_classes
    return FaceSet(faces.images, targets_N, faces.sample_ids), set(rows.tolist())


def figures(found: dict[str, Any], faces: FaceSet, wrong: set[int], classes: list[str]) -> dict[str, float]:
    """Precision, restored and recall (see the head of this file) of the `method` of a training's record, and the counts behind them."""
    row_of = {sample_id[:NUM_DIGITS]: row for row, sample_id in enumerate(faces.sample_ids)}
    used = {row_of[entry["image"]]: classes.index(entry["used"]) for entry in found["images"]}
    right = [row for row, label in used.items() if label == int(faces.targets_N[row])]
    hits = used.keys() & wrong
    return {
        "turned": len(wrong),
        "changed": len(used),
        "changed_turned": len(hits),
        "precision": len(hits) / max(len(used), 1),
        "restored": len(right) / max(len(used), 1),
        "recall": len(hits) / max(len(wrong), 1),
    }


def config_of(classes: list[str], *, epochs: int, loss: dict[str, Any], input_px: int) -> ModelConfig:
    """ResNet-18 from random weights, for a params.yaml without the model `scn`."""
    train = TrainParams(epochs=epochs, lr=1e-3, batch_size=32, weight_decay=1e-4, schedule="exponential", patience=epochs)
    return ModelConfig(
        name="scn",
        classes=classes,
        seed=42,
        backbone="resnet18",
        weights="none",
        attention="none",
        head="importance",
        dropout=0.0,
        loss={"name": "scn", **declared.values("loss", "scn", loss)},
        recipe="one_stage",
        input_px=input_px,
        normalization="backbone",
        precision="fp32",
        train=train,
        augment=AugmentParams(erase=0.5),
    )


def main(
    noise: Annotated[float, typer.Option(help="share of the training labels that are turned")] = 0.15,
    epochs: Annotated[int, typer.Option(help="epochs of the training")] = 30,
    relabel_epoch: Annotated[int, typer.Option(help="first epoch in which labels change")] = 15,
    relabel: Annotated[str, typer.Option(help="low, or all, as the published code")] = "low",
    input_px: Annotated[int, typer.Option(help="side of the input, pixels")] = 64,
    seed: Annotated[int, typer.Option(help="of the labels that are turned")] = 1,
) -> None:
    params = load_params()
    classes, own = list(params.labels.kept), {"relabel": relabel, "relabel_epoch": relabel_epoch}
    if "scn" in params.models:
        given = configure(params, "scn")
        more = {"epochs": epochs, "patience": epochs}
        config = given.model_copy(update={"loss": given.loss | own, "input_px": input_px, "train": given.train.model_copy(update=more)})
    else:
        config = config_of(classes, epochs=epochs, loss=own, input_px=input_px)
    rows = read_table(paths.SPLITS, SPLITS)
    train, val = (load_faces(paths.FACES, rows[rows["split"] == name], classes=classes, max_px=input_px) for name in ("train", "val"))
    noisy, wrong = turned(train, noise=noise, num_classes=len(classes), seed=seed)
    torch.manual_seed(config.seed)
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(build_model(config), noisy, val, config=config, pretrained=False, checkpoints=Path(folder))
    for name, number in figures(fitted.method, train, wrong, classes).items():
        typer.echo(f"{name:15} {number:g}" if isinstance(number, int) else f"{name:15} {number:.3f}")
    typer.echo("relabelled by epoch: " + " ".join(f"{row['relabelled_share']:.3f}" for row in fitted.curves))


if __name__ == "__main__":
    typer.run(main)
