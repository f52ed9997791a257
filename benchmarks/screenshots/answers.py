"""Takes the images of answers that README.md shows: docs/images/page.webp and docs/images/video.webp.

    python -m benchmarks.screenshots.answers

The first is the page of `mien serve` with two portraits. The second is what `mien predict FILM --annotate --plot` writes of a film:
three frames and the timeline. Portraits and film are drawn and show nobody, and the shipped model answers. Chromium and chromedriver must
be installed.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.screenshots.browser import chromium, open_page, save, screenshot
from mien.export.finding import load_engine
from mien.sample.background import draw_background
from mien.sample.expression import Expression, draw_expression
from mien.sample.person import draw_person
from mien.sample.portrait import draw_portrait, portrait
from mien.sample.view import draw_view
from mien.serve.limits import Limits
from mien.serve.running import listening, server
from mien.serve.service import Service

PORTRAITS = (("angry", 1), ("surprise", 6))  # class and seed; the page shows the last one first
PORTRAIT_PX = 300
ACTS = ("happy", "surprise", "angry")
SEED, SIZE_PX, FPS, ACT_S = 18, 400, 15, 1.6


def draw_film(path: Path) -> None:
    """One person whose face goes from rest to each expression of ACTS and back."""
    rng = np.random.default_rng(SEED)
    person, view = draw_person(rng), replace(draw_view(rng, size_px=SIZE_PX), size_px=(SIZE_PX, SIZE_PX), noise=0.5)
    background, acts = draw_background(rng, view.size_px), [draw_expression(act, rng) for act in ACTS]
    num_frames = round(ACT_S * FPS)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = SIZE_PX, SIZE_PX, "yuv420p", Fraction(1, FPS)
        for act in acts:
            for strength in np.clip(1.6 * np.sin(np.linspace(0, np.pi, num_frames)), 0, 1):
                frame = portrait(person, view, _weakened(act, strength), gaze=(0, 0), unevenness=0.2, background=background, rng=rng)
                film.mux(stream.encode(av.VideoFrame.from_image(frame)))
        film.mux(stream.encode())


def _weakened(expression: Expression, strength: float) -> Expression:
    return Expression(**{field.name: strength * getattr(expression, field.name) for field in fields(Expression)})


def film_image(folder: Path) -> Image.Image:
    """The annotated frames at the height of each act, side by side, above the timeline."""
    draw_film(folder / "film.mp4")
    command = ["predict", "film.mp4", "--annotate", "seen", "--plot", "plot.png", "--every", "0.1"]
    subprocess.run([sys.executable, "-m", "mien", *command], cwd=folder, check=True)
    with av.open(str(next((folder / "seen").iterdir()))) as film:
        frames = [frame.to_image() for frame in film.decode(video=0)]
    shown = [frames[round((act + 0.5) * len(frames) / len(ACTS))] for act in range(len(ACTS))]
    plot = Image.open(folder / "plot.png").convert("RGB")
    width = sum(frame.width for frame in shown)
    plot = plot.resize((width, round(plot.height * width / plot.width)), Image.Resampling.LANCZOS)
    image = Image.new("RGB", (width, shown[0].height + plot.height), "white")
    for number, frame in enumerate(shown):
        image.paste(frame, (number * frame.width, 0))
    image.paste(plot, (0, shown[0].height))
    return image


@contextmanager
def served() -> Iterator[str]:
    """The address of a server with the shipped model."""
    limits = Limits()
    with listening("127.0.0.1", 0) as taken, closing(Service.begin(load_engine(""), limits, workers=1)) as service:
        running = server(service, limits, hosts=None)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [taken]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()


def page_image(folder: Path) -> Image.Image:
    """The page once it has answered for the portraits."""
    paths = []
    for label, seed in PORTRAITS:
        paths.append(folder / f"portrait {len(paths) + 1}.png")
        draw_portrait(label, np.random.default_rng(seed), size_px=PORTRAIT_PX).save(paths[-1])
    browser = chromium()
    try:
        with served() as address:
            open_page(browser, address, width_px=1100, height_px=1160)
            browser.find_element(By.ID, "files").send_keys("\n".join(map(str, paths)))
            WebDriverWait(browser, 60).until(lambda _: len(browser.find_elements(By.CSS_SELECTOR, "#results .shares")) == len(paths))
            return screenshot(browser)
    finally:
        browser.quit()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        save(film_image(Path(name)), "video.webp")
        save(page_image(Path(name)), "page.webp")


if __name__ == "__main__":
    main()
