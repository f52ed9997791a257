"""The page in Chromium: photographs and a fake camera are answered with boxes, by keyboard, on a phone, and nothing leaves the server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from mien.predict.drawing.overlay import overlay
from mien.serve.pool import Pool
from mien.serve.reading import Read, Task
from tests.report.browser import Viewer, chromium
from tests.serve.coloured import Served, drawing, half_dark, served

CHECKS = (Path(__file__).parents[1] / "report" / "checks.js").read_text(encoding="utf-8")
WAIT_S = 90
"""for slow machines; each wait ends as soon as it can"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a red face, two of a blue one, as motion JPEG, which Chromium plays again and again."""
    path = tmp_path_factory.mktemp("video") / "camera.mjpeg"
    path.write_bytes(b"".join(drawing(label, kind="JPEG") * 60 for label in ("happy", "angry")))
    return path


@pytest.fixture(scope="module")
def browser(video: Path) -> Iterator[webdriver.Chrome]:
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}")
    yield from chromium(*camera)


@pytest.fixture
def viewer(browser: webdriver.Chrome, serving: Served) -> Iterator[Viewer]:
    seen = Viewer(browser)
    seen.open(f"{serving.url}/")
    until(seen, lambda: "colours" in seen.browser.title)
    yield seen
    if seen.run("return document.getElementById('live')?.hidden === false"):
        seen.run("document.getElementById('stop').click()")


def until(viewer: Viewer, holds: Callable[[], object]) -> None:
    WebDriverWait(viewer.browser, WAIT_S, poll_frequency=0.1).until(lambda _: holds())


def texts(viewer: Viewer, selector: str) -> list[str]:
    found: list[str] = viewer.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())", selector)
    return found


def choose(viewer: Viewer, *files: Path) -> None:
    viewer.browser.find_element(By.ID, "files").send_keys("\n".join(map(str, files)))


def photograph(folder: Path, *labels: str, name: str = "photo.png") -> Path:
    path = folder / name
    path.write_bytes(drawing(*labels))
    return path


def answered(viewer: Viewer, folder: Path, *labels: str, name: str = "photo.png") -> None:
    choose(viewer, photograph(folder, *labels, name=name))
    until(viewer, lambda: viewer.run("return document.querySelectorAll('#results .shares').length") == len(labels))


def test_a_photograph_has_its_boxes_and_probabilities(viewer: Viewer, serving: Served, tmp_path: Path) -> None:
    answered(viewer, tmp_path, "angry", "unsure")
    assert [label.split()[:3] for label in texts(viewer, "#results .label")] == [["1", "·", "angry"], ["2", "·", "not"]]
    labels = viewer.run("return [...document.querySelectorAll('#results .box b')].map((one) => one.textContent)")
    assert labels[1] == "2 · not sure: happy?" and texts(viewer, "#results .box b") == ["1", "2"], "small boxes have numbers only"
    edges = viewer.run(
        "const outer = document.querySelector('#results img').getBoundingClientRect();"
        "return [...document.querySelectorAll('#results .box')].map((one) => { const box = one.getBoundingClientRect();"
        "return [box.left - outer.left, box.right - outer.left, box.top - outer.top].map((px) => px * 320 / outer.width); })"
    )
    assert edges == [pytest.approx([20, 90, 60], abs=1.5), pytest.approx([115, 175, 60], abs=1.5)]
    fills = viewer.run("return [...document.querySelectorAll('#results .confidence')].map((one) => one.getAttribute('aria-label'))")
    assert re.fullmatch(r"confidence \d+ %, above the mark at 60 %", fills[0])
    assert re.fullmatch(r"confidence \d+ %, below the mark at 60 %, so it is not sure", fills[1])
    assert texts(viewer, "#results .shares dt")[:3] == ["happy", "sad", "angry"]
    assert "angry" in texts(viewer, "#said")[0], "screen readers are told"
    assert viewer.console() == []
    asked = viewer.requested()
    assert asked and all(url.startswith((serving.url, f"blob:{serving.url}", "data:")) for url in asked)
    assert viewer.browser.get_cookies() == []


COLOURED = """
    const image = document.querySelector("#results .maps image");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const picture = new Image();
    picture.onload = () => { pen.drawImage(picture, 0, 0); arguments[0]([5, 58].map((x) => [...pen.getImageData(x, 32, 1, 1).data])); };
    picture.src = image.getAttribute("href");
"""


def test_what_decided_is_shown_on_demand_at_its_place(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    path.write_bytes(half_dark())
    choose(viewer, path)
    until(viewer, lambda: texts(viewer, "#results .shares"))
    shown = "return getComputedStyle(document.querySelector('#results .maps')).display"
    assert viewer.run(shown) == "none" and viewer.run("return document.getElementById('explained').hidden"), "off by default"
    viewer.browser.find_element(By.ID, "explain").send_keys(Keys.SPACE)
    assert viewer.run(shown) == "block" and "not why" in texts(viewer, "#explained")[0]
    assert "grayscale" in viewer.run("return getComputedStyle(document.querySelector('#results img')).filter")
    edges = viewer.run(
        "const outer = document.querySelector('#results img').getBoundingClientRect();"
        "const own = document.querySelector('#results .maps image').getBoundingClientRect();"
        "return [own.left - outer.left, own.right - outer.left, own.top - outer.top, own.bottom - outer.top]"
        ".map((px) => px * 320 / outer.width)"
    )
    assert edges == pytest.approx([100, 180, 60, 140], abs=1.5)
    hot, cool = viewer.browser.execute_async_script(COLOURED)
    own = overlay(np.full((1, 2, 3), 128, np.uint8), np.array([[1, 60 / 255]]))[0].astype(int)
    mixed = [[round((1 - pixel[3] / 255) * 128 + pixel[3] / 255 * level) for level in pixel[:3]] for pixel in (hot, cool)]
    assert abs(np.array(mixed) - own).max() <= 8, "the colours of the report"
    viewer.browser.find_element(By.ID, "explain").send_keys(Keys.SPACE)
    assert viewer.run(shown) == "none" and viewer.console() == []


def test_the_map_of_a_mirrored_camera_lies_on_the_face(viewer: Viewer) -> None:
    viewer.browser.find_element(By.ID, "explain").send_keys(Keys.SPACE)
    viewer.browser.find_element(By.ID, "start").send_keys(Keys.ENTER)
    until(viewer, lambda: viewer.run("return document.querySelectorAll('#stage .maps image').length") == 1)
    places = viewer.run(
        "return ['#stage .maps image', '#stage .box'].map((one) => document.querySelector(one).getBoundingClientRect())"
        ".map((box) => [box.left, box.right, box.top])"
    )
    assert places[0] == pytest.approx(places[1], abs=6) and viewer.console() == []


def test_a_model_without_maps_offers_none(viewer: Viewer, pool: Pool[Task, Read], tmp_path: Path) -> None:
    with served(tmp_path, pool, no_maps="its head is another") as other:
        viewer.open(f"{other.url}/")
        until(viewer, lambda: "colours" in viewer.browser.title)
        assert viewer.run("return document.getElementById('explaining').hidden")
        answered(viewer, tmp_path, "happy")
        assert viewer.console() == []


def test_files_that_are_no_pictures_are_told_and_their_names_are_text(viewer: Viewer, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    path.write_bytes(b"no picture")
    choose(viewer, path)
    until(viewer, lambda: "not an image" in " ".join(texts(viewer, "#results .right")))
    assert texts(viewer, "#results h3") == [path.name] and "cannot show" in texts(viewer, "#results .unseen")[0]
    viewer.browser.find_element(By.ID, "clear").click()
    assert texts(viewer, "#results article") == []


def test_the_camera_is_answered_live_and_stops(viewer: Viewer, serving: Served) -> None:
    viewer.browser.find_element(By.ID, "start").send_keys(Keys.ENTER)
    for label in ("happy", "angry", "happy"):
        until(viewer, lambda: label in " ".join(texts(viewer, "#live-faces .label")))  # noqa: B023  (called at once)
        assert texts(viewer, "#stage .box b")
    until(viewer, lambda: "ms for each answer" in texts(viewer, "#rate")[0])
    mirrored, video_px = viewer.run(
        "const box = document.querySelector('#stage .box').getBoundingClientRect();"
        "const outer = document.getElementById('video').getBoundingClientRect();"
        "return [(outer.right - box.right) * 320 / outer.width, document.getElementById('video').videoWidth]"
    )
    assert video_px == 320 and mirrored == pytest.approx(20, abs=3), "the box lies on the mirrored face"
    assert viewer.console() == []
    assert viewer.run("return document.activeElement.id") == "stop"
    viewer.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert viewer.run("return document.getElementById('live').hidden && document.getElementById('video').srcObject === null")
    until(viewer, lambda: serving.service.num_requests == 0)
    viewer.requested()
    viewer.browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert viewer.requested() == []


def test_the_chosen_accuracy_decides_what_is_unsure(viewer: Viewer, tmp_path: Path) -> None:
    assert texts(viewer, "#accuracy option") == ["so that 90 % of answers are right (50 % of faces are answered)", "never"]
    answered(viewer, tmp_path, "unsure")
    assert texts(viewer, "#results .label")[0].startswith("not sure")
    viewer.run("document.getElementById('accuracy').value = '0'; document.getElementById('clear').click()")
    answered(viewer, tmp_path, "unsure")
    assert texts(viewer, "#results .label")[0].startswith("happy")


def test_the_model_is_described_with_its_interval_and_weakest_classes(viewer: Viewer) -> None:
    told = texts(viewer, "#about")[0]
    assert "70.0 %" in told and "95 % interval 60.0 % to 80.0 %" in told and "Not good for" in told
    assert re.search(r"Expressions that it often misses: \w+ \(60 % of 10 test images\)", told)
    assert "What a person feels or thinks" in told and "the server on this machine" in texts(viewer, ".verdict")[0]


def test_everything_is_reached_by_keyboard(viewer: Viewer, tmp_path: Path) -> None:
    answered(viewer, tmp_path, "happy")
    now = "return document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    reached = [viewer.run("document.querySelector('.skip').focus();" + now)]
    for _ in range(12):
        ActionChains(viewer.browser).send_keys(Keys.TAB).perform()
        reached.append(viewer.run(now))
    wanted = ["skip", "theme", "files", "start", "faces", "accuracy", "explain", "clear"]
    assert reached[: len(wanted)] == wanted
    assert "scroll" in reached, "a table that scrolls can be scrolled by keys"


@pytest.mark.parametrize("page", ["", "docs"])
@pytest.mark.parametrize(("width_px", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_pages_are_legible_at_any_width_in_both_themes(
    viewer: Viewer, serving: Served, tmp_path: Path, page: str, width_px: int, theme: str
) -> None:
    viewer.open(f"{serving.url}/{page}", width_px=width_px, theme=theme)
    if page:
        until(viewer, lambda: len(texts(viewer, "#paths section")) == 4)
    else:
        until(viewer, lambda: "colours" in viewer.browser.title)
        answered(viewer, tmp_path, "angry", "unsure", name="a-rather-long-name-of-a-photograph-from-a-telephone.png")
    for check in ("contrast", "overflow", "names", "targets", "clipped"):
        assert viewer.run(CHECKS, check) == [], check
    assert viewer.console() == []


def test_the_documentation_lists_every_path_and_field_offline(viewer: Viewer, serving: Served) -> None:
    viewer.open(f"{serving.url}/docs")
    until(viewer, lambda: len(texts(viewer, "#paths section")) == 4)
    assert texts(viewer, "#paths h2") == ["POST /v1/predict", "GET /v1/model", "GET /healthz", "GET /metrics"]
    said = texts(viewer, "main")[0]
    assert all(word in said for word in ("min_accuracy", "multipart/form-data", "415", "not_an_image", "probabilities", "Retry-After"))
    dead = (
        "return [...document.querySelectorAll('a[href^=\"#\"]')].filter((one) => !document.querySelector(one.hash)).map((one) => one.hash)"
    )
    assert viewer.run(dead) == []
    assert all(url.startswith((serving.url, "data:,")) for url in viewer.requested()) and viewer.console() == []
