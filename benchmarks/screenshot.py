"""Takes the images of the report that README.md and docs/report.md show: docs/images/report.webp and docs/images/model.webp.

    python benchmarks/screenshot.py [REPORT_FOLDER]

The folder is metrics/report unless another is named. It should be the report of the embedded sample, whose faces are drawn and show nobody.
The second image is the gallery of the model that leads. Chromium and chromedriver must be installed.
"""

import io
import json
import shutil
import sys
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH_PX, SCALE = 1400, 1.25


def chromium() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def screenshot(browser: webdriver.Chrome, page: Path, *, height_px: int, section: str = "") -> Image.Image:
    """Returns the page from its top, or from the top of a section, in the light theme: WIDTH_PX by `height_px` CSS pixels, times SCALE."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
    size = {"width": WIDTH_PX, "height": height_px, "deviceScaleFactor": SCALE, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page.resolve().as_uri())
    if section:
        browser.execute_script("document.getElementById(arguments[0]).scrollIntoView({behavior: 'instant'})", section)
    return Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")


def save(image: Image.Image, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    image.save(IMAGES / name, "WEBP", quality=75, method=6)
    print(f"docs/images/{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "metrics" / "report"
    if not (folder / "index.html").is_file():
        sys.exit(
            f"error: {folder}/index.html does not exist; run `make repro` on the embedded sample first, or name the folder of its report"
        )
    leaderboard = json.loads((folder.parent / "leaderboard.json").read_text(encoding="utf-8"))
    best = max(leaderboard, key=lambda name: leaderboard[name]["macro_f1"])
    browser = chromium()
    try:
        save(screenshot(browser, folder / "index.html", height_px=1160), "report.webp")
        save(screenshot(browser, folder / "models" / f"{best}.html", height_px=760, section="gallery"), "model.webp")
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
