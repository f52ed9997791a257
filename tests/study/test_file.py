"""Study files: what they may hold, how a grid unfolds, and that a fault is named."""

from pathlib import Path

import pytest

from mien.core.errors import StudyError
from mien.study.file import Study, load_study, names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()
    return tmp_path / "experiments"


def write(folder: Path, text: str, name: str = "one") -> Study:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_study(name)


def test_runs_keep_their_order_and_may_change_nothing(folder: Path) -> None:
    study = write(folder, "title: t\nruns:\n  b: {loss.gamma: 3}\n  a:\n  c-1.5: {models.x: null}\n")
    assert study.named_runs() == {"b": {"loss.gamma": 3}, "a": {}, "c-1.5": {"models.x": None}}
    assert study.target == ("compare",)
    assert write(folder, "title: t\ntarget: evaluate@a\nruns: {a: }\n").target == ("evaluate@a",)


def test_a_grid_is_every_combination_named_by_its_values(folder: Path) -> None:
    study = write(folder, "title: t\ngrid:\n  a.b: [1, 0.5, true]\n  kind: {x: {c: 1, d: 2}, y: }\n")
    runs = study.named_runs()
    assert list(runs) == ["1-x", "1-y", "0.5-x", "0.5-y", "true-x", "true-y"]
    assert runs["0.5-x"] == {"a.b": 0.5, "c": 1, "d": 2}
    assert runs["true-y"] == {"a.b": True}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runs: {a: {b: 1}}", "has 1 fault:\n  title: must be given"),
        ("title: t\nruns: {a: }\ngrid: {b: [1]}", "must have either `runs` or `grid`"),
        ("title: t\nruns: {}", "runs: must have at least one entry"),
        ("title: t\ngrid: {a.b: []}", r"grid\.a\.b: must have at least one value"),
        ("title: t\ngrid: {a.b: [1, 1]}", r"has 1 fault:\n  grid\.a\.b: must list each value once"),
        ("title: t\ngrid: {a.b: [x, x-y], c: [y-z, z]}", "1 fault:\n  grid: must give each combination a different name"),
        ("title: t\ngrid: {a.b: [[1]]}", r"grid\.a\.b: must list numbers or short words"),
        ("title: t\ngrid: {a.b: ['x y']}", r"grid\.a\.b: must list numbers or short words"),
        ("title: t\ngrid: {a.b: 1}", r"has 1 fault:\n  grid\.a\.b: must be a list of values, or runs by name, .* \(got 1\)$"),
        ("title: t\ngrid: {m: {x: 1}}", r"has 1 fault:\n  grid\.m: must be a list of values, or runs by name, "),
        ("title: t\ngrid: {m: {1: {a: 2}}}", r"has 1 fault:\n  grid\.m: must be a list of values, or runs by name, "),
        ("title: t\nruns: {0.1: {a: 2}}", r"runs\.0\.1: must be a name in text; write it in quotes"),
        ("title: t\nruns: {a: {b: 2020-01-01}}", r"runs\.a\.b: must be text, a number"),
        ("title: t\nruns: {'a b': }", "must be a name of letters"),
        ("title: t\nruns: {a..b: }", "must be a name of letters"),
        ("title: t\nruns: {a.lock: }", "must be a name of letters"),
        ("title: t\nruns: {a: {.b: 1}}", r"runs\.a: must set dotted keys"),
        ("title: t\nruns: {a: {b=c: 1}}", r"runs\.a: must set dotted keys"),
        ("title: t\nruns: {a: [1]}", r"runs\.a: must be a map"),
        ("title: t\nmodel: [a]\nruns: {a: }", "model: must be a known key; did you mean models"),
        ("title: t", "is not a study: it has neither `runs` nor `grid`; if it is a preset, `mien preset experiments/one.yaml` applies it"),
        ("title: [\nruns:", "must be readable YAML: line"),
        ("- runs:", "must be a map"),
    ],
)
def test_a_fault_is_named(folder: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message) as raised:
        write(folder, text)
    assert str(raised.value).startswith("experiments/one.yaml ")


def test_names_leave_out_what_is_no_study(folder: Path) -> None:
    write(folder, "title: t\nruns: {a: }", name="b_study")
    (folder / "a_preset.yaml").write_text("models: {}\n")
    (folder / "folder.yaml").mkdir()
    assert names() == ["b_study"]
    for close in ("b_stdy", "b_study.yaml", "experiments/b_study.yaml"):
        with pytest.raises(StudyError, match=rf"there is no study '{close}' .*; did you mean b_study\?$"):
            load_study(close)
    with pytest.raises(StudyError, match=r"there is no study 'nix' .*; choose one of: b_study"):
        load_study("nix")
    with pytest.raises(StudyError, match="the file's name must be a name of letters"):
        write(folder, "title: t\nruns: {a: }", name="b study")
