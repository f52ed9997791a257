"""The command `mien` as a user runs it."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from mien.cli.app import app
from mien.config import preset, reference
from mien.config.params import Params
from mien.core import paths, registry
from mien.store.tables import FATES, write_table
from tests.surroundings import Outcome, run, run_here

ROOT = Path(__file__).parents[2]
ROWS = [
    ("p/Sad/IMG_1.jpg", "aa11" * 16, "kept", "split", "train", None),
    ("p/Sad/IMG_2.jpg", "bb22" * 16, "rejected", "convert", "truncated", "52 bytes short"),
    ("p/Sad/notes.txt", None, "ignored", "ingest", "not an image", None),
    ("p/Happy/IMG_2.jpg", "cc33" * 16, "quarantined", "align", "no_face", "nothing like a face"),
]


def mien(folder: Path, *arguments: str) -> Outcome:
    return run_here(app, *arguments, root=folder)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    write_table(tmp_path / paths.FATES, pd.DataFrame(ROWS, columns=FATES.names), FATES)
    return tmp_path


def test_preset_prints_what_changed_and_lists_what_there_is(workspace: Path) -> None:
    for arguments in (["preset"], ["preset", "--list"]):
        done = mien(workspace, *arguments)
        assert done.code == 0
        assert [line.split(":")[0] for line in done.out.splitlines()] == preset.names()
    done = mien(workspace, "preset", "photos")
    assert "faces.size_px: 96 → 224" in done.out.splitlines()
    assert done.out.splitlines()[-1].endswith("changes in params.yaml; see `git diff`, then `dvc repro`")
    assert mien(workspace, "preset", "photos").out == "preset photos: 0 changes in params.yaml\n"
    done = mien(workspace, "preset", "--set", "models.*.input_px=64", "--set", "seed=7")
    assert "models.resnet50.input_px: 224 → 64" in done.out and "seed: 42 → 7" in done.out
    assert mien(workspace, "preset", "--set", "seed=8").out.splitlines()[-1].startswith("preset: 1 change in params.yaml; ")


def test_preset_says_what_of_a_users_own_file_concerns_nothing(workspace: Path) -> None:
    own = workspace / "own.yaml"
    own.write_text("models:\n  resnet5: {dropout: 0.1}\n  vgg*: {dropout: 0.1}\n  resnet50: {dropout: 0.1}\n", encoding="utf-8")
    done = mien(workspace, "preset", "own.yaml")
    first, second = done.err.splitlines()
    assert first == "left out: models.resnet5: must be a model of params.yaml; did you mean resnet50?"
    assert second.startswith("left out: models.vgg*: must match a key there; there are: resnet50, ")
    assert done.code == 0 and "models.resnet50.dropout: 0.53 → 0.1" in done.out
    assert mien(workspace, "preset", "photos").err == ""  # mien's own name models that `all` adds


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["preset", "nix"], f"error: there is no preset 'nix'; choose one of: {', '.join(preset.names())}"),
        (["params", "nix"], "error: no parameter begins with 'nix'; `mien params` prints them all"),
        (["table"], "error: metrics/evaluate/resnet50.json is missing; run `dvc repro evaluate@resnet50`"),
        (["table", "--against", "nix"], "error: --against must name the model to compare with, one of: resnet50, "),
        (["table", "nix", "--against", "resnet50"], "error: models has no 'nix'; choose one of: resnet50, "),
        (["table", "--against", "resnet50"], "error: data/predictions/resnet50.parquet is missing; run `dvc repro evaluate@resnet50`"),
        (["study", "nix"], "error: there is no study 'nix' (experiments/nix.yaml); run from the repository's root"),
        (["study"], "error: there are no studies in experiments; run from the repository's root"),
        (["where", "nix"], "error: data/fates.parquet has no file 'nix'; give a path as in data/raw/files.parquet"),
    ],
)
def test_an_error_is_a_line_and_exit_code_2(workspace: Path, arguments: list[str], error: str) -> None:
    done = mien(workspace, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(error) and done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("p/Sad/IMG_1.jpg", ["p/Sad/IMG_1.jpg: kept by split: train"]),
        ("IMG_2.jpg", ["p/Sad/IMG_2.jpg: rejected by convert: truncated (52 bytes short)",
            "p/Happy/IMG_2.jpg: quarantined by align: no face (nothing like a face)"]),
        ("Happy/IMG_2.jpg", ["p/Happy/IMG_2.jpg: quarantined by align: no face (nothing like a face)"]),
        ("IMG_1", ["p/Sad/IMG_1.jpg: kept by split: train"]),
        ("IMG_1.*", ["p/Sad/IMG_1.jpg: kept by split: train"]),
        ("*.txt", ["p/Sad/notes.txt: ignored by ingest: not an image"]),
        ("aa11aa11", ["p/Sad/IMG_1.jpg: kept by split: train"]),
    ],
)  # fmt: skip
def test_where_says_what_became_of_a_file(workspace: Path, wanted: str, found: list[str]) -> None:
    done = mien(workspace, "where", wanted)
    assert (done.code, done.out.splitlines()) == (0, found)


def test_one_broken_study_does_not_hide_the_others(workspace: Path) -> None:
    (workspace / "experiments").mkdir()
    for name, text in (("a", "runs: 3"), ("b", "title: t\nruns: {x: }")):
        (workspace / "experiments" / f"{name}.yaml").write_text(text, encoding="utf-8")
    done = mien(workspace, "study")
    assert (done.code, done.out) == (2, "b: t (1 run)\n")
    assert done.err.startswith("error: experiments/a.yaml has 2 faults:\n")


def test_where_tells_a_decision_about_a_picture(workspace: Path) -> None:
    (workspace / "corrections.csv").write_text(f"sample_id,decision\n{'aa11' * 16},Happy\n{'bb22' * 3},keep\n", encoding="utf-8")
    said = mien(workspace, "where", "*").out
    assert said.splitlines()[0] == "p/Sad/IMG_1.jpg: kept by split: train; labels.corrections: happy"
    assert sum("labels.corrections" in line for line in said.splitlines()) == 2


def test_decide_takes_a_filled_in_queue_over(workspace: Path) -> None:
    (workspace / "corrections.csv").write_text("sample_id,decision\n", encoding="utf-8")
    (workspace / "queue.csv").write_text(f"rank,sample_id,decision\n1,{'aa11' * 16},Happy\n2,{'bb22' * 16},\n", encoding="utf-8")
    assert mien(workspace, "decide", "queue.csv").out == "decide: 1 decision in queue.csv, 1 of them new in corrections.csv\n"
    assert (workspace / "corrections.csv").read_text(encoding="utf-8") == f"sample_id,decision\n{'aa11' * 16},happy\n"
    assert mien(workspace, "decide").err.startswith("error: metrics/doubts/queue.csv is missing")


def test_where_wants_the_table(tmp_path: Path) -> None:
    """As a process, unlike the tests above."""
    done = run([sys.executable, "-m", "mien", "where", "x"], root=tmp_path)
    assert done.code == 2
    assert done.err == "error: data/fates.parquet is missing; run `dvc repro split` to make it (or `dvc pull` to fetch it)\n"


def test_params_prints_every_parameter_once(workspace: Path) -> None:
    lines = mien(workspace, "params").out.splitlines()
    keys = [line.split()[0] for line in lines[1:]]
    assert len(set(keys)) == len(keys) == len(reference.rows())
    assert {key.split(".")[0] for key in keys} == {field.alias or name for name, field in Params.model_fields.items()}
    assert "models.NAME.backbone" in keys
    gamma = next(line for line in lines if line.startswith("loss.gamma "))
    assert gamma.split("  ")[-1].startswith("focusing exponent") and "number ≥ 0" in gamma and " 2.0 " in gamma


def test_params_takes_a_models_own_key_as_errors_name_it() -> None:
    assert [key for key, *_ in reference.rows("models.resnet50.train.lr")] == ["train.lr"]
    assert [key for key, *_ in reference.rows("models.resnet50.loss_params.tau")] == ["loss.tau"]
    assert [key for key, *_ in reference.rows("models.resnet50.head")] == ["models.NAME.head", "models.NAME.head_params"]
    assert [key for key, *_ in reference.rows("distillation.one")] == ["distillation.NAME.student", "distillation.NAME.teacher"]
    assert reference.rows("models.resnet50") == reference.rows("models.NAME") == reference.rows("models")


def test_params_names_the_choices_and_the_readers_that_the_registries_have() -> None:
    meaning = {key: words for key, *_, words in reference.rows()}
    for key, package in reference.REGISTRIES.items():
        assert meaning[f"models.NAME.{key}"].endswith(f"one of: {', '.join(registry.names(package))}")
    assert meaning["loss.label_smoothing"].endswith("; read by cross_entropy")
    assert meaning["loss.eac_weight"].endswith("; read by eac")
    sometimes = ", ".join(f"{name} with class_weights: effective" for name in ("cross_entropy", "focal"))
    assert meaning["loss.beta"].endswith(f"; read by class_balanced, rebalanced, {sometimes}")
    assert "read by" not in meaning["train.lr"]


def test_models_prints_a_line_per_model_and_refuses_one_that_cannot_be_built(workspace: Path) -> None:
    file = workspace / "params.yaml"
    document = YAML().load(file)
    document["models"] = {
        "cnn": {**document["models"]["resnet50"], "backbone": "cnn", "head": "dense", "head_params": {"hidden": 512}, "input_px": 224}
    }
    document["exports"] = {}
    document["robustness"]["models"] = []
    YAML().dump(document, file)
    done = mien(workspace, "models")
    assert (done.code, done.err) == (0, "")
    header, line = done.out.splitlines()
    assert header.split()[:3] == ["model", "backbone", "attention"]
    widths, sides = [3, 56, 112, 224, 448, 896], [224, 112, 56, 28, 14]
    macs = sum(9 * (a + b) * b * side**2 for a, b, side in zip(widths, widths[1:], sides, strict=False)) + 896 * 512 + 512 * 5
    settings = ["cnn", "cnn", "none", "dense", "512", "cross_entropy", "none", "224", "none"]
    assert line.split() == [*settings, "14.89", f"{macs / 1e9:.3f}", "896×7×7"]
    document["models"]["cnn"]["backbone"], document["models"]["cnn"]["input_px"] = "inception_v3", 64
    YAML().dump(document, file)
    done = mien(workspace, "models")
    assert (done.code, done.out) == (2, "")
    assert "  models.cnn.input_px: must be at least 75 for inception_v3 (got 64)" in done.err.splitlines()


def test_bounds_of_the_reference_are_those_that_hold() -> None:
    bounds = {key: kind for key, kind, *_ in reference.rows()}
    assert bounds["split.train"] == "number > 0, ≤ 1"
    assert bounds["convert.jpeg_quality"] == "integer ≥ 95, ≤ 100"
    assert bounds["loss.label_smoothing"] == "number ≥ 0, < 1"
    assert bounds["dedup.mirrored"] == "true or false"
    assert bounds["labels.on_unknown"] == "quarantine | refuse"
    assert bounds["labels.classes"] == "list"
