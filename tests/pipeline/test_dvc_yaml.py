"""dvc.yaml against the code: every stage depends on the fingerprint of its code, and its outputs are those that mien/core/paths.py
names.
"""

import ast
import json
import posixpath
import re
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from dvc.parsing import DataResolver
from dvc.repo import Repo
from ruamel.yaml import YAML

from mien.core import paths

ROOT = Path(__file__).parents[2]


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / name).read_text(encoding="utf-8"))
    return document


PIPELINE, PARAMS = load("dvc.yaml")["stages"], load("params.yaml")
PARAMS["testsets"] = PARAMS["testsets"] or {"campus": {"source": "campus.zip"}}
SHARED = ("ensemble", "export", "teach", "temporal", "testset", "testset_split")
"""stages that run the same code for each of their names"""


def instances() -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    """Every stage, `foreach` and `matrix` unrolled: its script's name, its definition, and what its templates stand for."""
    found = []
    for name, stage in PIPELINE.items():
        if "matrix" in stage:
            assert stage["matrix"] == {"model": "${models}", "testset": "${testsets}"}
            for model, testset in product(PARAMS["models"], PARAMS["testsets"]):
                found.append((name, stage, {"key": f"{model}-{testset}", "item.model": model, "item.testset": testset}))
            continue
        if "foreach" not in stage:
            read = (("ingest", "source"), ("ingest", "metadata"), ("ingest", "votes"), ("labels", "corrections"))
            found.append((name, stage, {f"{section}.{key}": PARAMS[section][key] for section, key in read}))
            continue
        members: dict[str, dict[str, Any]] = {ensemble: {} for ensemble in PARAMS["ensembles"] or ["pair"]}
        pairs = {"one": {"student": "small", "teacher": "big"}}
        files = PARAMS["exports"] or {"small_int8": {"model": "small"}}
        if stage["foreach"] == "${robustness.models}":
            found += [(name, stage["do"], {"key": model, "item": model}) for model in PARAMS["robustness"]["models"] or ["small"]]
            continue
        entries = {
            "${models}": PARAMS["models"],
            "${ensembles}": members,
            "${exports}": files,
            "${distillation}": pairs,
            "${testsets}": PARAMS["testsets"],
            "${temporal}": {"small_fan": {"model": "small"}},
        }[stage["foreach"]]
        for model, entry in entries.items():
            found.append((name, stage["do"], {"key": model, **{f"item.{key}": str(value) for key, value in entry.items()}}))
    return found


INSTANCES = instances()
STAGE_IDS = [name + ("@" + values["key"] if "key" in values else "") for name, _, values in INSTANCES]


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{([\w.]+)\}", lambda match: values[match[1]], text)


def names(entries: list[Any], values: dict[str, str], *, inside: str = "") -> list[str]:
    """The paths, or parameters, of a stage; paths of a stage that runs `inside` a folder are relative to it."""
    named = [filled(entry if isinstance(entry, str) else next(iter(entry)), values) for entry in entries]
    return [posixpath.normpath(posixpath.join(inside, name)) for name in named]


@cache
def imported(module_file: str) -> frozenset[str]:
    """The first-party files that one file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / module_file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module_file}: relative imports are not followed here; import by the whole name"
    files = set()
    for module in found:
        parts = module.split(".")
        if parts[0] not in ("mien", "stages"):
            continue
        stem = Path(*parts)
        candidates = [stem.with_suffix(".py"), *(Path(*parts[:depth]) / "__init__.py" for depth in range(1, len(parts) + 1))]
        files |= {str(file) for file in candidates if (ROOT / file).is_file() and (ROOT / file).read_text(encoding="utf-8").strip()}
    return frozenset(files)


@pytest.mark.parametrize(("name", "stage", "values"), INSTANCES, ids=STAGE_IDS)
def test_a_stage_depends_on_the_fingerprint_of_its_code_and_on_no_file_of_code(
    name: str, stage: dict[str, Any], values: dict[str, str]
) -> None:
    deps = names(stage["deps"], values, inside=stage.get("wdir", ""))
    if name == "code":
        assert {"mien", "stages", "requirements.lock"} == set(deps)
        return
    assert not [dep for dep in deps if Path(dep).parts[0] in ("mien", "stages")]
    if not stage.get("always_changed"):  # such a stage runs each time, whatever it depends on
        model = None if name in SHARED else values.get("item.model") if "matrix" in stage else values.get("key")
        assert [dep for dep in deps if dep.startswith("data/code")] == [str(paths.code(name, model))]


def test_stages_never_import_each_other() -> None:
    for script in (ROOT / "stages").glob("*.py"):
        others = {file for file in imported(f"stages/{script.name}") if file.startswith("stages/")}
        assert not others, f"{script.name} imports {others}"


def test_mien_never_imports_stages() -> None:
    for module in (ROOT / "mien").rglob("*.py"):
        assert not any(file.startswith("stages/") for file in imported(str(module.relative_to(ROOT)))), module


@pytest.mark.parametrize("room", ["losses", "models", "statistics"])
def test_the_pure_rooms_know_no_paths_params_or_tracking(room: str) -> None:
    for module in (ROOT / "mien" / room).rglob("*.py"):
        forbidden = imported(str(module.relative_to(ROOT))) & {"mien/core/paths.py", "mien/config/params.py"}
        forbidden |= {file for file in imported(str(module.relative_to(ROOT))) if file.startswith("mien/tracking/")}
        assert not forbidden, f"{module.name} imports {forbidden}"


def test_outputs_are_those_that_paths_names() -> None:
    named = {str(value) for value in vars(paths).values() if isinstance(value, Path)}
    for name, stage, values in INSTANCES:
        model = values.get("key", "")
        here = named | {
            str(function(model)) for function in (paths.config, paths.pretrained, paths.model, paths.train_metrics, paths.train_curves)
        }
        here |= {str(function(model)) for function in (paths.evaluation, paths.confusion_table, paths.confusion_picture, paths.predictions)}
        here |= {
            str(paths.calibrated(model)),
            str(paths.answer(model)),
            str(paths.exported(model)),
            str(paths.selective_table(model)),
            str(paths.teaching(model, values.get("item.student", ""))),
        }
        here |= {str(function(model)) for function in (paths.reliability_table, paths.slices, paths.explanation, paths.explanation_folder)}
        here |= {str(function(model)) for function in (paths.robustness, paths.robustness_table, paths.robustness_folder, paths.temporal)}
        here |= {str(paths.counts(name)), "data/configs"}
        one, testset = values.get("item.model", model), values.get("item.testset", model)
        here |= {
            str(function(testset))
            for function in (
                *(paths.testset_inventory, paths.testset_prepared, paths.testset_splits, paths.testset_fates),
                paths.testset_counts,
            )
        }
        here |= {str(function(testset, one)) for function in (paths.testset_predictions, paths.crossevaluation, paths.cross_confusion)}
        outputs = [out for kind in ("outs", "metrics", "plots") for out in names(stage.get(kind, []), values, inside=stage.get("wdir", ""))]
        assert outputs, name
        assert set(outputs) <= here, f"{name}: {set(outputs) - here}"


def test_tracked_parameters_exist() -> None:
    for name, stage, values in INSTANCES:
        for key in names(stage.get("params", []), values):
            place: Any = PARAMS
            for part in key.split("."):
                assert part in place, f"{name} tracks {key}, which params.yaml does not have"
                place = place[part]


def test_runtime_is_tracked_by_no_stage() -> None:
    assert not [name for name, stage, _ in INSTANCES for key in stage.get("params", []) if key.startswith("runtime")]


def test_only_the_leaderboard_is_a_metric() -> None:
    assert [out for _, stage, values in INSTANCES for out in names(stage.get("metrics", []), values)] == [str(paths.LEADERBOARD)]


@pytest.mark.parametrize(
    ("library", "importer"),
    [("mlflow", "tracking/writer.py"), ("great_expectations", "validate/expectations.py")],
)
def test_a_heavy_library_has_one_importer(library: str, importer: str) -> None:
    modules = [path for folder in ("mien", "stages") for path in (ROOT / folder).rglob("*.py")]
    pattern = re.compile(rf"^\s*(from|import) {library}\b", re.MULTILINE)
    assert [path for path in modules if pattern.search(path.read_text(encoding="utf-8"))] == [ROOT / "mien" / importer]


def test_dvc_makes_a_stage_for_each_pair_of_model_and_test_set_and_none_without_a_test_set(tmp_path: Path) -> None:
    """DVC's own reading of `matrix` with maps of params.yaml."""
    models = {"one": PARAMS["models"]["resnet50"], "two": PARAMS["models"]["mobilenetv2"]}
    found = {}
    for testsets in ({}, {"web": {"source": "a.zip"}, "campus": {"source": "b.zip"}}):
        document = {**PARAMS, "models": models, "exports": {}, "testsets": testsets}
        (tmp_path / "params.yaml").write_text(json.dumps(document), encoding="utf-8")
        resolver = DataResolver(Repo.init(str(tmp_path), no_scm=True, force=True), str(tmp_path), load("dvc.yaml"))
        found[len(testsets)] = set(resolver.resolve()["stages"])
    per_set = {f"{stage}@{name}" for stage in ("testset_inventory", "testset", "testset_split") for name in ("web", "campus")}
    assert found[2] - found[0] == per_set | {f"crosseval@{model}-{name}" for model in models for name in ("web", "campus")}
    assert not [name for name in found[0] if "testset" in name or "crosseval" in name] and found[0] < found[2]
