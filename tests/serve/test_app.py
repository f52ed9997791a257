"""What a client gets: right answers, each refusal with its status and reason, and pages that load nothing from elsewhere."""

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mien.serve.pool import Pool
from mien.serve.refusing import STATUS
from mien.serve.schema import ModelAnswer, Prediction
from tests.predict.network import CLASSES, SCALE
from tests.serve.coloured import COLOURS, CRASH, FAIL, LIMITS, SLEEP, Served, drawing, half_dark, served


@pytest.fixture
def client(serving: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=serving.url, timeout=120) as made:
        yield made


def predicted(client: httpx2.Client, content: bytes, **query: object) -> Prediction:
    response = client.post("/v1/predict", content=content, params=query)
    assert response.status_code == 200, response.text
    return Prediction.model_validate_json(response.content)


def test_every_face_has_its_box_and_the_probabilities_of_the_network(client: httpx2.Client) -> None:
    found = predicted(client, drawing("happy", "angry", "unsure"), faces="all")
    assert (found.model, found.classes, found.min_accuracy, found.threshold) == ("colours", CLASSES, 0.9, 0.6)
    (file,) = found.files
    assert (file.name, file.status, file.width, file.height, file.error) == (None, 200, 320, 240, None)
    assert [face.label for face in file.faces] == ["happy", "angry", "happy"]
    assert [face.unsure for face in file.faces] == [False, False, True]
    assert [(face.box.left, face.box.right) for face in file.faces] == [(20, 90), (115, 175), (210, 260)]
    logits_K = SCALE * np.array(COLOURS["angry"]) / 255
    expected_K = np.exp(logits_K / 2) / np.exp(logits_K / 2).sum()
    assert [file.faces[1].probabilities[label] for label in CLASSES] == pytest.approx(expected_K, abs=0.05)
    assert file.faces[1].confidence == max(file.faces[1].probabilities.values()) and file.faces[1].score == 1


def test_by_default_one_face_is_answered_with_the_default_threshold(client: httpx2.Client) -> None:
    content = drawing("unsure", "angry")
    assert [face.unsure for face in predicted(client, content).files[0].faces] == [True]
    assert [face.unsure for face in predicted(client, content, min_accuracy=0.5).files[0].faces] == [False]


def test_what_decided_is_told_only_where_it_is_asked_for(client: httpx2.Client) -> None:
    assert [face.map for face in predicted(client, half_dark()).files[0].faces] == [None]
    assert [face.map for face in predicted(client, half_dark(), explain=False).files[0].faces] == [None]
    (face,) = predicted(client, half_dark(), explain=True).files[0].faces
    assert face.map is not None and face.label == "happy" and np.shape(face.map.values) == (2, 2)
    assert np.array(face.map.values) == pytest.approx(np.array([[1, 60 / 255]] * 2), abs=0.02)
    assert [(corner.x, corner.y) for corner in face.map.corners] == [(100, 60), (180, 60), (180, 140), (100, 140)]
    assert client.get("/v1/model").json()["explains"] is True


def test_a_model_without_maps_says_so(pool: Pool, tmp_path: Path) -> None:
    with served(tmp_path, pool, no_maps="its head dense is another") as running, httpx2.Client(base_url=running.url, timeout=120) as client:
        assert client.get("/v1/model").json()["explains"] is False
        assert predicted(client, half_dark()).files[0].faces[0].map is None
        refused = client.post("/v1/predict", content=half_dark(), params={"explain": True})
        told = refused.json()["error"]
        assert (refused.status_code, told["reason"]) == (400, "bad_parameter") and "because its head dense is another" in told["detail"]


def test_a_picture_without_a_face_has_an_answer_without_faces(client: httpx2.Client) -> None:
    (file,) = predicted(client, drawing()).files
    assert (file.faces, file.error, file.width) == ([], None, 320)


def test_several_files_have_an_answer_or_an_error_each(client: httpx2.Client) -> None:
    files = [("a", ("käse.png", drawing("happy"))), ("b", ("notes.txt", b"no picture")), ("c", ("c.png", drawing("sad")[:-200]))]
    response = client.post("/v1/predict", files=files)
    found = Prediction.model_validate_json(response.content)
    assert [(file.name, file.status) for file in found.files] == [("käse.png", 200), ("notes.txt", 415), ("c.png", 422)]
    assert [file.error and file.error.reason for file in found.files] == [None, "not_an_image", "truncated"]
    assert found.files[0].faces[0].label == "happy"
    alone = client.post("/v1/predict", files=[files[1]])
    assert alone.status_code == 415 and alone.json()["error"]["reason"] == "not_an_image"


REFUSED = [
    ("not_an_image", b"no picture"),
    ("unsupported", b"8BPS" + bytes(60)),
    ("truncated", drawing("happy", kind="JPEG")[:2000]),
    ("too_large", drawing("happy", size_px=(1200, 1000))),
    ("too_many_faces", drawing("happy", "sad", "angry", "happy", size_px=(420, 240))),
    ("file_too_large", bytes(100_001)),
    ("decoder_crash", CRASH),
]


@pytest.mark.parametrize(("reason", "content"), REFUSED, ids=[reason for reason, _ in REFUSED])
def test_each_refusal_of_a_file_has_its_status(client: httpx2.Client, reason: str, content: bytes) -> None:
    response = client.post("/v1/predict", content=content, params={"faces": "all"})
    assert (response.status_code, response.json()["error"]["reason"]) == (STATUS[reason], reason)
    assert "\n" not in response.json()["error"]["detail"]
    assert predicted(client, drawing("happy")).files[0].faces[0].label == "happy", "the next is answered"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"faces": "some"}, "faces: "),
        ({"min_accuracy": "2"}, "min_accuracy: "),
        ({"min_accuracy": "x"}, "min_accuracy: "),
        ({"min_accuracy": "0.95"}, "min_accuracy: no threshold reached 0.95 on the validation images; the best is 0.9000 at 50%"),
    ],
)
def test_a_wrong_parameter_is_named(client: httpx2.Client, query: dict[str, str], words: str) -> None:
    response = client.post("/v1/predict", content=drawing("happy"), params=query)
    assert response.status_code == 400 and response.json()["error"]["reason"] == "bad_parameter"
    assert response.json()["error"]["detail"].startswith(words)


def test_unknown_paths_and_methods_are_told_in_json(client: httpx2.Client) -> None:
    assert client.get("/nothing").json()["error"]["reason"] == "not_found"
    assert client.get("/v1/predict").status_code == 405


def test_more_requests_than_allowed_are_asked_to_try_again(client: httpx2.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(client.post, "/v1/predict", content=SLEEP + b"1") for _ in range(8)]
        answers = [one.result() for one in waiting]
    assert {response.status_code for response in answers} == {200, 503}
    busy = [response for response in answers if response.status_code == 503]
    assert len(busy) == 8 - LIMITS.requests and all(int(response.headers["retry-after"]) > 0 for response in busy)
    assert all(response.json()["error"]["reason"] == "busy" for response in busy)


def test_an_answer_that_takes_too_long_is_given_up(serving: Served, tmp_path: object, pool: Pool) -> None:
    with served(tmp_path, pool, limits=replace(LIMITS, time_s=0.5)) as hurried:
        response = httpx2.post(f"{hurried.url}/v1/predict", content=SLEEP + b"600", timeout=60)
    assert (response.status_code, response.json()["error"]["reason"]) == (504, "time_is_up")
    assert httpx2.post(f"{serving.url}/v1/predict", content=SLEEP + b"0", timeout=60).status_code == 200


def test_a_client_that_goes_takes_its_work_with_it(serving: Served, pool: Pool) -> None:
    blocker = threading.Thread(target=httpx2.post, args=(f"{serving.url}/v1/predict",), kwargs={"content": SLEEP + b"3", "timeout": 60})
    blocker.start()
    while not pool.num_working:
        time.sleep(0.01)
    for _ in range(3):
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{serving.url}/v1/predict", content=SLEEP + b"600", timeout=httpx2.Timeout(60, read=0.2))
    blocker.join()
    ends_s = time.monotonic() + 60
    while serving.service.num_requests and time.monotonic() < ends_s:
        time.sleep(0.05)
    assert serving.service.num_requests == 0 and pool.num_waiting == 0 and serving.service.held.total == 0


def test_a_fault_of_ours_is_a_500_and_the_server_goes_on(client: httpx2.Client) -> None:
    response = client.post("/v1/predict", content=FAIL)
    assert response.status_code == 500 and response.json()["error"]["reason"] == "internal_error"
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_model_is_described_with_its_limits(client: httpx2.Client) -> None:
    model = ModelAnswer.model_validate_json(client.get("/v1/model").content)
    assert model.threshold == 0.6 and model.detector == "mtcnn" and model.limits.file_bytes == LIMITS.file_bytes
    assert model.test.accuracy_low < model.test.accuracy < model.test.accuracy_high


def test_metrics_count_what_happened_and_say_nothing_of_pictures(client: httpx2.Client) -> None:
    def values() -> dict[str, float]:
        families = text_string_to_metric_families(client.get("/metrics").text)
        return {f"{sample.name}{sorted(sample.labels.items())}": sample.value for family in families for sample in family.samples}

    before = values()
    client.post("/v1/predict", files=[("f", ("secret-name.png", drawing("happy", "unsure"))), ("f", ("b", b"no"))], params={"faces": "all"})
    client.get("/unknown/secret-path")
    after = values()
    grown = {key: after[key] - before.get(key, 0) for key in after}
    assert grown["mien_files_total[('outcome', 'answered')]"] == grown["mien_files_total[('outcome', 'not_an_image')]"] == 1
    assert grown["mien_faces_total[]"] == 2 and grown["mien_unsure_faces_total[]"] == 1
    assert grown["mien_requests_total[('path', '/v1/predict'), ('status', '200')]"] == 1
    assert grown["mien_requests_total[('path', 'other'), ('status', '404')]"] == 1
    assert after["mien_requests_now[]"] == 0 and after["mien_readers[]"] == 1
    assert not re.search(r"secret|happy|angry", client.get("/metrics").text)


def test_openapi_describes_every_status_that_a_prediction_can_have(client: httpx2.Client) -> None:
    api = client.get("/openapi.json").json()
    assert set(api["paths"]) == {"/v1/predict", "/v1/model", "/healthz", "/metrics"}
    described = {int(status) for status in api["paths"]["/v1/predict"]["post"]["responses"]}
    assert described == {200, *STATUS.values()} - {403, 421}, "the guard around the application refuses for any path"
    names = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(api)))
    assert names == set(api["components"]["schemas"])


@pytest.mark.parametrize("path", ["/", "/docs", "/page.js", "/style.css"])
def test_pages_load_nothing_from_elsewhere_and_set_no_cookie(client: httpx2.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200 and "set-cookie" not in response.headers
    assert not re.search(r"https?://", response.text) and not re.search(r"""(src|href)=["']?(//|/)""", response.text)
    assert "default-src 'none'" in response.headers["content-security-policy"] and response.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*src=)|<style| on\w+=| style=", response.text), "the policy forbids inline code and style"
