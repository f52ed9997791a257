import posixpath
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mien.core import paths
from mien.core.errors import TableError
from mien.core.outputs import made_by, missing, read_json_output

ROOT = Path(__file__).parents[2]


def test_the_stage_is_the_one_that_declares_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths.ensemble_config("pair").parent.mkdir(parents=True)
    paths.ensemble_config("pair").write_text("{}")
    paths.export_config("small").parent.mkdir(parents=True)
    paths.export_config("small").write_text("{}")
    paths.temporal_config("moving").parent.mkdir(parents=True)
    paths.temporal_config("moving").write_text("{}")
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    per_model: dict[str, str] = {}
    for name, entry in stages.items():
        body = entry.get("do", entry)
        each = {
            **{"${models}": "tiny", "${ensembles}": "pair", "${exports}": "small", "${distillation}": "one", "${testsets}": "campus"},
            **{"${robustness.models}": "tiny", "${temporal}": "moving"},
        }
        key = "-".join(each[one] for one in entry["matrix"].values()) if "matrix" in entry else each.get(entry.get("foreach"), "")
        for kind in ("outs", "plots", "metrics"):
            outs = (next(iter(out)) if isinstance(out, dict) else out for out in body.get(kind, ()))
            placed = (posixpath.normpath(posixpath.join(body.get("wdir", ""), out)).replace("${key}", key) for out in outs)
            placed = (out.replace("${item.student}", "tiny").replace("${item.model}", "tiny").replace("${item}", key) for out in placed)
            placed = (out.replace("${item.testset}", "campus") for out in placed)
            per_model |= dict.fromkeys(placed, f"{name}@{key}" if key else name)
    assert len(per_model) > 30
    known = {out: stage for out, stage in per_model.items() if not out.startswith("data/code")}
    assert {out: made_by(Path(out)) for out in known} == known
    assert made_by(paths.FILES) == "ingest" and made_by(Path("models/tiny/seed_3/model.json")) == "train@tiny"
    assert made_by(Path("params.yaml")) == made_by(Path("/elsewhere/data/splits.parquet")) == ""


def test_a_missing_file_is_named_with_its_stage_and_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TableError) as caught:
        read_json_output(paths.evaluation("tiny"))
    assert str(caught.value) == (
        "metrics/evaluate/tiny.json is missing; run `dvc repro evaluate@tiny` to make it (or `dvc pull` to fetch it)"
    )
    assert str(missing(Path("x.parquet"), otherwise=", or name another")) == (
        "x.parquet is missing; run `dvc repro` to make it (or `dvc pull` to fetch it), or name another"
    )
    paths.LEADERBOARD.parent.mkdir()
    paths.LEADERBOARD.write_text("{")
    with pytest.raises(TableError, match=r"leaderboard\.json is not JSON .*; delete it and run `dvc repro compare` to make it anew"):
        read_json_output(paths.LEADERBOARD)
