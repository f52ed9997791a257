"""The stage on faces whose colour tells their class: wrong labels are queued, and what a person decides goes back into the data."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

from mien.config.configure import configure
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import read_json, write_json
from mien.doubts.choice import best_on_validation
from mien.models.build import build_model
from mien.models.store import save_model
from mien.sanitise.corrections import read_corrections
from mien.sanitise.deciding import take_over
from mien.split.whereabouts import matching
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FACES, FATES, LABELS, SPLITS, read_table
from mien.store.thumbnails import read_thumbnails
from stages import doubts, sanitise, split
from tests.random_tables import Tables

CLASSES = ("angry", "fear", "happy", "sad", "surprise")
PARAMS = """
labels:
  aliases: {angry: [anger], fear: [fears], happy: [happiness], surprise: [suprise]}
doubts: {model: "", queue: 100}
report: {names: original}
models:
  tiny: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32}
  other: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32}
runtime: {workers: 1, device: cpu}
"""
QUEUE = paths.DOUBTS / "queue.csv"


def face(label: str, generator: np.random.Generator) -> bytes:
    """A noisy square in the colour of the class."""
    colour = np.random.default_rng(CLASSES.index(label)).integers(40, 216, 3)
    picture = io.BytesIO()
    Image.fromarray(np.clip(colour + generator.normal(0, 25, (32, 32, 3)), 0, 255).astype(np.uint8)).save(picture, "PNG")
    return picture.getvalue()


class Set:
    """A data set of which `wrong` paths carry another class than their faces show, in the working directory."""

    def __init__(self, num_wrong: int) -> None:
        self.tables = Tables(160, seed=5, copies=0, conflicts=0, unknown=0, broken=0, unfit=0, ignored=0, faceless=0)
        self.tables.write()
        sanitise.main()
        truth = read_table(paths.LABELS, LABELS)
        self.truth = truth.set_index("path")["label"]
        self.sample_ids = truth.set_index("path")["sample_id"]
        self.wrong = self.truth.index[:num_wrong]
        files = self.tables.files.set_index("path")
        for path in self.wrong:
            files.loc[path, "label_raw"] = CLASSES[(CLASSES.index(self.truth[path]) + 1) % len(CLASSES)]
        self.tables.files = files.reset_index()
        self.make()

    def make(self) -> None:
        """Runs the data stages."""
        self.tables.write()
        sanitise.main()
        labels = read_table(paths.LABELS, LABELS)
        self.tables.write_faces(labels, official=False)
        generator = np.random.default_rng(0)
        pictures = {self.sample_ids[path]: face(self.truth[path], generator) for path in self.truth.index if path in set(labels["path"])}
        for digit in DIGITS:
            rows = [{"sample_id": name, "image": data, "num_faces": 1} for name, data in pictures.items() if name[0] == digit]
            write_shard(paths.FACES, digit, pa.Table.from_pylist(rows, FACES), FACES)
        split.main()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    paths.PARAMS.write_text(PARAMS)
    shutil.copy(Path(__file__).parents[2] / "corrections.csv", tmp_path)
    torch.manual_seed(0)
    for name, macro_f1 in (("other", 0.5), ("tiny", 0.6)):
        config = configure(load_params(), name)
        save_model(paths.model(name), build_model(config), config, facts={})
        write_json(paths.train_metrics(name), {"val": {"macro_f1": macro_f1}})
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_a_filled_in_queue_given_as_corrections_mends_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    data = Set(num_wrong=8)
    doubts.main()
    queue = pd.read_csv(QUEUE, dtype={"decision": str}, keep_default_na=False)
    assert set(queue["path"]) == set(data.wrong) and (queue["decision"] == "").all()
    assert queue["suggested"].tolist() == [data.truth[path] for path in queue["path"]]
    splits = read_table(paths.SPLITS, SPLITS).set_index("path")
    assert (queue["split"] == splits.loc[queue["path"], "split"].to_numpy()).all()
    assert set(read_thumbnails(paths.DOUBTS / "pictures.parquet")) == {f"face/{name}" for name in queue["sample_id"]}
    counts = read_json(paths.DOUBTS_COUNTS)
    assert counts["model"] == "tiny" and counts["num_doubted"] == counts["num_queued"] == 8 and counts["num_decided"] == 0
    assert counts["num_images"] == counts["num_judged"] == 160
    said = capsys.readouterr().out
    assert (
        "8 of 160 labels contradict the features of tiny, " in said and "0 are already decided; the 8 most doubtful are in metrics" in said
    )

    queue["decision"] = [*queue["suggested"][:6].str.upper(), "drop", "keep"]
    queue.to_csv("corrections.csv", index=False)
    data.make()
    labels = read_table(paths.LABELS, LABELS).set_index("path")["label"]
    right = queue["path"][:6]
    assert labels[right].tolist() == data.truth[right].tolist() and labels[queue["path"][7]] == queue["label"][7]
    quarantined = read_table(paths.LABELS_REMOVED, FATES)
    assert quarantined[["path", "reason"]].to_numpy().tolist() == [[queue["path"][6], "correction"]]
    assert read_json(paths.counts("sanitise"))["corrections"] == {"relabelled": 6, "kept": 1, "dropped": 1, "in_test": 0, "unused": 0}
    doubts.main()
    assert pd.read_csv(QUEUE).empty, "what was decided is not asked again"
    counts = read_json(paths.DOUBTS_COUNTS)
    assert (counts["num_images"], counts["num_decided"], counts["num_doubted"], counts["by_class"]) == (159, 7, 0, {})


@pytest.mark.usefixtures("workspace")
def test_a_queue_with_hashed_names_is_the_same_to_those_who_decide() -> None:
    Set(num_wrong=4)
    doubts.main()
    named = pd.read_csv(QUEUE)
    paths.PARAMS.write_text(PARAMS.replace("names: original", "names: hashed"))
    doubts.main()
    queue = pd.read_csv(QUEUE, dtype=str, keep_default_na=False)
    assert (
        queue["path"].tolist() == [name[:12] for name in queue["sample_id"]] and queue["sample_id"].tolist() == named["sample_id"].tolist()
    )
    assert not any(path in QUEUE.read_text() for path in named["path"])
    queue.assign(decision=queue["suggested"]).to_csv(QUEUE, index=False)
    assert take_over(QUEUE, load_params().labels) == (4, 4)
    assert read_corrections(Path("corrections.csv"), load_params().labels) == dict(zip(queue["sample_id"], queue["suggested"], strict=True))
    fates = read_table(paths.FATES, FATES)
    assert [matching(fates, name)["path"].tolist() for name in queue["path"]] == [[path] for path in named["path"]]


@pytest.mark.usefixtures("workspace")
def test_the_queue_is_cut_to_its_size_and_twice_gives_the_same_bytes() -> None:
    Set(num_wrong=6)
    paths.PARAMS.write_text(PARAMS.replace("queue: 100", "queue: 4"))

    def written() -> dict[str, bytes]:
        doubts.main()
        return {str(path): path.read_bytes() for path in [*paths.DOUBTS.iterdir(), paths.DOUBTS_COUNTS]}

    first = written()
    assert len(first) == 3 and first == written()
    counts = read_json(paths.DOUBTS_COUNTS)
    assert (counts["num_doubted"], counts["num_queued"]) == (6, 4) and len(pd.read_csv(QUEUE)) == 4


@pytest.mark.usefixtures("workspace")
def test_the_model_is_the_one_named_or_the_best_on_validation() -> None:
    assert best_on_validation(["other", "tiny"]) == "tiny"
    write_json(paths.train_metrics("other"), {"val": {"macro_f1": 0.6}})
    assert best_on_validation(["other", "tiny"]) == "other", "of equals the first"
    assert best_on_validation(["tiny"]) == "tiny"
    Set(num_wrong=0)
    paths.PARAMS.write_text(PARAMS.replace('model: ""', "model: tiny"))
    paths.train_metrics("other").unlink()
    doubts.main()
    assert read_json(paths.DOUBTS_COUNTS)["model"] == "tiny"


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    paths.PARAMS.write_text(PARAMS.replace('model: ""', "model: large"))
    with pytest.raises(ParamsError, match="large"):
        doubts.main()
    paths.PARAMS.write_text(PARAMS)
    paths.train_metrics("other").unlink()
    with pytest.raises(TableError, match=r"metrics/train/other\.json is missing; run `dvc repro train@other` .*, or name .* doubts\.model"):
        doubts.main()
    paths.PARAMS.write_text(PARAMS.replace('model: ""', "model: other"))
    shutil.rmtree(paths.model("other"))
    with pytest.raises(TableError, match="train@other"):
        doubts.main()
    assert not paths.DOUBTS.exists()
