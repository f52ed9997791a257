"""The code on a model card does what the pipeline does."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mien.align.geometry import Face
from mien.align.mtcnn import FaceDetector
from mien.models.predict import predict_logits
from mien.models.store import save_model
from mien.report.cards import model_card
from tests.models.make import make_config, make_model
from tests.report.facts import make_facts, make_params


@pytest.mark.parametrize(("detector", "tta"), [("none", "none"), ("none", "flip"), ("mtcnn", "none")])
def test_the_snippet_runs_and_predicts_as_the_pipeline_does(
    detector: str, tta: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = make_facts()
    facts.configs["first"]["tta"] = tta
    config = make_config(name="first", classes=list(facts.classes), input_px=32)
    network = make_model(config)
    with torch.no_grad():
        network.head.get_parameter("classifier.weight").mul_(300)  # so that an image and its mirror image differ visibly
    save_model(tmp_path / "models" / "first", network, config, facts={})
    face_SS3 = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(face_SS3).save(tmp_path / "face.jpg", "PNG")  # decoded by content, whatever its name
    monkeypatch.chdir(tmp_path)
    landmarks = np.array([[20.0, 25.0], [44.0, 25.0], [32.0, 35.0], [24.0, 48.0], [40.0, 48.0]])
    monkeypatch.setattr(FaceDetector, "__init__", lambda _: None)
    monkeypatch.setattr(FaceDetector, "detect", lambda *_: [Face((0.0, 0.0, 64.0, 64.0), 0.99, landmarks)])
    own = replace(facts, params=make_params(f"faces: {{detector: {detector}, margin: 0.0, size_px: 64}}\n"))
    card = model_card("first", own)
    exec(re.findall(r"```python\n(.*?)```", card, re.DOTALL)[0], {})
    told = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    images_13SS = torch.from_numpy(face_SS3).permute(2, 0, 1)[None]
    logits_K = predict_logits(network, images_13SS, input_px=32, precision="fp32", device="cpu", tta=tta)[0]
    chances = torch.softmax(torch.from_numpy(logits_K) / facts.evaluations["first"]["calibration"]["temperature"], 0).tolist()
    assert {name: float(chance) for name, chance in told.items()} == pytest.approx(dict(zip(facts.classes, chances, strict=True)), abs=6e-4)
    assert list(told.values()) == sorted(told.values(), reverse=True)
