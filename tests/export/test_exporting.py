"""From a model's folder to the file."""

import errno
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from mien.core.errors import ExportError, StorageError, TableError
from mien.export import exporting
from mien.export.exporting import Exported, export_onnx
from mien.export.graph import to_onnx
from mien.export.metadata import exported_answer, read_metadata
from mien.models.predict import predict_logits
from mien.models.store import load_model
from mien.predict.engine import Engine
from tests.models.make import make_config
from tests.surroundings import leftovers

from .make import CONFIG, answer_for, saved, squares

IMAGES = squares(6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("models") / "tiny")


def write(folder: Path, file: Path, **changes: Any) -> Exported:
    how = {"answer": answer_for(folder), "tta": "none", "images_N3SS": IMAGES, "calibration_N3SS": lambda: squares(20, seed=3)}
    return export_onnx(folder, file, **{**how, **changes})


@pytest.mark.parametrize("tta", ["none", "ten_crop"])
def test_the_engine_gives_the_logits_that_evaluate_stores(tmp_path: Path, folder: Path, tta: str) -> None:
    import torch

    done = write(folder, tmp_path / "m.onnx", tta=tta)
    network, config = load_model(folder)
    expected = predict_logits(network, torch.from_numpy(IMAGES), input_px=config.input_px, precision="fp32", device="cpu", tta=tta)
    engine = Engine.load(done.file)
    logits_NK, probabilities_NK = engine.run(IMAGES.transpose(0, 2, 3, 1))
    assert abs(logits_NK - expected).max() < 1e-5 and engine.answer == answer_for(folder) == exported_answer(done.file)
    assert logits_NK.dtype == probabilities_NK.dtype == np.float32
    assert done.agreement.same_class == 1.0 and done.num_bytes == done.file.stat().st_size


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_same_input_same_bytes_without_anything_of_this_machine(tmp_path: Path, folder: Path, precision: str) -> None:
    first, second = (write(folder, tmp_path / where / "m.onnx", precision=precision) for where in ("one", "two"))
    content = first.file.read_bytes()
    assert content == second.file.read_bytes()
    here = [str(tmp_path), str(folder.parent), str(Path.cwd()), str(Path.home()), "site-packages", "/tmp"]
    here += [os.uname().nodename] if len(os.uname().nodename) > 3 else []  # a shorter name is somewhere among the weights
    assert [name for name in here if name.encode() in content] == []
    assert not re.search(rb"20\d\d-\d\d-\d\d", content), "a date"
    assert read_metadata(first.file)["precision"] == precision
    onnx.checker.check_model(onnx.load(first.file), full_check=True)


def test_smaller_files_and_what_they_lose(tmp_path: Path, folder: Path) -> None:
    single, half, eight = (write(folder, tmp_path / f"{name}.onnx", precision=name) for name in ("fp32", "fp16", "int8"))
    assert half.num_bytes < 0.75 * single.num_bytes, "a network of 0.1 M parameters is half graph"
    assert single.agreement.max_difference < half.agreement.max_difference < eight.agreement.max_difference
    assert eight.agreement.num_images == 6 and "int8" in eight.sentence and "of 6 images have the class" in eight.sentence


def test_a_model_that_trains_in_bf16_is_exported_in_single_precision(tmp_path: Path) -> None:
    folder = saved(tmp_path / "tiny", make_config(precision="bf16", head="linear"))
    assert write(folder, tmp_path / "m.onnx").agreement.max_difference < 1e-5


def test_a_graph_that_the_gate_refuses_is_not_written_and_leaves_the_old_file(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(folder, tmp_path / "m.onnx").file
    before, honest = file.read_bytes(), to_onnx

    def dishonest(network: Any, *, temperature: float, **how: Any) -> Any:
        return honest(network, temperature=1.1 * temperature, **how)

    monkeypatch.setattr(exporting, "to_onnx", dishonest)
    for precision in ("fp32", "fp16", "int8"):
        with pytest.raises(ExportError, match="nothing was written, because"):
            write(folder, file, precision=precision)
    assert file.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as stream:
            stream.write(content[:100])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match=r"m\.onnx could not be written: no space is left on the disk"):
        write(folder, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists() and leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"weights_sha256": "1" * 64}, "belong to other weights than those in .*tiny"),
        ({"classes": ["angry", "sad", "happy"]}, "have other classes than .*tiny"),
        ({"size_px": 65}, "have squares of 65 px, but the network's input has 64 px"),
    ],
)
def test_an_answer_of_another_model_is_refused(tmp_path: Path, folder: Path, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ExportError, match=f"the answer settings of {CONFIG.name} {fault}; run `dvc repro evaluate@{CONFIG.name}`"):
        write(folder, tmp_path / "m.onnx", answer=answer_for(folder, **changes))


def test_a_folder_without_a_model_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(TableError, match=r"model\.json is missing; run `dvc repro train@gone`"):
        write(tmp_path / "gone", tmp_path / "m.onnx", answer=answer_for(folder))
