"""Chromium without a window, and images of what it shows."""

import io
import shutil
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SCALE = 1.25


def chromium() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def open_page(browser: webdriver.Chrome, address: str, *, width_px: int, height_px: int) -> None:
    """Opens a page in the light theme, in a window of `width_px` by `height_px` CSS pixels."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
    size = {"width": width_px, "height": height_px, "deviceScaleFactor": SCALE, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(address)


def screenshot(browser: webdriver.Chrome) -> Image.Image:
    """What the window shows, enlarged by SCALE."""
    return Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")


def save(image: Image.Image, name: str) -> None:
    """Writes docs/images/NAME."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    image.save(IMAGES / name, "WEBP", quality=75, method=6)
    print(f"docs/images/{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB")
