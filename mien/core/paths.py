"""Every path that the pipeline reads or writes, relative to the root of the repository, where DVC runs the stages.

dvc.yaml contains the same paths; tests/pipeline/test_dvc_yaml.py checks that the two agree.
"""

import os
from pathlib import Path

PARAMS = Path("params.yaml")
PIPELINE = Path("dvc.yaml")
LOCKED = Path("dvc.lock")
WEIGHTS = Path("weights")
"""What `models.NAME.weights` is relative to; dvc.yaml runs the stage `pretrained` there."""
EXPERIMENTS = Path("experiments")
DATA = Path("data")
METRICS = Path("metrics")

LOCK = Path("requirements.lock")
CODE = DATA / "code"
CONFIGS = DATA / "configs"
SAMPLE = DATA / "sample.zip"
SAMPLE_TRUTH = DATA / "sample_truth.csv"
SAMPLE_METADATA = DATA / "sample_metadata.csv"
INVENTORY = DATA / "inventory.parquet"
HASHES = Path(".mien") / "hashes.parquet"  # of the source's files when they were last read
RAW = DATA / "raw"
FILES = RAW / "files.parquet"
BOXES = RAW / "boxes.parquet"
IMAGES = DATA / "images"
REJECTED = IMAGES / "rejected.parquet"
DUPLICATES = DATA / "duplicates.parquet"
PAIRS = DATA / "pairs.parquet"
LABELS = DATA / "labels.parquet"
LABELS_REMOVED = DATA / "labels_removed.parquet"
FACES = DATA / "faces"
FACES_REMOVED = FACES / "removed.parquet"
SPLITS = DATA / "splits.parquet"
FATES = DATA / "fates.parquet"
QUARANTINE = DATA / "quarantine.parquet"
VALIDATION = METRICS / "validation.json"
DATA_DOCS = Path("data_docs")
LEADERBOARD = METRICS / "leaderboard.json"
LEADERBOARD_TABLE = METRICS / "leaderboard.md"
COMPARISONS = METRICS / "comparisons.csv"
DOUBTS = METRICS / "doubts"
DOUBTS_COUNTS = METRICS / "doubts.json"
REPORT = METRICS / "report"
PAIRS_PAGE = Path(".mien") / "pairs.html"  # for local use only: DVC and Git ignore it


def code(stage: str, model: str | None = None) -> Path:
    """The fingerprint of the code that determines the result of one stage, or of one stage for one model, as text."""
    return CODE / stage / f"{model}.txt" if model else CODE / f"{stage}.txt"


def counts(stage: str) -> Path:
    """The counts of one data stage, JSON."""
    return METRICS / "data" / f"{stage}.json"


def config(model: str) -> Path:
    """The whole resolved configuration of one model, JSON, written by `configure`."""
    return CONFIGS / f"{model}.json"


def prediction_config(model: str) -> Path:
    """How one model predicts once it is trained, JSON, written by `configure`."""
    return CONFIGS / "prediction" / f"{model}.json"


def explanation_config(model: str) -> Path:
    """How one model is explained, JSON, written by `configure`."""
    return CONFIGS / "explain" / f"{model}.json"


def ensemble_config(ensemble: str) -> Path:
    """The models of one ensemble and how each predicts, JSON, written by `configure`."""
    return CONFIGS / "ensembles" / f"{ensemble}.json"


def export_config(export: str) -> Path:
    """The model and the precision of one export, JSON, written by `configure`."""
    return CONFIGS / "exports" / f"{export}.json"


def temporal_config(temporal: str) -> Path:
    """The model, the pooling and the training of one temporal model, JSON, written by `configure`."""
    return CONFIGS / "temporal" / f"{temporal}.json"


def stage_config(stage: str) -> Path:
    """The parameters that one stage of all models reads, JSON, written by `configure`."""
    return CONFIGS / "stages" / f"{stage}.json"


def pretrained_config(model: str) -> Path:
    """Which pretrained weights one model starts from, JSON, written by `configure`."""
    return CONFIGS / "pretrained" / f"{model}.json"


def pretrained(model: str) -> Path:
    """The folder with the pretrained weights of one backbone, or with a note that there are none."""
    return given(model) / "start"


def teaching(pair: str, student: str) -> Path:
    """The probabilities of a teacher for the training images, Parquet, by the name of a pair under `distillation`."""
    return given(student) / f"{pair}.parquet"


def given(model: str) -> Path:
    """The folder with all that one model learns from beside the images: `pretrained`, and a `teaching` for each of its teachers.

    A training depends on the folder, because DVC cannot list a dependency for each teacher, and most models have none.
    """
    return DATA / "pretrained" / model


def model(model: str) -> Path:
    """The folder with one trained model: weights.safetensors and model.json."""
    return Path("models") / model


def train_metrics(model: str) -> Path:
    """Metrics of one training run, JSON."""
    return METRICS / "train" / f"{model}.json"


def train_curves(model: str) -> Path:
    """Metrics per epoch of one training run, CSV (DVC plots); in a separate folder, because dvc.yaml plots the whole folder."""
    return METRICS / "curves" / f"{model}.csv"


def evaluation(model: str) -> Path:
    """Test metrics of one model, JSON."""
    return METRICS / "evaluate" / f"{model}.json"


def confusion_table(model: str) -> Path:
    """Actual and predicted class of every test image, CSV (a DVC plot)."""
    return METRICS / "evaluate" / f"{model}.confusion.csv"


def confusion_picture(model: str) -> Path:
    """The confusion matrix with counts and row percentages, PNG."""
    return METRICS / "evaluate" / f"{model}.confusion.png"


def reliability_table(model: str) -> Path:
    """The bars of the reliability diagram before and after the temperature, CSV (a DVC plot)."""
    return METRICS / "evaluate" / f"{model}.reliability.csv"


def selective_table(model: str) -> Path:
    """The accuracy and coverage of answers by the threshold of confidence, CSV (a DVC plot)."""
    return METRICS / "evaluate" / f"{model}.selective.csv"


def slices(model: str) -> Path:
    """Test metrics on slices of the test images, CSV."""
    return METRICS / "evaluate" / f"{model}.slices.csv"


def explanation(model: str) -> Path:
    """Metrics of the class activation maps of one model, JSON."""
    return METRICS / "explain" / f"{model}.json"


def explanation_folder(model: str) -> Path:
    """The folder with galleries, failures and their images."""
    return METRICS / "explain" / model


def robustness(model: str) -> Path:
    """Test metrics of one model under corruptions, JSON."""
    return METRICS / "robustness" / f"{model}.json"


def robustness_table(model: str) -> Path:
    """The same by corruption and strength, CSV."""
    return METRICS / "robustness" / f"{model}.csv"


def robustness_folder(model: str) -> Path:
    """The folder with a test image under each corruption."""
    return METRICS / "robustness" / model


def card(model: str) -> Path:
    """The model card, Markdown in the layout of Hugging Face."""
    return REPORT / "cards" / f"{model}.md"


def data_card() -> Path:
    """The data card of the run, Markdown."""
    return REPORT / "cards" / "data-card.md"


def predictions(model: str) -> Path:
    """Predictions and logits for every test image (for every seed) and every validation image, Parquet."""
    return DATA / "predictions" / f"{model}.parquet"


def answer(model: str) -> Path:
    """What an answer of one model needs besides its network, JSON: crop, temperature, thresholds, test metrics; of an ensemble, too."""
    return DATA / "answers" / f"{model}.json"


def exported(export: str) -> Path:
    """The network of one export with all that an answer needs, ONNX."""
    return DATA / "exports" / f"{export}.onnx"


def temporal(name: str) -> Path:
    """The folder with one temporal model: pooling.safetensors and temporal.json."""
    return DATA / "temporal" / name


def calibrated(model: str) -> Path:
    """The calibrated log-probabilities of every test and validation image by one model, Parquet, of which ensembles are made."""
    return DATA / "calibrated" / f"{model}.parquet"


def testset_inventory(testset: str) -> Path:
    """The files of a further test set with their hashes, and those that its entry in params.yaml names, Parquet."""
    return DATA / "testsets" / testset / "inventory.parquet"


def testset_hashes(testset: str) -> Path:
    """The hashes of the files of a further test set when they were last read; not tracked by DVC, like HASHES."""
    return workspace() / ".mien" / "testsets" / f"{testset}.parquet"


def testset_prepared(testset: str) -> Path:
    """The folder with all that is made of the source of a further test set alone (mien/testsets/prepared.py)."""
    return DATA / "testsets" / testset / "prepared"


def testset_splits(testset: str) -> Path:
    """The images of a further test set that models are tested on, as rows of SPLITS, Parquet."""
    return DATA / "testsets" / testset / "splits.parquet"


def testset_fates(testset: str) -> Path:
    """What became of every file of a further test set, Parquet."""
    return DATA / "testsets" / testset / "fates.parquet"


def testset_predictions(testset: str, model: str) -> Path:
    """The predictions of one model for a further test set, Parquet."""
    return DATA / "testsets" / testset / "predictions" / f"{model}.parquet"


def testset_counts(testset: str) -> Path:
    """The counts of a further test set, JSON; in the folder of the evaluations, on which `compare` and `report` depend as a whole."""
    return METRICS / "evaluate" / "testsets" / f"{testset}.json"


def crossevaluation(testset: str, model: str) -> Path:
    """The metrics of one model on a further test set, JSON."""
    return METRICS / "evaluate" / "testsets" / testset / f"{model}.json"


def cross_confusion(testset: str, model: str) -> Path:
    """Actual and predicted class of every image of a further test set, CSV (a DVC plot)."""
    return METRICS / "evaluate" / "testsets" / testset / f"{model}.confusion.csv"


def workspace() -> Path:
    """The absolute root of the main repository, also inside `dvc exp run --temp`, where DVC_ROOT contains it."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def checkpoints(model: str, fingerprint: str) -> Path:
    """The folder for checkpoints of an unfinished training, outside DVC's outs, because DVC deletes outs before each run."""
    return workspace() / ".mien" / "checkpoints" / model / fingerprint


def cost(model: str, fingerprint: str, *, tta: str = "none") -> Path:
    """The prediction speed of the model on this machine with the views of `tta`, JSON; not tracked by DVC, like `timing`."""
    return workspace() / ".mien" / "costs" / model / (f"{fingerprint}.json" if tta == "none" else f"{fingerprint}.{tta}.json")


def exported_cost(export: str, fingerprint: str, *, precision: str, tta: str = "none") -> Path:
    """The prediction speed of an export on this machine, JSON, like `cost`; the fingerprint is that of its model's training."""
    return cost(export, f"{fingerprint}.{precision}", tta=tta)


def timing(model: str, fingerprint: str) -> Path:
    """The duration of the training, JSON; not tracked by DVC, because two runs must write the same bytes."""
    return workspace() / ".mien" / "timings" / model / f"{fingerprint}.json"
