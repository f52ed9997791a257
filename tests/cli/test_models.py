"""`mien models`: the table of all configured models."""

from pathlib import Path

import pytest
import torch

from mien.cli import models
from mien.config.configure import configure
from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.errors import ParamsError
from mien.models.build import build_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def params() -> Params:
    """Two of the repository's models, and one of its backbone's smallest sizes."""
    full = load_params(ROOT / paths.PARAMS)
    models = {name: full.models[name] for name in ("resnet50", "efficientnet_b0_se")}
    small = full.models["resnet50"].model_copy(update={"backbone": "cnn", "head": "linear", "input_px": 32, "weights": "my/weights"})
    flipped = full.models["resnet50"].model_copy(update={"tta": "flip"})
    return full.model_copy(update={"models": {**models, "small": small, "flipped": flipped}})


def test_a_row_says_what_is_built(params: Params) -> None:
    rows = {row[0]: dict(zip(models.HEADER, row, strict=True)) for row in models.rows(params)}
    assert list(rows) == list(params.models)
    for name, row in rows.items():
        entry = params.models[name]
        assert [row[key] for key in ("backbone", "attention", "loss", "weights")] == [
            getattr(entry, key) for key in ("backbone", "attention", "loss", "weights")
        ]
        with torch.device("meta"):
            model = build_model(configure(params, name))
            maps = model.eval().forward_features(torch.rand(1, 3, entry.input_px, entry.input_px))
        assert row["parameters M"] == f"{sum(parameter.numel() for parameter in model.parameters()) / 1e6:.2f}"
        assert row["map C×H×W"] == "×".join(str(side) for side in maps.shape[1:])
    assert [row["head"] for row in rows.values()] == ["dense 256", "dense 512", "linear", "dense 256"]
    assert rows["flipped"]["tta"] == "flip" and rows["resnet50"]["tta"] == "none"
    assert float(rows["flipped"]["MACs G"]) == pytest.approx(2 * float(rows["resnet50"]["MACs G"]), abs=2e-3)
    assert rows["small"]["map C×H×W"] == "896×1×1"


def test_the_table_is_in_columns(params: Params) -> None:
    lines = models.table(params).splitlines()
    assert len(lines) == 5 and lines[0].split()[0] == "model"
    end = lines[0].index("parameters M") + len("parameters M")
    assert all(line[end - 1].strip() and line[end : end + 2] == "  " for line in lines), "numbers end where their title ends"


def test_every_model_that_cannot_be_built_is_named_with_its_key(params: Params) -> None:
    small = {
        name: params.models["resnet50"].model_copy(update={"backbone": "inception_v3", "input_px": px})
        for name, px in (("one", 64), ("two", 40))
    }
    with pytest.raises(ParamsError) as caught:
        models.rows(params.model_copy(update={"models": {**params.models, **small}}))
    lines = str(caught.value).splitlines()
    assert lines[1:] == [
        "  models.one.input_px: must be at least 75 for inception_v3 (got 64)",
        "  models.two.input_px: must be at least 75 for inception_v3 (got 40)",
    ]
