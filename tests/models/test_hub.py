"""ImageNet weights through the real hub client, against a stand-in server on this machine, and with no server at all."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save

from mien.config.imagenet import PINNED, further_images
from mien.core.errors import WeightsError
from mien.models import hub
from mien.models.weights import origin_of

ROOT = Path(__file__).parents[2]
BACKBONE, FILE = "test_efficientnet", "timm/test_efficientnet.r160_in1k/resolve/main/model.safetensors"
GET_TWICE = """
import sys
from pathlib import Path
from mien.core.errors import MienError
from mien.models.pretrained import write_pretrained
try:
    for name in ("first", "second"):
        write_pretrained(Path(name), backbone=sys.argv[1], weights="imagenet")
except MienError as error:
    sys.exit(f"MIEN {error}")
"""


class StandIn(ThreadingHTTPServer):
    """Answers as the hub does for one file, and remembers what it was asked for."""

    asked: list[str]
    files: dict[str, bytes]


class Answer(BaseHTTPRequestHandler):
    server: StandIn

    def do_HEAD(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        body = self.server.files.get(self.path.lstrip("/"))
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        if body is None:
            self.send_header("X-Error-Code", "RepoNotFound")
        else:
            self.send_header("ETag", '"0123456789abcdef"')
            self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.server.files.get(self.path.lstrip("/"), b""))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[StandIn]:
    server = StandIn(("127.0.0.1", 0), Answer)
    server.asked, server.files = [], {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def get_twice(folder: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", GET_TWICE, BACKBONE], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_one_download_then_the_cache(tmp_path: Path, server: StandIn) -> None:
    torch.manual_seed(3)
    full = timm.create_model(BACKBONE).state_dict()
    server.files[FILE] = save(full)
    done = get_twice(tmp_path, f"http://127.0.0.1:{server.server_port}")
    assert done.returncode == 0, done.stderr
    assert server.asked.count(f"GET /{FILE}") == 1
    note = json.loads((tmp_path / "first" / "pretrained.json").read_text())
    assert (note["weights"], note["source"]) == ("imagenet", "timm/test_efficientnet.r160_in1k/model.safetensors")
    assert note["tag"] == "r160_in1k" and "further_images" not in note and origin_of(note) == "imagenet (r160_in1k)"
    written = load_file(tmp_path / "first" / "weights.safetensors")
    assert set(full) - set(written) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(written[key], full[key]) for key in written)
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()


def test_no_network_is_told_at_once_with_file_and_remedy(tmp_path: Path) -> None:
    start = time.perf_counter()
    done = get_twice(tmp_path, "http://127.0.0.1:9")
    assert done.returncode == 1 and time.perf_counter() - start < 40, "the hub client's own retries take longer"
    assert "MIEN weights: imagenet: the weights of test_efficientnet could not be downloaded" in done.stderr
    assert "file model.safetensors of timm/test_efficientnet.r160_in1k" in done.stderr
    assert "weights/test_efficientnet.r160_in1k.safetensors" in done.stderr and "`weights: none`" in done.stderr
    assert "Traceback" not in done.stderr and "Retrying" not in done.stderr
    assert not (tmp_path / "first").exists()


def test_a_file_that_the_hub_does_not_have_is_an_error_too(tmp_path: Path, server: StandIn) -> None:
    done = get_twice(tmp_path, f"http://127.0.0.1:{server.server_port}")
    assert done.returncode == 1 and "MIEN weights: imagenet" in done.stderr and "Traceback" not in done.stderr


def test_an_architecture_without_weights_is_told() -> None:
    with pytest.raises(WeightsError, match="timm has no pretrained weights for efficientnet_b7"):
        hub.choose_tag("efficientnet_b7")


def test_a_file_that_leaves_weights_unfilled_is_refused(tmp_path: Path) -> None:
    state = timm.create_model(BACKBONE).state_dict()
    del state["conv_head.weight"]
    (tmp_path / "model.safetensors").write_bytes(save(state))
    with pytest.raises(WeightsError, match=r"leaves 1 tensors unfilled \(conv_head\.weight\)"):
        hub.load(BACKBONE, "r160_in1k", tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="timm cannot load"):
        hub.load(BACKBONE, "r160_in1k", tmp_path / "model.safetensors")


@pytest.mark.parametrize("backbone", PINNED)
def test_every_pinned_tag_exists_and_is_of_imagenet_1k_alone(backbone: str) -> None:
    tag = hub.choose_tag(backbone)
    assert tag == PINNED[backbone] and not further_images(tag)
    assert timm.get_pretrained_cfg(f"{backbone}.{tag}").hf_hub_id == f"timm/{backbone}.{tag}"


def test_a_default_of_more_images_is_not_taken_where_there_is_another() -> None:
    assert timm.get_pretrained_cfg("tf_efficientnet_b7").tag == "ns_jft_in1k", "which is why tags are pinned"
    assert timm.get_pretrained_cfg("tf_efficientnet_b5").tag == "ns_jft_in1k" and "tf_efficientnet_b5" not in PINNED
    assert "jft" not in hub.choose_tag("tf_efficientnet_b5") and hub.choose_tag("resnet34") == timm.get_pretrained_cfg("resnet34").tag
    assert hub.choose_tag("tf_efficientnet_b7", "ns_jft_in1k") == "ns_jft_in1k", "a user may ask for it"
    assert further_images(hub.choose_tag("convnext_xxlarge")), "of which timm has no other"


def test_a_tag_that_timm_does_not_have_lists_the_tags() -> None:
    with pytest.raises(WeightsError, match=r"^weights_tag: must be a tag .* for densenet121: ra_in1k, tv_in1k \(got 'tv2_in1k'\)$"):
        hub.choose_tag("densenet121", "tv2_in1k")


def test_another_tag_is_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_download", lambda repository, file, _: Path(repository) / file)
    for tag in ("a1_in1k", "tv_in1k"):
        name = f"timm/resnet50.{tag}/model.safetensors"
        assert hub.fetch("resnet50", hub.choose_tag("resnet50", tag)) == (name, Path(name))
