"""What the runs of a study become: the committed studies on the committed params.yaml, and every fault before anything is queued."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from dvc.utils.hydra import apply_overrides

from mien.config.configure import configure
from mien.config.params import Params, load_params
from mien.core import registry
from mien.core.errors import ParamsError, StudyError
from mien.models.build import build_model
from mien.study.experiments import DONE, Experiment, queue_command
from mien.study.file import Study, load_study, names
from mien.study.plan import Run, plan
from mien.study.table import study_table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The committed params.yaml, pipeline and studies in a folder of their own."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def applied(repository: Path, run: Run) -> Params:
    """The parameters that DVC would run with."""
    path = repository / "applied.yaml"
    shutil.copy(repository / "params.yaml", path)
    if run.overrides:
        apply_overrides(path, run.overrides)
    return load_params(path)


def study(**fields: Any) -> Study:
    return Study.model_validate({"title": "t", **fields})


STUDIES = {
    "attention_blocks": 7,
    "backbones": 8,
    "consistency_transforms": 5,
    "fer2013_tricks": 11,
    "imbalance": 21,
    "imbalance_sample": 21,
    "lambda_mu": 22,
    "losses": 13,
    "rbc_rbf": 4,
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_committed_study_is_sound_and_its_runs_differ(repository: Path, name: str) -> None:
    known = load_study(name)
    runs = plan(name, known)
    assert len(runs) == STUDIES[name]
    found = [applied(repository, run) for run in runs]
    assert all(set(params.models) == set(known.models) for params in found)
    assert len({params.model_dump_json() for params in found}) == len(found)
    metrics = dict.fromkeys(("accuracy", "mean_accuracy", "macro_f1"), 0.5)
    done = [Experiment(DONE, params.model_dump(by_alias=True), dict.fromkeys(known.models, metrics)) for params in found]
    table = study_table(name, known, dict(zip([run.experiment for run in runs], done, strict=True)))
    assert max(map(len, table.splitlines())) <= 120 and len(table.splitlines()) == 2 + len(runs)
    command = queue_command(runs[0], known.target)
    assert command[:6] == ["dvc", "exp", "run", "--queue", "--name", f"{name}-{runs[0].name}"] and command[-1] == "compare"


def test_the_studies_are_all_there(repository: Path) -> None:
    assert names() == sorted(STUDIES)
    (model,) = load_study("losses").models
    tried = {applied(repository, run).models[model].loss for run in plan("losses", load_study("losses"))}
    assert tried == set(registry.names("mien.losses"))
    (model,) = load_study("attention_blocks").models
    blocks = {applied(repository, run).models[model].attention for run in plan("attention_blocks", load_study("attention_blocks"))}
    assert blocks == set(registry.names("mien.models.attention"))


def test_attention_blocks_all_have_a_map_that_they_are_for(repository: Path) -> None:
    (model,) = load_study("attention_blocks").models
    for run in plan("attention_blocks", load_study("attention_blocks")):
        with torch.device("meta"):
            build_model(configure(applied(repository, run), model))


def test_imbalance_has_the_factors_and_the_methods_of_the_papers_table_4(repository: Path) -> None:
    (model,) = load_study("imbalance").models
    found = [applied(repository, run) for run in plan("imbalance", load_study("imbalance"))]
    assert all(params.split.method == "official" and len(params.labels.classes) == 7 for params in found), "on FER2013, by itself"
    tried = {(params.split.imbalance_factor, params.models[model].loss) for params in found}
    assert tried >= {(factor, loss) for factor in (50, 100, 150) for loss in ("cross_entropy", "eac", "mek", "rebalanced")}


def test_lambda_mu_has_22_pairs_from_0_to_1_with_the_best_one_and_swin_by_a_key(repository: Path) -> None:
    swin = "swin_tiny_patch4_window7_224"
    runs = plan("lambda_mu", load_study("lambda_mu"), settings=[f"models.*.backbone={swin}"])
    configs = {run.name: configure(applied(repository, run), "mobilenet_rebalanced") for run in runs}
    pairs = {name: (config.loss["rbc_weight"], config.loss["rbf_weight"]) for name, config in configs.items()}
    assert len(set(pairs.values())) == 22 and (0.1, 0.5) in pairs.values()
    assert all(0 < weight <= 1 for pair in pairs.values() for weight in pair)
    assert pairs == {name: tuple(map(float, name.split("-"))) for name in pairs}, "names are λ-μ"
    assert {config.backbone for config in configs.values()} == {swin}


def test_what_rbc_rbf_trains_with(repository: Path) -> None:
    (model,) = load_study("rbc_rbf").models
    losses = {run.name: configure(applied(repository, run), model).loss for run in plan("rbc_rbf", load_study("rbc_rbf"))}
    assert {name: (loss["rbc_weight"], loss["rbf_weight"]) for name, loss in losses.items()} == {
        "neither": (0, 0), "rbc": (0.1, 0), "rbf": (0, 0.5), "both": (0.1, 0.5),
    }  # fmt: skip
    assert {loss["name"] for loss in losses.values()} == {"rebalanced"}


def test_the_last_word_has_the_run_then_set_then_params_then_the_preset(repository: Path) -> None:
    known = study(
        preset="fer2013", params={"train": {"epochs": 7, "lr": 0.5}}, models=["resnet50"], runs={"a": {"train.epochs": 9}, "b": None}
    )
    first, second = plan("s", known, settings=["train.lr=0.25", "train.epochs=8"])
    params = applied(repository, first)
    assert (params.train.epochs, params.train.lr, params.split.method) == (9, 0.25, "official")
    assert list(params.models) == ["resnet50"] and params.models["resnet50"].input_px == 96
    assert applied(repository, second).train.epochs == 8


def test_an_ensemble_stays_where_all_of_its_models_stay(repository: Path) -> None:
    text = (repository / "params.yaml").read_text()
    pairs = "{one: [resnet50, densenet121], two: [resnet50, mobilenetv2]}"
    (repository / "params.yaml").write_text(text.replace("ensembles: {}", f"ensembles: {pairs}", 1))
    how: dict[str, Any] = {"models": ["resnet50", "densenet121"], "runs": {"a": None}}
    (run,) = plan("s", study(target="ensemble@one", **how))
    assert applied(repository, run).ensembles == {"one": ("resnet50", "densenet121")}
    with pytest.raises(StudyError, match="target: must name a model that the runs keep: one "):
        plan("s", study(target="ensemble@two", **how))


def test_an_export_stays_where_its_model_stays(repository: Path) -> None:
    text = (repository / "params.yaml").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("exports: "))
    entries = "{one: {model: resnet50, precision: int8}, two: {model: mobilenetv2, precision: int8}}"
    (repository / "params.yaml").write_text(text.replace(line, f"exports: {entries}", 1))
    (run,) = plan("s", study(target="export@one", models=["resnet50"], runs={"a": None}))
    assert list(applied(repository, run).exports) == ["one"]
    with pytest.raises(StudyError, match="target: must name a model that the runs keep: one "):
        plan("s", study(target="export@two", models=["resnet50"], runs={"a": None}))


def test_a_target_of_models_and_test_sets_must_name_a_pair_that_the_runs_keep(repository: Path) -> None:
    text = (repository / "params.yaml").read_text()
    (repository / "params.yaml").write_text(text.replace("testsets: {}", "testsets: {web: {source: a.zip}}", 1))
    (run,) = plan("s", study(target="crosseval@resnet50-web", models=["resnet50"], runs={"a": None}))
    assert list(applied(repository, run).testsets) == ["web"]
    for wrong in ("crosseval@mobilenetv2-web", "crosseval@resnet50", "crosseval@resnet50-no"):
        with pytest.raises(StudyError, match="target: must name a model and a test set of the runs: resnet50-web "):
            plan("s", study(target=wrong, models=["resnet50"], runs={"a": None}))


def test_the_test_of_robustness_stays_for_the_models_that_stay(repository: Path) -> None:
    assert load_params().robustness.models == ("mobilenetv2", "mobilenet_rebalanced")
    (run,) = plan("s", study(target="robustness@mobilenetv2", models=["resnet50", "mobilenetv2"], runs={"a": None}))
    assert applied(repository, run).robustness.models == ("mobilenetv2",)
    (run,) = plan("s", study(models=["resnet50"], runs={"a": None}))
    assert applied(repository, run).robustness.models == ()
    with pytest.raises(StudyError, match="target: must name a model that the runs keep: mobilenetv2 "):
        plan("s", study(target="robustness@resnet50", models=["resnet50", "mobilenetv2"], runs={"a": None}))


def test_a_teacher_and_its_student_stay_where_both_stay(repository: Path) -> None:
    text = (repository / "params.yaml").read_text()
    pairs = "{one: {student: resnet50, teacher: densenet121}, two: {student: resnet50, teacher: mobilenetv2}}"
    (repository / "params.yaml").write_text(text.replace("distillation: {}", f"distillation: {pairs}", 1))
    (run,) = plan("s", study(models=["resnet50", "densenet121"], runs={"a": None}))
    assert applied(repository, run).teachers("resnet50") == {"one": "densenet121"}
    assert list(applied(repository, run).distillation) == ["one"]


def test_without_models_all_stay_and_an_entry_can_be_new(repository: Path) -> None:
    (run,) = plan(
        "s",
        study(
            runs={
                "a": {
                    "models.resnet50": None,
                    "models.small": {"backbone": "resnet18", "weights": "none", "attention": "none", "head": "linear", "loss": "eac"},
                }
            }
        ),
    )
    params = applied(repository, run)
    assert set(params.models) == {*load_params().models, "small"} - {"resnet50"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"models": ["resnet5"], "runs": {"a": None}},
            r"models: must name models of params.yaml; did you mean resnet50\? \(got 'resnet5'\)",
        ),
        ({"runs": {"a": {"models.resnet5.dropout": 0.1}}}, "run a: models.resnet5: must be a model of params.yaml; did you mean resnet50"),
        (
            {"runs": {"a": {"loss.gama": 1}, "b": {"loss.gamma": -1}}},
            r"2 faults; nothing is queued:\n  run a: loss.gama: .*\n  run b: loss.gamma: must be greater",
        ),
        ({"runs": {"a": {"models.resnet50.loss": "eac"}}}, r"run a: models.resnet50.head: must be a head with class maps"),
        ({"models": ["resnet50"], "runs": {"a": {"models.densenet121.dropout": 0.1}}}, "run a: models.densenet121: must be a model"),
        ({"params": {"models": {"nix": {"dropout": 0.1}}}, "runs": {"a": None}}, r"params\.models\.nix: must be a model"),
        ({"params": {"seed": "x"}, "runs": {"a": None}}, "1 fault; nothing is queued:\n  seed: must be a whole number"),
        (
            {"params": {"models": None}, "target": "evaluate@resnet50", "runs": {"a": None}},
            "1 fault; nothing is queued:\n  models: must be given",
        ),
        (
            {"params": {"models": 3}, "target": "evaluate@resnet50", "runs": {"a": None}},
            "1 fault; nothing is queued:\n  models: must be a map",
        ),
        ({"preset": "nix", "runs": {"a": None}}, "1 fault; nothing is queued:\n  preset: there is no preset 'nix'"),
        ({"target": "evalute", "runs": {"a": None}}, "target: must be a stage of dvc.yaml"),
        ({"target": "evaluate@nix", "runs": {"a": None}}, "target: must name a model that the runs keep"),
        ({"target": "compare@resnet50", "runs": {"a": None}}, "target: must name a model that the runs keep"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_every_fault_is_told_before_anything_is_queued(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        plan("s", study(**fields))


@pytest.mark.usefixtures("repository")
def test_a_wrong_setting_and_wrong_parameters_are_told_as_such() -> None:
    with pytest.raises(ParamsError, match="--set must be KEY=VALUE"):
        plan("s", study(runs={"a": None}), settings=["seed"])
    with pytest.raises(StudyError, match=r"--set models\.nix: must be a model"):
        plan("s", study(runs={"a": None}), settings=["models.nix.dropout=0.1"])
    Path("params.yaml").write_text("seed: x\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"params\.yaml has \d+ fault"):
        plan("s", study(runs={"a": None}))


def test_a_preset_without_models_is_told_as_such(repository: Path) -> None:
    (repository / "none.yaml").write_text("models: null\n", encoding="utf-8")
    with pytest.raises(StudyError, match="1 fault; nothing is queued:\n  models: must be given"):
        plan("s", study(preset="none.yaml", models=["resnet50"], runs={"a": None}))
