from pathlib import Path

import pandas as pd
import pytest

from mien import paths
from mien.errors import TableError
from mien.evaluation.figures import report_on_test
from mien.files import read_json, write_json
from stages import compare

CLASSES = ("happy", "sad")


def write_evaluation(model: str, predicted: str) -> None:
    full = {name[0]: name for name in CLASSES}
    rows = pd.DataFrame({"label": [full[c] for c in "hhs"], "predicted": [full[c] for c in predicted], "flag": None})
    write_json(paths.evaluation(model), {"model": model, "weights": "none", "classes": CLASSES, **report_on_test(rows, CLASSES)})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    entry = "{backbone: test_resnet, weights: none, attention: none, head: dense256, loss: cross_entropy, input_px: 32}"
    paths.PARAMS.write_text(f"labels: {{classes: [happy, sad]}}\nmodels:\n  poor: {entry}\n  good: {entry}\n")
    write_evaluation("poor", "hhh")
    write_evaluation("good", "hhs")
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_only_the_models_of_params_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    write_evaluation("deleted", "hhs")
    compare.main()
    assert list(read_json(paths.LEADERBOARD)) == ["poor", "good"]
    assert "deleted" not in paths.LEADERBOARD_TABLE.read_text()
    assert "compare: 2 models, best good with macro-F1 1.0000" in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_twice_gives_the_same_bytes() -> None:
    def written() -> list[bytes]:
        compare.main()
        return [paths.LEADERBOARD.read_bytes(), paths.LEADERBOARD_TABLE.read_bytes()]

    assert written() == written()


@pytest.mark.usefixtures("workspace")
def test_a_model_without_figures_is_named() -> None:
    paths.evaluation("good").unlink()
    with pytest.raises(TableError, match="evaluate@good"):
        compare.main()
    assert not paths.LEADERBOARD.exists()
