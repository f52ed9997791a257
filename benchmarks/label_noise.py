"""How well planted label noise is found: average precision of the review ranking after training on the noisy labels.

    python benchmarks/label_noise.py --noise 0.05 --noise 0.10 --noise-seed 1 --work /tmp/label_noise

Run it in the repository's root after `dvc repro`. It reads data/faces and data/splits.parquet and writes nothing there: a share of the
labels of training and validation is turned to another class, drawn evenly; the model is trained on them from the start, its early stopping
seeing the noisy validation labels too; then the stage's own judgement ranks all labels. Average precision is scikit-learn's, over the
images whose labels could be turned; chance is the noise itself. Trained models stay in --work and are taken up again.
"""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from sklearn.metrics import average_precision_score

from mien.config.configure import configure
from mien.config.model import ModelConfig
from mien.config.params import Params, load_params
from mien.core import paths
from mien.doubts.confident_learning import Doubts
from mien.doubts.judgement import judge
from mien.models.build import build_model
from mien.models.store import load_model, save_model
from mien.store.faces import load_faces
from mien.store.tables import SPLITS, read_table
from mien.training.fit import fit


def planted(rows: pd.DataFrame, classes: list[str], *, noise: float, seed: int) -> pd.DataFrame:
    """The rows, a share `noise` of those that are not test under another class drawn evenly; `wrong` says which."""
    generator = np.random.default_rng(seed)
    known = np.flatnonzero(rows["split"] != "test")
    wrong = np.sort(generator.choice(known, round(noise * len(known)), replace=False))
    labels = rows["label"].to_numpy(dtype=object).copy()
    for row in wrong:
        labels[row] = classes[(classes.index(labels[row]) + int(generator.integers(1, len(classes)))) % len(classes)]
    return rows.assign(label=labels, wrong=np.isin(np.arange(len(rows)), wrong))


def trained(rows: pd.DataFrame, config: ModelConfig, folder: Path) -> None:
    """Trains the model on the labels of `rows`, from random weights, and saves it in `folder`."""
    train, val = (
        load_faces(paths.FACES, rows[rows["split"] == name], classes=config.classes, max_px=config.input_px) for name in ("train", "val")
    )
    torch.manual_seed(config.seed)
    network = build_model(config)
    checkpoints = folder.with_name(f"{folder.name}.unfinished")
    checkpoints.mkdir(parents=True, exist_ok=True)
    fit(network, train, val, config=config, pretrained=False, checkpoints=checkpoints)
    save_model(folder, network, config, facts={"planted": int(rows["wrong"].sum())})


def judged(rows: pd.DataFrame, folder: Path, params: Params) -> Doubts:
    """What the stage `doubts` finds with that model."""
    network, config = load_model(folder)
    faces = load_faces(paths.FACES, rows, classes=config.classes, max_px=config.input_px)
    return judge(network, config, rows, faces, folds=params.doubts.folds, seed=params.seed)


def figures(rows: pd.DataFrame, found: Doubts) -> dict[str, float]:
    """Average precision over the images whose labels could be turned and over all; of the doubted, and of those that are issues, how many
    are wrong.
    """
    wrong, quality = rows["wrong"].to_numpy(), found.quality_N
    known = (rows["split"] != "test").to_numpy()
    return {
        "average_precision": float(average_precision_score(wrong[known], -quality[known])),
        "average_precision_all": float(average_precision_score(wrong, -quality)),
        "num_wrong": int(wrong.sum()),
        "num_doubted": int(found.doubted_N.sum()),
        "num_doubted_wrong": int((found.doubted_N & wrong).sum()),
        "num_issues": int(found.issue_N.sum()),
        "num_issues_wrong": int((found.issue_N & wrong).sum()),
    }


def measure(model: str, *, noise: float, seed: int, work: Path) -> dict[str, float]:
    """The figures of one planting; trains the model unless `work` has it already."""
    params = load_params()
    config = configure(params, model).model_copy(update={"teachers": {}})
    rows = read_table(paths.SPLITS, SPLITS).sort_values("path").drop_duplicates("sample_id", ignore_index=True)
    rows = planted(rows, config.classes, noise=noise, seed=seed)
    folder = work / f"{model}_{noise:g}_{seed}"
    if not folder.exists():
        trained(rows, config, folder)
    return figures(rows, judged(rows, folder, params))


def main(
    model: Annotated[
        str, typer.Option(help="A model of params.yaml; it is trained without pretrained weights and teachers.")
    ] = "densenet121",
    noise: Annotated[list[float], typer.Option(help="Share of wrong labels; repeatable.")] = [0.05, 0.10],  # noqa: B006
    noise_seed: Annotated[list[int], typer.Option(help="Which labels are turned; repeatable.")] = [1],  # noqa: B006
    work: Annotated[Path, typer.Option(help="Folder for the trained models.")] = Path("/tmp/label_noise"),
) -> None:
    typer.echo("| noise | seed | average precision | with test images | wrong labels | doubted (wrong) | issues (wrong) |")
    typer.echo("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for share in noise:
        for seed in noise_seed:
            begin_s = perf_counter()
            its = measure(model, noise=share, seed=seed, work=work)
            cells = [f"{share:g}", seed, f"{its['average_precision']:.3f}", f"{its['average_precision_all']:.3f}", its["num_wrong"]]
            cells += [f"{its[name]} ({its[name + '_wrong']})" for name in ("num_doubted", "num_issues")]
            typer.echo(f"| {' | '.join(map(str, cells))} |")
            typer.echo(f"{perf_counter() - begin_s:.0f} s", err=True)


if __name__ == "__main__":
    typer.run(main)
