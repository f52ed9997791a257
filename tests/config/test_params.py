"""params.yaml: every fault is named with its key, rule and value, all at once, before any stage does anything."""

import io
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.tokens import AliasToken, AnchorToken

from mien.config import backbones, declared
from mien.config.configure import configure
from mien.config.params import Params, load_params, parse_params
from mien.config.sections.models import ModelParams
from mien.core.errors import ParamsError
from tests.surroundings import run_stage, run_stage_here

ROOT = Path(__file__).parents[2]
COMMITTED = (ROOT / "params.yaml").read_text(encoding="utf-8")
STAGES = sorted(path.stem for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__")
PIPELINE = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
DOCUMENT: dict[str, Any] = YAML(typ="safe", pure=True).load(COMMITTED)


def document() -> dict[str, Any]:
    return deepcopy(DOCUMENT)


def text_with(**changes: Any) -> str:
    """The committed file with values set by dotted key, __ for the dot."""
    changed = document()
    for key, value in changes.items():
        *sections, name = key.split("__")
        place = changed
        for section in sections:
            place = place[section]
        place[name] = value
    buffer = io.StringIO()
    YAML(typ="safe", pure=True).dump(changed, buffer)
    return buffer.getvalue()


def faults(text: str) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        parse_params(text, name="params.yaml")
    first, *lines = str(caught.value).splitlines()
    assert first.startswith(f"params.yaml has {len(lines)} fault")
    return [line.strip() for line in lines]


FAULTS: list[tuple[dict[str, Any], str]] = [
    # unknown keys
    ({"loss__gama": 1}, "loss.gama: must be a known key; did you mean gamma? (got 1)"),
    ({"nonsense": 1}, "nonsense: must be a known key; one of: seed, sample, ingest, "),
    ({"models__resnet50__input": 3}, "models.resnet50.input: must be a known key; did you mean input_px? (got 3)"),
    ({"models__resnet50__train": {"epoch": 3}}, "models.resnet50.train.epoch: must be a known key; did you mean epochs? (got 3)"),
    # wrong types
    ({"train__epochs": "ten"}, "train.epochs: must be a whole number (got 'ten')"),
    ({"train__epochs": 1.5}, "train.epochs: must be a whole number (got 1.5)"),
    ({"train__epochs": True}, "train.epochs: must be a whole number (got True)"),
    ({"train__lr": "1e-4"}, "train.lr: must be a number (got '1e-4')"),
    ({"dedup__mirrored": "yes"}, "dedup.mirrored: must be true or false (got 'yes')"),
    ({"seed": None}, "seed: must be a whole number (got None)"),
    ({"faces": None}, "faces: must be a map (got None)"),
    ({"faces": ["mtcnn"]}, "faces: must be a map (got ['mtcnn'])"),
    ({"models": None}, "models: must be a map (got None)"),
    ({"train": ["epochs"], "explain__epochs": [1]}, "train: must be a map (got ['epochs'])"),
    ({"models__resnet50": None}, "models.resnet50: must be a map (got None)"),
    ({"labels__classes": "happy"}, "labels.classes: must be a list (got 'happy')"),
    ({"labels__classes": ["angry", "fear", "happy", "sad", "surprise", 7]}, "labels.classes.5: must be text (got 7)"),
    ({"models__resnet50__seeds": 3}, "models.resnet50.seeds: must be a list (got 3)"),
    ({"explain__epochs": 3}, "explain.epochs: must be a list (got 3)"),
    ({"explain__epochs": ["last"]}, "explain.epochs.0: must be a whole number, or 'best' (got 'last')"),
    ({"explain__epochs": [0]}, "explain.epochs.0: must be greater than 0, or 'best' (got 0)"),
    ({"explain__epochs": [1, "best", 1]}, "explain.epochs: must differ from one another (got [1, 'best', 1])"),
    ({"models__resnet50__explain": {"epoch": [1]}}, "models.resnet50.explain.epoch: must be a known key; did you mean epochs? (got [1])"),
    ({"models__resnet50__explain": {"epochs": [1, 7]}}, "models.resnet50.explain.epochs: must be at most 6, the largest number of epochs "),
    # bounds
    ({"models__resnet50__seeds": [1, -2]}, "models.resnet50.seeds.1: must be greater than or equal to 0 (got -2)"),
    ({"models__resnet50__seeds": [42, 1, 42]}, "models.resnet50.seeds: must differ from one another (got [42, 1, 42])"),
    ({"loss__gamma": -1.0}, "loss.gamma: must be greater than or equal to 0 (got -1.0)"),
    ({"loss__gamma": float("nan")}, "loss.gamma: must be a finite number (got nan)"),
    ({"train__lr": float("inf")}, "train.lr: must be a finite number (got inf)"),
    ({"train__lr": 0}, "train.lr: must be greater than 0 (got 0)"),
    ({"dedup__max_shift": 0.3}, "dedup.max_shift: must be less than or equal to 0.25 (got 0.3)"),
    ({"ingest__source": ""}, "ingest.source: must not be empty (got '')"),
    ({"ingest__subject": None}, "ingest.subject: must be text (got None)"),
    (
        {"ingest__subject": "(?<subject>S)"},  # Perl's and JavaScript's form
        "ingest.subject: must be a regular expression with a group (?P<subject>...), or empty: unknown extension ?<s at position 1 (got '",
    ),
    (
        {"ingest__subject": "(?P<subject>S"},
        "ingest.subject: must be a regular expression with a group (?P<subject>...), or empty: missing ), unterminated subpattern",
    ),
    ({"ingest__subject": "(?P<subject>S){%s}" % ("9" * 30)}, "ingest.subject: must be a regular expression with a group (?P<subject>...)"),
    ({"ingest__subject": "(S)_(?P<person>P)"}, "ingest.subject: must have a group (?P<subject>...), or be empty (got '(S)_(?P<person>P)')"),
    (
        {"ingest__label": "(?<label>S)"},
        "ingest.label: must be a regular expression with a group (?P<label>...), or empty: unknown extension ?<l",
    ),
    ({"ingest__label": "(?P<subject>S)"}, "ingest.label: must have a group (?P<label>...), or be empty (got '(?P<subject>S)')"),
    (
        {"labels__aliases__sad": ["happy 2"], "labels__aliases__happy": ["HAPPY2"]},
        "labels.aliases.sad: must not be claimed by two classes, ",
    ),
    ({"ingest__layout": "raf-db"}, "ingest.layout: must be empty or a layout; did you mean raf_db? (got 'raf-db')"),
    (
        {"ingest__skip": "("},
        "ingest.skip: must be a regular expression, or empty: missing ), unterminated subpattern at position 0 (got '(')",
    ),
    ({"faces__detector": "mtcn"}, "faces.detector: must be 'none', 'mtcnn' or 'given' (got 'mtcn')"),
    ({"split__val": 0.2}, "split: train + val + test must sum to 1, sum to 1.05 (got {'train': 0.7, 'val': 0.2, 'test': 0.15})"),
    # models
    ({"models": {}}, "models: must have at least one entry (got {})"),
    (
        {"models__resnet50__backbone": "resnet5"},
        "models.resnet50.backbone: must be a timm architecture or cnn; did you mean resnet50? (got 'resnet5')",
    ),
    ({"models__resnet50__backbone": "CNN"}, "models.resnet50.backbone: must be a timm architecture or cnn; did you mean cnn? (got "),
    (  # the tag of its weights is no part of the architecture's name
        {"models__resnet50__backbone": "resnet50.a1_in1k"},
        "models.resnet50.backbone: must be a timm architecture or cnn; did you mean resnet50? (got ",
    ),
    ({"models__resnet50__attention": "cbamm"}, "models.resnet50.attention: must be an attention block; did you mean cbam? (got 'cbamm')"),
    (
        {"models__resnet50__head": "flat"},
        "models.resnet50.head: must be a head; one of: dense, importance, linear, max_pool_dense, two_dense, uncertainty (got ",
    ),
    (
        {"models__resnet50__loss": "eac"},
        "models.resnet50.head: must be a head with class maps, as the loss eac needs; one of: importance, linear (got 'dense')",
    ),
    (
        {"models__resnet50__head_params": {"l2_weights": 0.1}},
        "models.resnet50.head_params.l2_weights: must be a parameter of the head dense: hidden (got 0.1)",
    ),
    (
        {"models__efficientnet_b0_spatial__head_params": {"hidden": 64}},
        "models.efficientnet_b0_spatial.head_params.hidden: must be removed, because the head linear has no parameters (got 64)",
    ),
    ({"models__resnet50__head_params": {"hidden": 0}}, "models.resnet50.head_params.hidden: must be greater than or equal to 1 (got 0)"),
    ({"head__hidden": 256.5}, "head.hidden: must be a whole number (got 256.5)"),
    (  # names of version 0.1
        {"models__resnet50__head": "dense256"},
        "models.resnet50.head: dense256 is now dense with head_params: {hidden: 256} (got 'dense256')",
    ),
    (
        {"models__resnet50__head": "max_pool_dense256"},
        "models.resnet50.head: max_pool_dense256 is now max_pool_dense with head_params: {hidden: 256} (got 'max_pool_dense256')",
    ),
    (
        {"models__resnet50__head": "max_pool_dense", "models__resnet50__head_params": {"l2_weights": -0.1}},
        "models.resnet50.head_params.l2_weights: must be greater than or equal to 0 (got -0.1)",
    ),
    ({"loss__beta": 1.0}, "loss.beta: must be less than 1 (got 1.0)"),
    (
        {"loss__consistency_transform": "flip"},
        "loss.consistency_transform: must be 'horizontal', 'vertical', 'erase', 'intensity' or 'scale'",
    ),
    ({"train__schedule": "step"}, "train.schedule: must be 'none', 'plateau', 'exponential' or 'cosine' (got 'step')"),
    ({"split__imbalance_factor": 0.5}, "split.imbalance_factor: must be greater than or equal to 1 (got 0.5)"),
    ({"robustness__models": ["resnet"]}, "robustness.models: must be a list of names under models; did you mean resnet50? (got 'resnet')"),
    (
        {"robustness__corruptions": ["jpg"]},
        "robustness.corruptions: must be a list of corruptions; did you mean jpeg? (got 'jpg')",
    ),
    ({"robustness__corruptions": ["jpeg", "jpeg"]}, "robustness.corruptions: must name each only once (got ['jpeg', 'jpeg'])"),
    ({"robustness__images": 0}, "robustness.images: must be greater than 0 (got 0)"),
    ({"doubts__model": "resnet"}, "doubts.model: must be one of models, or empty; did you mean resnet50? (got 'resnet')"),
    (
        {"models__resnet50__weights": "models/mobilenetv2"},
        "models.resnet50.weights: must be written ../models/mobilenetv2 for another model, because paths are relative to the folder ",
    ),
    (
        {"models__resnet50__weights": "../models/mobilenetv3"},
        "models.resnet50.weights: must be ../models/NAME with another model of params.yaml; did you mean mobilenetv2? (got 'mobilenetv3')",
    ),
    (
        {"models__resnet50__train": {"start_px": 96}},
        "models.resnet50.train.start_px: must be at most models.resnet50.input_px, 64 (got 96)",
    ),
    ({"split__val": 0.0}, "split.val: must be greater than 0, or 'official' (got 0.0)"),
    ({"split__val": "some"}, "split.val: must be a number, or 'official' (got 'some')"),
    ({"split__val": "official"}, "split.val: must be a share of the images unless split.method is official (got 'official')"),
    ({"models__resnet50__loss": "focall"}, "models.resnet50.loss: must be a loss; did you mean focal? (got 'focall')"),
    (
        {"models__resnet50__loss_params": {"gamma": 2.0}},
        "models.resnet50.loss_params.gamma: must be a parameter of the loss cross_entropy: ",
    ),
    (
        {"models__resnet50__loss_params": {"gama": 2.0}},
        "models.resnet50.loss_params.gama: must be a known key; did you mean gamma? (got 2.0)",
    ),
    (
        {"models__efficientnet_b0_se__loss_params": {"gamma": -2.0}},
        "models.efficientnet_b0_se.loss_params.gamma: must be greater than or equal to 0",
    ),
    ({"models__resnet50__augment": {"flip": 3}}, "models.resnet50.augment.flip: must be less than or equal to 1 (got 3)"),
    (
        {"augment__erase_min_area": 0.3},
        "augment.erase_min_area: must be at most erase_max_area, 0.25 (got 0.3)",
    ),
    (  # against the default that the model inherits
        {"augment__erase_max_area": 0.05, "models__resnet50__augment": {"erase_min_area": 0.1}},
        "models.resnet50.augment.erase_min_area: must be at most erase_max_area, 0.05 (got 0.1)",
    ),
    (
        {"augment__erase_min_area": 0.1, "models__resnet50__augment": {"erase_max_area": 0.05}},
        "models.resnet50.augment.erase_min_area: must be at most erase_max_area, 0.05 (got 0.1)",
    ),
    (
        {"models__two-words": {"backbone": "resnet18", "weights": "none", "attention": "none", "head": "linear", "loss": "focal"}},
        "models.two-words: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage",
    ),
    ({"labels__aliases": {1: ["x"]}}, "labels.aliases.1: must be a name in text; write it in quotes (got 1)"),
    # labels
    ({"labels__aliases__sad": ["ANG-ER"]}, "labels.aliases.sad: must not be claimed by two classes, angry and sad (got 'ANG-ER')"),
    ({"labels__aliases__sad": ["HAPPY"]}, "labels.aliases.sad: must not be claimed by two classes, happy and sad (got 'HAPPY')"),
    ({"labels__aliases__sad": ["..."]}, "labels.aliases.sad: must hold a letter or digit (got '...')"),
    (
        {"labels__aliases": {"bored": ["x"]}},
        "labels.aliases: must name classes of labels.classes; `mien preset --set labels.aliases.bored=null` takes one out, --set "
        "'labels.aliases={}' all (got ['bored'])",
    ),
    (
        {"labels__aliases": {}, "labels__classes": []},
        "labels.classes: must name at least two classes that labels.drop does not leave out (got [])",
    ),
    (
        {"labels__drop": ["sad", "fear", "happy", "angry"]},
        "labels.classes: must name at least two classes that labels.drop does not leave out",
    ),
    ({"labels__drop": ["bored"]}, "labels.drop: must name classes of labels.classes (got ['bored'])"),
    (
        {"labels__aliases": {}, "labels__classes": ["happy", "sad", "happy"]},
        "labels.classes: must differ from one another (got ['happy', 'sad', 'happy'])",
    ),
    (
        {"labels__aliases": {}, "labels__classes": ["happy", "sad", "Sad "]},
        "labels.classes: must not be claimed by two classes, sad and Sad  (got 'Sad ')",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), FAULTS, ids=[expected.split("(got")[0][:60] for _, expected in FAULTS])
def test_a_fault_is_one_line_with_key_rule_and_value(changes: dict[str, Any], expected: str) -> None:
    (line,) = faults(text_with(**changes))
    assert line.startswith(expected)
    assert re.search(r"\(got .+\)$", line)


def test_a_models_own_values_are_checked_over_the_defaults_of_the_file() -> None:
    text = text_with(augment__erase_min_area=0.3, augment__erase_max_area=0.5, models__resnet50__augment={"erase_min_area": 0.4})
    assert configure(parse_params(text, name="params.yaml"), "resnet50").augment.erase_max_area == 0.5


def test_epochs_to_explain_are_at_most_those_that_each_model_may_train_for() -> None:
    """mobilenetv2 starts from trained weights and has two stages; all others have one, and resnet50 has six epochs."""
    tuned = {"epochs": 5, "fine_tune_epochs": 4}
    parse_params(text_with(models__mobilenetv2__explain={"epochs": [9, "best"]}, models__mobilenetv2__train=tuned), name="params.yaml")
    (line,) = faults(text_with(models__mobilenetv2__explain={"epochs": [10]}, models__mobilenetv2__train=tuned))
    assert line == "models.mobilenetv2.explain.epochs: must be at most 9, the largest number of epochs of mobilenetv2 (got 10)"
    shared = text_with(explain__epochs=[1, 7], models__resnet50__explain={"epochs": []}, models__densenet121__train={"epochs": 6})
    (line,) = faults(shared)
    most = "explain.epochs: must be at most 6, the largest number of epochs of densenet121"
    assert line == f"{most}; give that model its own models.densenet121.explain.epochs (got 7)"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"one": ["resnet50"]}, "ensembles.one: must list two or more different models (got ['resnet50'])"),
        ({"one": ["resnet50", "resnet50"]}, "ensembles.one: must list two or more different models (got ['resnet50', 'resnet50'])"),
        (
            {"resnet50": ["mobilenetv2", "densenet121"]},
            "ensembles.resnet50: must have another name than every model, because both are rows of the leaderboard (got 'resnet50')",
        ),
        (
            {"two": ["resnet50", "resnet51"]},
            "ensembles.two: must be a list of names under models; did you mean resnet50? (got 'resnet51')",
        ),
        (
            {"a-b": ["resnet50", "densenet121"]},
            "ensembles.a-b: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got 'a-b')",
        ),
        ({"two": "resnet50"}, "ensembles.two: must be a list (got 'resnet50')"),
        (["resnet50", "densenet121"], "ensembles: must be a map (got ['resnet50', 'densenet121'])"),
    ],
)
def test_a_faulty_ensemble_is_one_line(entry: Any, expected: str) -> None:
    assert faults(text_with(ensembles=entry)) == [expected]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"small": {"model": "mobilenetv3", "precision": "int8"}},
            "exports.small.model: must be a name under models; did you mean mobilenetv2? (got 'mobilenetv3')",
        ),
        (
            {"small": {"model": "two", "precision": "int8"}},
            "exports.small.model: must be a name under models; one of: densenet121, efficientnet_b0_se, efficientnet_b0_spatial, "
            "efficientnet_b1, inception_v3, mobilenet_rebalanced, mobilenetv2, resnet50 (got 'two')",
        ),
        (
            {"small": {"model": "mobilenetv2", "precision": "int4"}},
            "exports.small.precision: must be 'fp32', 'fp16' or 'int8' (got 'int4')",
        ),
        ({"small": {"model": "mobilenetv2"}}, "exports.small.precision: must be given (got {'model': 'mobilenetv2'})"),
        (
            {"small": {"model": "mobilenetv2", "precision": "int8", "prcision": 1}},
            "exports.small.prcision: must be a known key; did you mean precision? (got 1)",
        ),
        *(
            (
                {name: {"model": "mobilenetv2", "precision": "int8"}},
                f"exports.{name}: must have another name than every model and ensemble, because all are rows of the leaderboard "
                f"(got '{name}')",
            )
            for name in ("resnet50", "two")
        ),
        (
            {"a-b": {"model": "mobilenetv2", "precision": "fp32"}},
            "exports.a-b: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got 'a-b')",
        ),
        ({"small": "mobilenetv2"}, "exports.small: must be a map (got 'mobilenetv2')"),
        (["mobilenetv2"], "exports: must be a map (got ['mobilenetv2'])"),
    ],
)
def test_a_faulty_export_is_one_line(entry: Any, expected: str) -> None:
    assert faults(text_with(exports=entry, ensembles={"two": ["resnet50", "densenet121"]})) == [expected]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"moving": {"model": "resnet51", "pooling": "fan"}},
            "temporal.moving.model: must be a name under models; did you mean resnet50? (got 'resnet51')",
        ),
        ({"moving": {"model": "resnet50", "pooling": "max"}}, "temporal.moving.pooling: must be 'mean', 'fan' or 'gru' (got 'max')"),
        (
            {"moving": {"model": "resnet50", "pooling": "fan", "frames": -1}},
            "temporal.moving.frames: must be greater than or equal to 0 (got -1)",
        ),
        *(
            (
                {name: {"model": "resnet50", "pooling": "mean"}},
                f"temporal.{name}: must have another name than every model, ensemble and export, because its metrics have their own file "
                f"(got '{name}')",
            )
            for name in ("resnet50", "two", "mobilenetv2_int8")
        ),
        (
            {"a-b": {"model": "resnet50", "pooling": "mean"}},
            "temporal.a-b: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got 'a-b')",
        ),
    ],
)
def test_a_faulty_temporal_model_is_one_line(entry: Any, expected: str) -> None:
    assert faults(text_with(temporal=entry, ensembles={"two": ["resnet50", "densenet121"]})) == [expected]


def pair(student: str = "mobilenetv2", teacher: str = "resnet50") -> dict[str, str]:
    return {"student": student, "teacher": teacher}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            {"one": pair(student="resnet51")},
            "distillation.one.student: must be a name under models; did you mean resnet50? (got 'resnet51')",
        ),
        (
            {"one": pair(teacher="resnet51")},
            "distillation.one.teacher: must be a name under models; did you mean resnet50? (got 'resnet51')",
        ),
        ({"one": pair(teacher="mobilenetv2")}, "distillation.one.teacher: must be another model than the student (got 'mobilenetv2')"),
        (
            {"one": pair(), "two": pair()},
            "distillation.two: must differ from distillation.one; remove one of them (got {'student': 'mobilenetv2', 'teacher': "
            "'resnet50'})",
        ),
        (
            {"a-b": pair()},
            "distillation.a-b: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got 'a-b')",
        ),
        ({"one": {"student": "mobilenetv2"}}, "distillation.one.teacher: must be given (got {'student': 'mobilenetv2'})"),
        ({"one": "resnet50"}, "distillation.one: must be a map (got 'resnet50')"),
        (["resnet50", "densenet121"], "distillation: must be a map (got ['resnet50', 'densenet121'])"),
    ],
)
def test_a_faulty_pair_of_student_and_teacher_is_one_line(entries: Any, expected: str) -> None:
    assert faults(text_with(distillation=entries)) == [expected]


def test_models_that_wait_for_one_another_are_named() -> None:
    """A teacher is trained before its student, and a model before those that start from its weights."""
    ring = {"one": pair(), "two": pair("densenet121", "mobilenetv2"), "three": pair("resnet50", "densenet121")}
    found = faults(text_with(distillation=ring))
    assert [line.split(":")[0] for line in found] == [f"distillation.{name}.teacher" for name in sorted(ring)]
    assert found[0] == (
        "distillation.one.teacher: must be trained before its student mobilenetv2, but waits for it (mobilenetv2 → densenet121 → "
        "resnet50); choose another teacher or other weights (got 'resnet50')"
    )
    assert faults(text_with(distillation={"one": pair()}, models__resnet50__weights="../models/mobilenetv2")) == [
        "distillation.one.teacher: must be trained before its student mobilenetv2, but waits for it (mobilenetv2 → resnet50); choose "
        "another teacher or other weights (got 'resnet50')"
    ]
    weights = {"models__resnet50__weights": "../models/mobilenetv2", "models__mobilenetv2__weights": "../models/resnet50"}
    assert sorted(faults(text_with(**weights))) == [
        "models.mobilenetv2.weights: must be those of a model that is trained before mobilenetv2, but resnet50 waits for it (mobilenetv2 → "
        "resnet50); choose other weights (got '../models/resnet50')",
        "models.resnet50.weights: must be those of a model that is trained before resnet50, but mobilenetv2 waits for it (resnet50 → "
        "mobilenetv2); choose other weights (got '../models/mobilenetv2')",
    ]


def test_a_student_has_several_teachers_may_teach_and_may_start_from_a_teacher() -> None:
    pairs = {"one": pair(), "two": pair(teacher="densenet121"), "three": pair("inception_v3", "mobilenetv2")}
    params = parse_params(text_with(distillation=pairs, models__mobilenetv2__weights="../models/resnet50"), name="params.yaml")
    assert params.teachers("mobilenetv2") == {"one": "resnet50", "two": "densenet121"} and params.teachers("resnet50") == {}
    assert params.teaching("three").teacher == "mobilenetv2"
    with pytest.raises(ParamsError, match="distillation has no 'four'; it has: one, three, two"):
        params.teaching("four")


def test_what_is_tested_are_the_models_then_the_ensembles_then_the_exports() -> None:
    small = {"small": {"model": "mobilenetv2", "precision": "fp16"}}
    params = parse_params(text_with(ensembles={"pair": ["resnet50", "densenet121"]}, exports=small), name="params.yaml")
    assert params.tested == (*params.models, "pair", "small") and params.export("small").precision == "fp16"
    with pytest.raises(ParamsError, match="exports has no 'large'; it has: small"):
        params.export("large")
    assert params.ensemble("pair") == ("resnet50", "densenet121")
    with pytest.raises(ParamsError, match="ensembles has no 'trio'; it has: pair"):
        params.ensemble("trio")


def test_a_missing_key_of_a_model_is_named() -> None:
    assert faults(text_with(models__resnet50={}))[:2] == [
        "models.resnet50.backbone: must be given (got {})",
        "models.resnet50.weights: must be given (got {})",
    ]


def test_all_faults_of_a_file_come_at_once() -> None:
    """Also those of one section, and those that only registries or several keys together can tell."""
    changes: dict[str, Any] = {
        "seed": -1,
        "loss__gama": 1,
        "nonsense": 1,
        "train__lr": "1e-4",
        "split__val": 0.2,
        "labels__drop": ["bored"],
        "labels__aliases__sad": ["anger", "Happy"],
        "models__resnet50__loss": "focall",
        "models__mobilenetv2__backbone": "resnet5",
        "models__mobilenetv2__dropout": 1.0,
        "models__mobilenetv2__train": {"lr": 0, "epoch": 3},
    }
    keys_at_fault = sorted(line.split(":")[0] for line in faults(text_with(**changes)))
    named = [key.replace("__", ".") for key in changes if key not in ("split__val", "models__mobilenetv2__train")]
    twice = ["labels.aliases.sad"]
    assert keys_at_fault == sorted([*named, *twice, "split", "models.mobilenetv2.train.lr", "models.mobilenetv2.train.epoch"])


@pytest.mark.parametrize("number", ["1e-4", "1E-4", "0.0001", "1.0e-4"])
def test_scientific_notation_is_a_number(number: str) -> None:
    text = COMMITTED.replace("  lr: 2e-3", f"  lr: {number}")
    assert parse_params(text, name="params.yaml").train.lr == 1e-4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "seed: 1\nseed: 2\n",
            'params.yaml must be readable YAML: line 2: found duplicate key "seed" with value "2" (original value: "1")',
        ),
        ("seed: [1\n", "params.yaml must be readable YAML: line 2: expected ',' or ']', but got '<stream end>'"),
        ("seed: \x07\n", "params.yaml must be readable YAML: unacceptable character #x0007: special characters are not allowed"),
        ("- seed\n", "params.yaml must be a map of sections (got ['seed'])"),
        ("", "params.yaml must be a map of sections (got None)"),
        ("seed", "params.yaml must be a map of sections (got 'seed')"),
    ],
)
def test_a_file_that_is_no_map_says_so_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ParamsError) as caught:
        parse_params(text, name="params.yaml")
    assert str(caught.value) == message


def test_a_duplicate_key_deep_in_the_file_is_refused() -> None:
    with pytest.raises(ParamsError, match=r'line \d+: found duplicate key "method"'):
        parse_params(COMMITTED.replace("  method: strat", "  method: official\n  method: strat"), name="params.yaml")


def test_a_missing_or_unreadable_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"nix\.yaml is missing; run from the repository's root"):
        load_params(tmp_path / "nix.yaml")
    (tmp_path / "latin.yaml").write_bytes("ingest: {source: Büro}".encode("latin-1"))
    for path in (tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(ParamsError, match="cannot be read"):
            load_params(path)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_refuses_a_faulty_file_before_it_writes_anything(stage: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text_with(loss__gamma=-1.0, faces__detector="mtcn"), encoding="utf-8")
    definition = PIPELINE[stage]
    arguments = ["resnet50"] * definition.get("do", definition)["cmd"].count("${")
    run = run_stage if stage == "configure" else run_stage_here
    done = run(stage, *arguments, root=tmp_path)
    assert done.code == 2, done.err
    assert done.err.splitlines()[-3:] == [
        "error: params.yaml has 2 faults; correct and run again:",
        "  faces.detector: must be 'none', 'mtcnn' or 'given' (got 'mtcn')",
        "  loss.gamma: must be greater than or equal to 0 (got -1.0)",
    ]
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def leaves(section: BaseModel, at: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        key = at + (field.alias or name)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{key}.")
        elif not at and name in declared.PACKAGES:
            yield from leaves(declared.section_of(name)(), f"{key}.")
        elif name != "models":
            yield key, value


def test_the_committed_file_names_every_parameter_with_its_default() -> None:
    """So that `-S` can set each (DVC sets only what is there) and `mien params` speaks the truth. The aliases and the exports are data."""
    committed = document()
    for key, default in leaves(Params(models=load_params(ROOT / "params.yaml").models)):
        place: Any = committed
        for part in key.split("."):
            assert part in place, f"params.yaml lacks {key}"
            place = place[part]
        if key not in ("labels.aliases", "exports"):
            assert (tuple(place) if isinstance(place, list) else place) == default, f"{key}: params.yaml and mien/config/sections differ"


def keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys(value)


def test_dvc_can_set_and_interpolate_the_committed_file() -> None:
    assert [key for key in keys(document()) if not re.fullmatch(r"[A-Za-z_]\w*", key)] == []
    tokens = list(YAML(pure=True).scan(COMMITTED))
    assert not [token for token in tokens if isinstance(token, AnchorToken | AliasToken)]


def test_every_field_has_a_description() -> None:
    sections = [Params, *(field.annotation for field in Params.model_fields.values()), ModelParams]
    for section in sections:
        if isinstance(section, type) and issubclass(section, BaseModel):
            for name, field in section.model_fields.items():
                nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
                assert nested or field.description, f"{section.__name__}.{name}"


def test_backbones_are_those_of_timm() -> None:
    timm = pytest.importorskip("timm")
    assert backbones.names() == set(timm.list_models()) | {"cnn"}
