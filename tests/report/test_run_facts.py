from pathlib import Path

import pytest

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json, write_json
from mien.report.run_facts import modified_files, read_run
from tests.report.fabricated import fabricate
from tests.report.fabricated.model import FINGERPRINT


@pytest.mark.usefixtures("fabricated_run")
@pytest.mark.parametrize(
    ("path", "stage"),
    [
        (paths.LEADERBOARD, "compare"),
        (paths.COMPARISONS, "compare"),
        (paths.evaluation("poor"), "evaluate@poor"),
        (paths.slices("poor"), "evaluate@poor"),
        (paths.train_curves("good"), "train@good"),
        (paths.config("good"), "configure"),
        (paths.prediction_config("good"), "configure"),
        (paths.counts("dedup"), "dedup"),
        (paths.VALIDATION, "validate"),
        (paths.explanation_folder("good") / "gallery.json", "explain@good"),
        (paths.DOUBTS / "queue.csv", "doubts"),
    ],
)
def test_a_missing_or_broken_file_names_its_stage(path: Path, stage: str) -> None:
    path.write_bytes(b"\xff{")
    with pytest.raises(TableError, match=f"{path}.*run `dvc repro {stage}`"):
        read_run(load_params())
    path.unlink()
    with pytest.raises(TableError, match=f"{path} is missing; run `dvc repro {stage}`"):
        read_run(load_params())


@pytest.mark.usefixtures("fabricated_run")
def test_what_may_be_missing_is_none() -> None:
    paths.explanation("good").unlink()
    paths.DOUBTS_COUNTS.unlink()
    (paths.model("poor") / "model.json").unlink()
    facts = read_run(load_params())
    assert list(facts.explanations) == ["poor"] and facts.doubts is None and list(facts.costs) == ["good"]


@pytest.mark.usefixtures("fabricated_run")
def test_text_that_looks_like_a_number_or_nothing_stays_text() -> None:
    facts = read_run(load_params())
    assert "NA" in facts.slices["good"]["value"].tolist()
    assert facts.doubts is not None
    assert facts.doubts.queue["sample_id"].tolist()[0] == facts.splits["sample_id"][0]


@pytest.mark.usefixtures("fabricated_run")
def test_models_are_ranked_by_macro_f1() -> None:
    facts = read_run(load_params())
    assert facts.ranked == sorted(facts.leaderboard, key=lambda model: -facts.evaluations[model]["all"]["macro_f1"])


def test_files_that_differ_from_the_commit(tmp_path: Path) -> None:
    import subprocess

    def git(*command: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *command], cwd=tmp_path, check=True, capture_output=True
        )

    assert modified_files(tmp_path) is None
    for name in ("params.yaml", "metrics.json", "mien/a b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert modified_files(tmp_path) == ()
    for name in ("params.yaml", "metrics.json", "mien/a b.py"):
        (tmp_path / name).write_text("2")
    assert modified_files(tmp_path) == ("mien/a b.py", "params.yaml")


def test_an_ensemble_is_among_what_is_tested_and_costs_the_time_of_its_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    fabricate(("good", "fair", "poor"), ensembles={"pair": ["good", "poor"]})
    facts = read_run(load_params())
    assert set(facts.ranked) == set(facts.evaluations) == set(facts.slices) == {"good", "fair", "poor", "pair"}
    assert facts.trained == [model for model in facts.ranked if model != "pair"] and "pair" not in facts.explanations
    alone = facts.costs["good"]
    assert facts.costs["pair"]["latency_ms"] == pytest.approx(2 * alone["latency_ms"])
    assert facts.costs["pair"]["images_per_s"] == pytest.approx(alone["images_per_s"] / 2)
    elsewhere = read_json(paths.cost("poor", FINGERPRINT)) | {"cpu": "another"}
    write_json(paths.cost("poor", FINGERPRINT), elsewhere)
    assert "pair" not in read_run(load_params()).costs, "times of two machines cannot be added"
    paths.evaluation("pair").unlink()
    with pytest.raises(TableError, match=r"evaluate/pair\.json is missing; run `dvc repro ensemble@pair`"):
        read_run(load_params())
