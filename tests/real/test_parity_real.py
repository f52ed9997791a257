"""Real photographs, their faces found by MTCNN: `mien predict` gives the logits that the pipeline's own stages lead to."""

import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.align.mtcnn import FaceDetector
from mien.align.squares import make_squares
from mien.config.params import load_params
from mien.config.sections.faces import FaceParams
from mien.convert.conversion import convert_content
from mien.convert.decoding import Undecodable
from mien.export.repository import Changes, export_folder
from mien.models.predict import predict_logits
from mien.models.store import load_model
from mien.predict.answer import Decoding
from mien.predict.engine import Engine
from mien.predict.preparing import NoFace, prepare
from mien.store.encoding import square_pixels
from mien.store.shards import read_store
from mien.store.tables import FACES
from tests.align.test_squares import jobs, store
from tests.export.test_graph import exact

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "mien/pretrained/fer"
NUM = 24


@pytest.mark.slow
def test_predict_gives_the_logits_of_the_stages(real_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(real_data / "campus-photos.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith((".jpg", ".jpeg", ".png", ".heic")))
        photographs = {f"{number:02x}": archive.read(name) for number, name in enumerate(names[:: len(names) // NUM][:NUM])}
    params = load_params(ROOT / "params.yaml")
    how = FaceParams(detector="mtcnn", margin=0.1)
    export_folder(SHIPPED, tmp_path / "fer.onnx", changes=Changes())
    engine = Engine.load(tmp_path / "fer.onnx")
    about = engine.answer.model_copy(update={"faces": how, "decode": Decoding.of(params.convert), "grey": False})

    converted = {}
    for name, content in photographs.items():
        with suppress(Undecodable):
            converted[name] = convert_content(content, params.convert)[0]["image"]
    (tmp_path / "squares").mkdir()
    for job in jobs(store(tmp_path / "images", converted), tmp_path / "squares", set(converted), how):
        make_squares(job)
    by_stages = {row["sample_id"]: row["image"] for row in read_store(tmp_path / "squares", FACES).to_pylist()}

    detector, found = FaceDetector(), {}
    for name, content in photographs.items():
        with suppress(Undecodable, NoFace):
            found[name] = prepare(content, about, detector, all_faces=False).faces[0].pixels
    assert set(found) == set(by_stages) and len(found) > NUM / 2
    squares_NSS3 = np.stack([square_pixels(by_stages[name], side_px=about.size_px) for name in found])
    np.testing.assert_array_equal(np.stack([*found.values()]), squares_NSS3)
    network, config = load_model(SHIPPED)
    tta = load_params(SHIPPED / "params.yaml").model("fer").tta
    images = torch.from_numpy(squares_NSS3.transpose(0, 3, 1, 2).copy())
    expected_NK = predict_logits(network, images, input_px=config.input_px, precision="fp32", device="cpu", tta=tta)
    given_NK, exact_NK = engine.run(squares_NSS3)[0], exact(network, images, input_px=config.input_px, tta=tta)
    assert abs(given_NK - expected_NK).max() < 1e-5 * abs(exact_NK).max(), "the largest of them is about 15"
    assert abs(given_NK - exact_NK).max() < 2 * abs(expected_NK - exact_NK).max(), "what is left is the rounding of both"
