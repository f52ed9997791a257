"""A training split with leaks, of the same size as the one without, to measure what leaks add to a published accuracy.

    mien preset fer2013 --set ingest.source=/path/to/fer2013.zip && dvc repro validate pretrained@MODEL configure
    mkdir ../with_leaks && cp -rL data metrics params.yaml dvc.yaml ../with_leaks && cd ../with_leaks
    PYTHONPATH=$OLDPWD python -m benchmarks.leaky_split && python -m stages.train MODEL

It changes data/splits.parquet in place, so run it in a copy. Training files that were left out because their photograph is in the test
split replace as many other training images of the same class, chosen by `seed`; validation and test images stay as they are. Both trainings
then have the same number of images of each class and of steps. `python -m benchmarks.peers --model …` compares the two models.
"""

import pandas as pd
import typer

from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.errors import LabelError
from mien.store.shards import read_store
from mien.store.tables import FACES, FATES, FILES, SPLITS, read_table, write_table


def with_leaks(splits: pd.DataFrame, leaks: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The rows of SPLITS, where rows of `leaks` (the columns of SPLITS) replace training images of the same class.

    If a class has more leaks than training images, only so many leaks of it are used. Raises LabelError if nothing leaks.
    """
    training = splits[splits["split"] == "train"]
    available = training["label"].value_counts()
    taken = [
        own.sample(min(len(own), int(available.get(label, 0))), random_state=seed)
        for label, own in leaks.sort_values("path").groupby("label")
    ]
    if not sum(map(len, taken)):
        raise LabelError("no training file leaks, so there is nothing to measure")
    leaked = pd.concat(taken)
    lost = [
        training[training["label"] == label].sort_values("path").sample(num, random_state=seed)
        for label, num in leaked["label"].value_counts().items()
    ]
    return pd.concat([splits.drop(pd.concat(lost).index), leaked.assign(split="train", flag=None)]).sort_values("path", ignore_index=True)


def leaked_rows(params: Params) -> pd.DataFrame:
    """The training files that the stage split left out as leaks and that have a stored face, as rows of SPLITS."""
    fates = read_table(paths.FATES, FATES)
    files = read_table(paths.FILES, FILES, ["path", "label_raw"]).set_index("path")["label_raw"]
    rows = fates[fates["fate"] == "leak"].copy()
    rows["label"] = [params.labels.spellings.class_of(files[path]) for path in rows["path"]]
    stored = set(read_store(paths.FACES, FACES, columns=["sample_id"]).column("sample_id").to_pylist())
    kept = rows[rows["sample_id"].isin(stored) & rows["label"].isin(params.labels.kept)]
    return kept.reindex(columns=SPLITS.names).astype(object).where(lambda cells: cells.notna(), None)


def main() -> None:
    params = load_params()
    splits = read_table(paths.SPLITS, SPLITS)
    leaky = with_leaks(splits, leaked_rows(params), seed=params.seed)
    num = int((~leaky["path"].isin(splits["path"])).sum())
    write_table(paths.SPLITS, leaky, SPLITS)
    typer.echo(f"{num} of {int((leaky['split'] == 'train').sum())} training images show a photograph of the test split")


if __name__ == "__main__":
    typer.run(main)
